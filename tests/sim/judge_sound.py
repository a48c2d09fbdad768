"""What must hold of the sound that leaves and of the sound that is heard (R3, R4, R9).

Each frame that is heard is known to be one that left, so that the judge knows of it the turn in which it was sent: a
fixed phrase, or a reply that is said again, does not tell.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping

from common.audio import FRAME_BYTES
from gateway.playout import Mark
from gateway.turn.machine import TurnMachine
from gateway.turn.state import Turn
from tests.sim.broken_rule import Check
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.sound import CELL_BYTES, LATE_ATTEMPT, PHRASE_TURN, Label, label
from tests.sim.workers import Planned

_LONGEST_WORD_BYTES = 2300 + 500
"""Of a simulated voice."""
_UNSURE_BYTES = 1600 + 2 * 1600 + 2 * FRAME_BYTES
"""Between two marks, and how far before an estimated start of a word its real one may be."""
_ROUNDING_S = 0.001
_TAKES = 3
"""That a sentence gets, those that break off among them."""

Cell = tuple[int, int, int]
"""A piece of a reply's sound: sentence, take, place."""


def cells(labels: Iterable[Label]) -> set[Cell]:
    """The pieces that frames with these labels hold, but for what is no whole one: a last frame of that alone cannot tell."""
    return {(one.sentence, one.take, place) for one in labels for place in range(max(0, one.offset) // CELL_BYTES, one.end // CELL_BYTES)}


def _first_cell(frame: Label) -> Cell:
    return frame.sentence, frame.take, max(0, frame.offset) // CELL_BYTES


class SoundJudge:
    """Sees what goes to the provider, and what the caller hears of it."""

    def __init__(self, check: Check, asked: Mapping[int, Planned], weather: Weather) -> None:
        self.new_run = True
        """Whether the next frame comes after a stop, or begins a turn."""
        self.again: set[int] = set()
        """Turns that say an earlier reply again."""
        self.retaken: set[tuple[int, int]] = set()
        """Sentences of which another take was asked for; a real voice's sound does not tell its take."""
        self.sent: list[Label] = []
        """Of this turn's reply."""
        self.frames_sent = 0
        """Of this turn."""
        self._check = check
        self._replies = asked
        self._weather = weather
        self._asked: Counter[tuple[int, int]] = Counter()
        """Takes of a sentence that were asked for since it sounded."""
        self._on_the_way: deque[tuple[bytes, int]] = deque()
        self._heard: dict[int, list[Label]] = {}
        self._attempts: dict[Cell, int] = {}
        self._ended_at: dict[int, float] = {}
        self._listened = 0
        self._epoch = 0

    def stream_begins(self, machine: TurnMachine, line: Line) -> None:
        """The call goes on with another stream."""
        self._machine, self._line = machine, line
        self._on_the_way.clear()
        self.sent, self.frames_sent, self.new_run, self._listened = [], 0, True, 0

    def event_handled(self) -> None:
        """A hold may have begun and given way in one event: that the sound was stopped shows in the playout's epoch."""
        epoch = self._machine.call.playout.epoch
        self.new_run, self._epoch = self.new_run or epoch != self._epoch, epoch

    def turns_begin(self, turn: int) -> None:
        """At another stream's number, which may be one whose end nobody wrote: it goes on."""
        self._ended_at = {number: at for number, at in self._ended_at.items() if number < turn}

    def turn_ends(self, turn: int, now: float) -> None:
        """Nothing of it may be heard any more, but for what is on the way back and forth."""
        self._ended_at[turn] = now
        self.sent, self.frames_sent, self.new_run = [], 0, True

    def retake(self, turn: int, sentence: int) -> None:
        """The rest of a sentence is to be synthesised once more."""
        self.retaken.add((turn % PHRASE_TURN, sentence))
        self._asked[turn % PHRASE_TURN, sentence] += 1

    def heard_in(self, turn: int) -> list[Label]:
        """What was heard so far of what was sent in this turn."""
        return self._heard.get(turn, [])

    # -- What is heard --------------------------------------------------------------------------

    def listen(self) -> None:
        """What was heard since."""
        for at, frame in self._line.heard[self._listened :]:
            turn = self._turn_of(frame)
            self._heard.setdefault(turn, []).append(label(frame))
            over_s = at - self._ended_at.get(turn, at)
            late = over_s > self._weather.latency_s + FRAME_S + _ROUNDING_S
            self._check(not late, f"sound of turn {turn} is heard {over_s:.2f} s after its end")
        self._listened = len(self._line.heard)

    def _turn_of(self, frame: bytes) -> int:
        while self._on_the_way:
            sent, turn = self._on_the_way.popleft()
            if sent is frame:
                return turn
        raise AssertionError("a frame is heard that did not leave")

    # -- What leaves ----------------------------------------------------------------------------

    def leaves(self, items: list[bytes | Mark]) -> None:
        """What the pacer sends."""
        turn = self._machine.call.turn
        for frame in items:
            if isinstance(frame, bytes):
                self._on_the_way.append((frame, turn.number))
                self.frames_sent += 1
                self._frame_leaves(label(frame), turn)

    def _frame_leaves(self, frame: Label, turn: Turn) -> None:
        if frame.fixed:
            return
        own = frame.turn == turn.number % PHRASE_TURN or turn.number in self.again
        self._check(own, f"sound of turn {frame.turn} leaves in turn {turn.number}")
        self._check(turn.committed, "a reply leaves before its turn is committed")
        self._check(frame.attempt != LATE_ATTEMPT, f"sound of words that gave way leaves: {frame}")
        self._one_attempt(frame)
        if frame.end - frame.offset == FRAME_BYTES:  # what is less had to wait for more, or for the end of it
            self._asked[frame.turn, frame.sentence] = 0
        before = self.sent[-1] if self.sent else None
        if self.new_run:
            self._run_begins(frame, before)
        elif before is not None:
            self._run_goes_on(frame, before)
        else:
            self._check(frame.sentence >= 0 and frame.offset == 0, f"a reply begins in the middle: {frame}")
        self.sent.append(frame)
        self.new_run = False

    def _heard_s(self, attempt: tuple[int, int, int, int]) -> float:
        """How much of this turn, sentence, take and attempt was heard."""
        labels = (one for heard in self._heard.values() for one in heard)
        return FRAME_S * sum((one.turn, one.sentence, one.take, one.attempt) == attempt for one in labels)

    def _one_attempt(self, frame: Label) -> None:
        """Whatever was stopped between: of two attempts at a take only one is heard, as far as the gateway can know."""
        first = self._attempts.setdefault((frame.turn, frame.sentence, frame.take), frame.attempt)
        same = first == frame.attempt or (frame.turn, frame.sentence) in self.retaken
        unsure_s = 2 * self._weather.latency_s + 2 * FRAME_S
        if not same and (self._weather.rough or self._heard_s((frame.turn, frame.sentence, frame.take, first)) <= unsure_s):
            self._attempts[frame.turn, frame.sentence, frame.take] = frame.attempt  # what left of the first one was cleared
            return
        self._check(same, f"two attempts at one take leave: {frame}, before attempt {first}")

    def _run_begins(self, frame: Label, before: Label | None) -> None:
        """After a stop: nothing that the ear missed is left out, and about a word is said again (R4)."""
        heard = cells(one for one in self.heard_in(self._machine.call.turn.number) if not one.fixed)
        left_out = {cell for cell in cells(self.sent) if cell < _first_cell(frame)} - heard
        self._check(not left_out, f"{len(left_out) * CELL_BYTES} bytes are left out before {frame}: {sorted(left_out)[:1]}")
        self._check(before is not None or frame.offset <= 0, f"a reply begins in the middle: {frame}")
        if before is not None:
            beeped = self._weather.tts_fails > 0
            self._check(frame.sentence <= before.sentence + 1 or beeped, f"a sentence is left out: {before} {frame}")
        again = sum(cell >= _first_cell(frame) for cell in heard) * CELL_BYTES
        most = _LONGEST_WORD_BYTES * (1 if self._told_words(frame) else 2) + _UNSURE_BYTES + int(2 * 8000 * self._weather.latency_s)
        unknown = self._weather.rough or self._weather.message_lost > 0  # a sentence without its text has no words to begin at
        self._check(again <= most or unknown, f"{again} bytes are said again: {before} {frame}")

    def _told_words(self, frame: Label) -> bool:
        """Whether the voice told where the words of this sentence end; else they are estimated, by a pace that is not this voice's."""
        clips = self._machine.call.playout.clips
        return any(clip.word_ends for clip in clips if label(clip.audio).sentence == frame.sentence)

    def _run_goes_on(self, frame: Label, before: Label) -> None:
        same = frame.sentence == before.sentence
        self._check(frame.sentence >= before.sentence, f"an earlier sentence comes again: {before} {frame}")
        begins = frame.offset < FRAME_BYTES
        if same and frame.take == before.take and not (begins and (frame.turn, frame.sentence) in self.retaken):
            self._check(frame.attempt == before.attempt, f"two attempts mix: {before} {frame}")
            self._check(frame.offset == before.offset + FRAME_BYTES, f"a gap or a repetition: {before} {frame}")
        elif same:
            self._check(frame.take >= before.take and begins, f"two takes mix: {before} {frame}")
        else:
            self._check(frame.offset == 0 or (frame.take > 0 and frame.offset <= 0), f"a sentence begins in the middle: {before} {frame}")
            self._is_left(before, frame)

    def _is_left(self, before: Label, frame: Label) -> None:
        """A sentence that broke off is gone on with behind its last word, as often as a sentence is asked for (R9)."""
        planned, call = self._replies.get(self._machine.call.turn.number), self._machine.call
        which = before.sentence, before.take
        text_came = not (self._weather.message_lost or self._weather.message_late)
        if planned is None or which not in planned.told or not text_came or call.turn.reply.forked or self._weather.tts_fails:
            return  # nobody knows which of its words are left, or there is no text of it, or the voice gave up
        tried = len({one.take for one in self.sent if one.sentence == before.sentence}) + self._asked[before.turn, before.sentence]
        left = planned.sound_bytes[which] - before.end
        self._check(left <= _LONGEST_WORD_BYTES or tried >= _TAKES, f"a sentence is left in the middle: {before}, {left} bytes, {frame}")
