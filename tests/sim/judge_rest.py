"""Nobody waits for ever: no silence, no hold, no open floor and no state but rest lasts (R4, R6, R10).

Bounds
    silence      since the last sound of the bot or the caller: the clocks of R10, one after the other
    a hold       6 s
    the floor    of a voice: MAX_TURN_SEC, and the hold in which it may have begun
    any state    from the last sound of the caller to a bot that only listens: two silences, and a reply

    A tool that runs has a time-out of its own: the last stands still until it is over, and fillers break the first. What its worker
    makes of it is waited for, the time-out itself included.
"""

from common.messages import StageFailed, ToolEnded, ToolStarted, Transcript
from gateway.turn.barge_in import LIMIT_S, Hold
from gateway.turn.events import CloseTurn, Event, WorkerReported
from gateway.turn.machine import BotState, TurnMachine
from tests.sim.broken_rule import Check
from tests.sim.workers import LIMIT_TOLD_S

LONGEST_SILENCE_S = 12.5
"""Filler, fallback and slack."""
_LONGEST_UNREST_S = 40.0
"""Two such silences, and the longest reply of the simulated model."""
VOICE_LEVEL = 300
"""Of the caller; what is fainter is noise."""
_SLACK_S = 0.35
"""Frames come in bursts, and the wall clock gives them a little longer."""


class RestJudge:
    """Watches the clocks of one call."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._answered: set[int] = set()
        """Turns of which more than a tool was told."""

    def stream_begins(self, machine: TurnMachine, now: float) -> None:
        """The clocks of another stream begin."""
        self._machine = machine
        self._bot_at = self._caller_at = self._tool_at = self._rest_at = self._free_at = now
        self._hold: tuple[Hold | None, float] = None, now
        self._tool: tuple[int, float] = -1, now
        """The turn of the tool that runs, and until when its worker tells what came of it."""

    def caller_sounds(self, now: float) -> None:
        """Voice, noise or a key."""
        self._caller_at = now

    def told(self, event: Event, now: float) -> None:
        """Before what comes of it."""
        match event:
            case WorkerReported(message=Transcript() | StageFailed(stage="asr")):
                pass
            case WorkerReported(message=ToolStarted(head=head, timeout_s=limit_s)):
                self._tool = head.turn, now + limit_s + LIMIT_TOLD_S
            case WorkerReported(message=ToolEnded()):
                self._tool = -1, now
            case WorkerReported(message=message):
                self._answered.add(message.head.turn)
            case _:
                pass

    def turn_ends(self, closed: CloseTurn, now: float) -> None:
        """Not with a fallback while its tool may yet bring a reply."""
        turn, until = self._tool
        waits = closed.turn == turn and turn not in self._answered and now < until
        self._check(not (waits and closed.how == "fallback"), "a tool that runs is not waited for")

    def watch(self, now: float, *, sounding: bool) -> None:
        """After every event, and whenever something may leave."""
        call, state = self._machine.call, self._machine.state
        if sounding:
            self._bot_at = now
        if call.turn.tool_until > now:
            self._tool_at = now
            if call.turn.filler_said and not call.filler.audio:
                self._bot_at = now  # it has nothing more to say meanwhile
        silent_s = now - max(self._bot_at, self._caller_at)
        self._check(silent_s < LONGEST_SILENCE_S, f"{state.value}: silence for ever")
        if state is BotState.LISTENING and call.open is None and call.short is None:
            self._rest_at = now
        self._check(now - max(self._rest_at, self._caller_at, self._tool_at) < _LONGEST_UNREST_S, f"{state.value} for ever")
        self._watch_floor(now)

    def _watch_floor(self, now: float) -> None:
        call, hold = self._machine.call, self._machine.holding.hold
        if hold is not self._hold[0]:
            self._hold = hold, now
        self._check(hold is None or now - self._hold[1] < LIMIT_S + _SLACK_S, "a hold for ever")
        if call.open is None:
            self._free_at = now
        most_s = call.rules.max_turn_s + LIMIT_S + _SLACK_S
        self._check(not call.caller_speaks or now - self._free_at < most_s, "the caller has the floor for ever")
