"""One caller of the bench (sans-I/O): says the same things at the same places of a cycle, and notes what comes back when.

::

    cycle   0 s        2 s            5 s         7 s                      16 s            30 s
    caller  A A A . . . . . . . . . . B B B . . . . . . . . . . . . . . . . . . . . . . . .|A A
    bot                 answer to A  |clear        answer to B to its end     "still there?"

Two utterances a cycle, the second one over the answer to the first. Each caller begins its first cycle elsewhere in it.

An answer is what begins with the first sentence of a turn that was not heard yet, once the voice has ended: no filler, no other phrase,
and nothing of the turn before.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.load.frame_clock import FrameClock
from tests.bench.load.sounds import FILLER, beginning
from tests.bench.load.voice import FRAME_S, SILENT_PAYLOAD, Voice

CYCLE_FRAMES = 1500
"""30 s."""
_CUTS_IN_FRAMES = (75, 175)
"""How long after the first sound of an answer it is interrupted: 1.5-3.5 s."""
_LONG_FRAMES, _OPENING_FRAMES = 1000, 50
"""A caller who would be silent for the first 20 s says something after one: the bot hangs up on who says nothing."""


ANSWER_S = 5.0
"""In which an answer comes; who hangs up sooner does not wait for it."""


@dataclass(slots=True, eq=False)
class Said:
    """One utterance, with the moments at which what became of it was seen on the wire."""

    over_bot: bool
    began_at: float
    """When its first voiced sample was spoken: 20 ms before its frame was sent."""
    ended_at: float | None = None
    """When its last voiced frame was sent."""
    decided_at: float | None = None
    """When the frame was sent with which it is over."""
    clear_at: float | None = None
    frames_after_clear: int = 0
    """Of what was said before it."""
    fillers: int = 0
    """Instead of the answer, or before it."""
    answered_at: float | None = None
    """When the first sound of the answer came."""
    answer: int | None = None
    """The turn that it was in, mod 16."""
    more_answers: int = 0
    """That began behind it, though nothing was said since."""

    def unanswered(self, now: float) -> bool:
        """Whether it has no answer, and had the time for one."""
        return self.answered_at is None and self.decided_at is not None and self.decided_at < now - ANSWER_S


class Talker:
    """What one caller sends, frame by frame, and what it notes."""

    def __init__(self, first: Voice, second: Voice, chance: random.Random) -> None:
        self.clock = FrameClock()
        self.said: list[Said] = []
        self._voices = (first, second)
        self._chance = chance
        self._frame = chance.randrange(CYCLE_FRAMES)
        self._opens_at = self._frame + _OPENING_FRAMES if CYCLE_FRAMES - self._frame > _LONG_FRAMES else None
        self._cuts_in_at: int | None = None
        self._says: Voice | None = None
        self._next = 0
        self._marks: deque[tuple[float, str]] = deque()
        self._turn = -1
        """Of the last answer, mod 16."""
        self._stale = False
        """Whether what sounds was said before the last utterance."""

    def forget(self) -> None:
        """What was measured so far does not count; what is under way does."""
        self.clock.forget()
        self.said = [said for said in self.said if said.answered_at is None and said.decided_at is None]

    # --- What it sends

    def payload(self, now: float) -> bytes:
        """The frame that is sent now, in base64."""
        self._frame += 1
        if self._says is None:
            self._begin(now)
        if self._says is None:
            return SILENT_PAYLOAD
        return self._go_on(self._says, self.said[-1], now)

    def _begin(self, now: float) -> None:
        over_bot = self._frame == self._cuts_in_at
        if over_bot or self._frame % CYCLE_FRAMES == 0 or self._frame == self._opens_at:
            self._says, self._next, self._stale = self._voices[over_bot], 0, True
            self.said.append(Said(over_bot, now - FRAME_S))

    def _go_on(self, says: Voice, said: Said, now: float) -> bytes:
        number, self._next = self._next, self._next + 1
        if number == says.last:
            said.ended_at = now
        if number == says.decides:
            said.decided_at, self._says = now, None
        return says.payloads[number]

    def due_marks(self, now: float) -> Iterator[str]:
        """Names of the marks that were played by now."""
        while self._marks and self._marks[0][0] <= now:
            yield self._marks.popleft()[1]

    # --- What comes back

    def sound_came(self, payload: str, now: float) -> None:
        """A frame of the bot's, in base64."""
        self.clock.came(payload, now)
        begins = beginning(payload)
        if not self.said:  # what it answers was said before anything counts
            self._turn = begins.turn if begins is not None and begins.is_answer else self._turn
            return
        said = self.said[-1]
        answers = begins is not None and begins.is_answer and begins.turn != self._turn
        if said.answered_at is not None:
            if answers and begins is not None:
                said.more_answers, self._turn = said.more_answers + 1, begins.turn
            return
        if answers and begins is not None and said.ended_at is not None:
            said.answered_at, said.answer, self._turn = now, begins.turn, begins.turn
            self._cuts_in_at = None if said.over_bot else self._frame + self._chance.randrange(*_CUTS_IN_FRAMES)
        elif begins is not None and begins.is_phrase:
            self._stale = False
            said.fillers += begins.sentence == FILLER
        elif self._stale and said.clear_at is not None:
            said.frames_after_clear += 1

    def mark_came(self, name: str, now: float) -> None:
        """A mark, which goes back once the sound before it was played."""
        self._marks.append((max(now, self.clock.ends_at), name))

    def clear_came(self, now: float) -> None:
        """The bot's word to forget what is not played: marks go back at once."""
        self.clock.cleared()
        self._marks = deque((now, name) for _, name in self._marks)
        if self.said and self.said[-1].clear_at is None:
            self.said[-1].clear_at = now
