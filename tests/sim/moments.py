"""What the bot was doing when the caller's voice began, and what became of it: state x moment of a barge-in.

The moment is told by the playout's own position (elapsed time and marks), so it is what the core could know.
"""

from collections import Counter
from dataclasses import dataclass, field

from gateway.playout import BYTES_PER_S, Playout
from gateway.turn.barge_in import Hold
from gateway.turn.events import CloseTurn, Command, Event, FrameHeard, Report
from gateway.turn.machine import BotState, TurnMachine

_FIRST_S, _LAST_S, _BETWEEN_S = 0.2, 0.3, 0.1
_SOUNDING = (
    "greeting",
    "phrase",
    "filler",
    "beep",
    "first 200 ms",
    "mid-sentence",
    "between sentences",
    "last 300 ms",
    "only the provider plays",
)
MOMENTS = (
    *(f"LISTENING: {doing}" for doing in ("quiet", "keys awaited", "short sound awaited")),
    *(f"THINKING: {doing}" for doing in ("words awaited", "its words are known", "a tool runs")),
    *(f"SPEAKING: {sounding}" for sounding in _SOUNDING),
    *("held: pause within a hold", "floor muted"),
)
"""All that an onset can meet."""


@dataclass(slots=True)
class Moments:
    """Counts the onsets of one call."""

    machine: TurnMachine
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Onsets by moment and by what became of them."""
    _silent: bool = True
    _muted: bool = False
    _moment: str = ""
    _held: tuple[str, Hold] | None = None

    def before(self, event: Event, now: float) -> None:
        """An event is about to be handled."""
        if isinstance(event, FrameHeard) and event.speech:
            self._note_muted()
            self._silent = not self.machine.call.caller_speaks
            if self._silent:
                self._moment = _moment(self.machine, now)

    def after(self, event: Event, commands: list[Command]) -> None:
        """It was."""
        self._hold_decided(commands)
        if self._silent and isinstance(event, FrameHeard) and self.machine.call.caller_speaks:
            self._silent = False
            self._onset()

    def _note_muted(self) -> None:
        muted = self.machine.call.floor.muted
        if muted and not self._muted:
            self.counts["floor muted", "ignored"] += 1
        self._muted = muted

    def _onset(self) -> None:
        machine, hold = self.machine, self.machine.holding.hold
        if hold is not None:
            self._held = self._moment, hold
        elif machine.ignored_turn is not None:
            self.counts[self._moment, "ignored"] += 1
        else:
            self.counts[self._moment, "utterance"] += 1

    def _hold_decided(self, commands: list[Command]) -> None:
        if self._held is None or self._held[1] is self.machine.holding.hold:
            return
        final = any(isinstance(command, Report) and command.name == "BARGE_IN_FINAL" for command in commands)
        ended = any(isinstance(command, CloseTurn) for command in commands)
        self.counts[self._held[0], "final" if final else "next utterance" if ended else "resumed"] += 1
        self._held = None


def _moment(machine: TurnMachine, now: float) -> str:
    call, state = machine.call, machine.state
    if machine.holding.hold is not None:
        return "held: pause within a hold"
    if state is BotState.SPEAKING:
        return f"SPEAKING: {_sounding(call.playout, now)}"
    if state is BotState.THINKING:
        doing = "a tool runs" if call.turn.tool_until > now else "its words are known" if call.turn.committed else "words awaited"
        return f"THINKING: {doing}"
    doing = "short sound awaited" if call.short is not None else "keys awaited" if call.open is not None else "quiet"
    return f"LISTENING: {doing}"


def _sounding(playout: Playout, now: float) -> str:
    """What is heard: the clip, and where in it, whatever of it was said before a stop."""
    sounding = playout.sounding(now)
    if sounding is None:
        return "mid-sentence" if any(clip.begin for clip in playout.clips) else "first 200 ms"
    sounds, place = sounding
    if sounds.kind != "reply":
        return f"{sounds.kind}"
    first = next(clip for clip in playout.clips if clip.kind == "reply")
    if sounds is first and place < _FIRST_S * BYTES_PER_S:
        return "first 200 ms"
    if not playout.sendable:
        return "last 300 ms" if playout.unheard_bytes(now) < _LAST_S * BYTES_PER_S else "only the provider plays"
    between = min(len(sounds.audio) if sounds is first else place, len(sounds.audio) - place)
    return "between sentences" if between < _BETWEEN_S * BYTES_PER_S else "mid-sentence"
