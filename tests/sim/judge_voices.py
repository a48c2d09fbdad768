"""Whose voice is heard over the bot: of one too soft to be the caller's only a call to stop means anything, and a nod nothing (R4).

So a voice that is clearly softer keeps the bot silent for 2 s at the most, counted from the first frame that is held: whatever it goes on
to say, however often it pauses, and however late its words come.
"""

from collections.abc import Callable, Sequence

from common.messages import Transcript
from gateway.turn.barge_in import OWN_LEVEL_FRAMES, OWN_LEVEL_RATIO, Hold
from gateway.turn.endpointing import FRAME_MS
from gateway.turn.events import Command, FrameHeard, PublishUtterance, Report
from gateway.turn.machine import TurnMachine
from gateway.turn.utterance import SHORT_VOICED_FRAMES
from gateway.turn.words import Sense
from tests.sim.broken_rule import Check

_SOFT = OWN_LEVEL_RATIO * 1.1
"""A little of what the detector took for a voice."""
_CLEARLY_SOFT = OWN_LEVEL_RATIO * 0.9
"""All of its frames are."""
_LONGEST_SILENCE_S = 2.0
_ONSET_FRAMES = 6
_LONGEST_NOD_MS = SHORT_VOICED_FRAMES * FRAME_MS


class VoicesJudge:
    """Hears one caller, and everybody near the phone."""

    def __init__(self, check: Check, was_held: Callable[[range], bool]) -> None:
        self._check = check
        self._was_held = was_held
        self._levels: dict[int, int] = {}
        """Of the frames that are a voice."""

    def stream_begins(self, machine: TurnMachine) -> None:
        """Another core, whose pieces are numbered anew."""
        self._machine = machine
        self._hold: tuple[Hold | None, int, float] = None, 0, 0.0
        """The hold that lasts, the first frame of its voice, and when it began."""
        self._soft: set[int] = set()
        """Pieces of a voice that the core takes for nobody's."""
        self._brief: set[int] = set()
        """Pieces that are no longer than a nod."""

    def frame_comes(self, number: int, frame: FrameHeard) -> None:
        """Before it is handed in."""
        if frame.speech:
            self._levels[number] = frame.level

    def published(self, command: PublishUtterance, frames: range) -> None:
        """A piece went to the recogniser."""
        piece = self._machine.call.awaited.get(command.seq)
        if command.voiced_ms <= _LONGEST_NOD_MS:
            self._brief.add(command.seq)
        if piece is not None and piece.soft:
            self._soft.add(command.seq)
            voice = range(max(frames.start, self._hold[1]), frames.stop)
            self._check(self._is_soft(voice), "a voice as loud as the caller's own counts for nothing")

    def _is_soft(self, frames: range) -> bool:
        own, levels = self._machine.call.memory.own, [self._levels[frame] for frame in frames if frame in self._levels]
        return sum(levels) * own.frames <= _SOFT * own.level_sum * len(levels)

    def watch(self, frame: int, now: float) -> None:
        """After every event; ``frame`` is the newest one."""
        hold = self._machine.holding.hold
        if hold is not self._hold[0]:
            self._hold = hold, frame - _ONSET_FRAMES, now
        _, first, since = self._hold
        if hold is None or not (hold.stopped and hold.heard) or now - since < _LONGEST_SILENCE_S:
            return
        own = self._machine.call.memory.own
        loudest = max(self._levels.get(number, 0) for number in range(first, frame + 1))
        callers = own.frames < OWN_LEVEL_FRAMES or loudest * own.frames > _CLEARLY_SOFT * own.level_sum
        self._check(callers, "a soft voice silences the bot for ever")

    def means_nothing(self, said: Transcript, frames: range, commands: Sequence[Command]) -> bool:
        """Whether nothing may follow from these words; ``commands`` are what followed."""
        lexicon = self._machine.call.lexicon
        if said.head.seq not in self._soft:
            nod = lexicon.sense(said.text, brief=said.head.seq in self._brief) is Sense.BACKCHANNEL
            return nod and self._was_held(frames)
        if lexicon.asks_to_stop(said.text):
            return False
        final = any(isinstance(command, Report) and command.name == "BARGE_IN_FINAL" for command in commands)
        self._check(not final, "a voice that is not the caller's stops the bot")
        return True
