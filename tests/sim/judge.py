"""What must hold in every call, judged from outside: from commands, frames sent and frames heard.

Each sentence of ``Judge`` is one of the rules of a turn; see ``gateway/turn``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from common.audio import BYTES_PER_MS, FRAME_BYTES
from gateway.ear import IDLE_FRAMES
from gateway.playout import Mark
from gateway.turn.endpointing import TONE_FRAMES
from gateway.turn.events import (
    CallAnswered,
    CallTaken,
    CloseTurn,
    Command,
    CommitTurn,
    Event,
    FrameHeard,
    PublishSentence,
    PublishTranscript,
    PublishUtterance,
    Report,
    SendClear,
)
from gateway.turn.machine import BotState, TurnMachine
from tests.sim.caller import Caller
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.sound import CELL_BYTES, PHRASE_TURN, Label, label
from tests.sim.workers import Planned

_LONGEST_WORD_BYTES = 2300 + 500
"""Of a simulated voice."""
_UNSURE_BYTES = 1600 + 2 * 1600 + 2 * FRAME_BYTES
"""Between two marks, and how far before an estimated start of a word its real one may be."""
_NEARLY_HEARD_BYTES = 2400
"""An unheard rest that short counts as heard."""
_LONGEST_SILENCE_S = 12.5
"""Filler, fallback and slack: a bot that thinks is never silent for longer."""


Cell = tuple[int, int, int]
"""A piece of a reply's sound: sentence, take, place."""


def _cells(labels: Iterable[Label]) -> set[Cell]:
    """The pieces that frames with these labels hold."""
    return {
        (one.sentence, one.take, max(0, one.offset) // CELL_BYTES + cell) for one in labels for cell in range(FRAME_BYTES // CELL_BYTES)
    }


def _first_cell(frame: Label) -> Cell:
    return frame.sentence, frame.take, max(0, frame.offset) // CELL_BYTES


class BrokenRule(AssertionError):
    """A rule does not hold in this call."""


class Judge:
    """Sees one call."""

    def __init__(self, seed: int, machine: TurnMachine, caller: Caller, line: Line, asked: dict[int, Planned], weather: Weather) -> None:
        self.closed: dict[int, CloseTurn] = {}
        self.lost_words: list[str] = []
        self.words: Counter[str] = Counter()
        """What became of the caller's words."""
        self.history_errors_ms: list[int] = []
        """Of sentences that were cut: between what the history says was heard and what the ear heard."""
        self.asked_late = False
        """Whether the model may be asked only after the commit."""
        self.excused: Callable[[float], str] = lambda at_s: ""
        """What may have lost a word that was said then; "": nothing."""
        self.broken = ""
        """The first rule that did not hold: a shell takes it for a bug, ends the call, and goes on."""
        self.first_turn = 0
        """Of this stream."""
        self._seed = seed
        self._machine = machine
        self._caller = caller
        self._line = line
        self._replies = asked
        self._weather = weather
        self._held = False
        self._asked: set[int] = set()
        self._again: set[int] = set()
        """Turns that say an earlier reply again."""
        self._protected = False
        self._turn_begins = 0
        self._next_turn = 0
        self._began = True
        self._first_frame = 0
        self._gaps: list[tuple[int, int]] = []
        """Frames of which an earlier stream may have known, and no stream knows any more."""
        self._retaken: set[tuple[int, int]] = set()
        """Sentences of which another take was asked for; a real voice's sound does not tell its take."""
        self._sent: list[Label] = []
        """Of this turn."""
        self._new_run = True
        self._thinking_since: float | None = None
        self._quiet_since = 0.0
        self._unheard_frames: set[int] = set()
        self._frame = -1
        self._keys: list[int] = []
        self._kept_from = 0
        """First frame of the caller's that the gateway still has."""
        self._raised_at: dict[int, float] = {}
        self._listened = 0
        self._undecided_frames = 250
        """Before the call was over: what was said then may be in no turn yet."""
        self._settled_frame = 0
        """Where the last turn ended whose words were not carried on."""

    def check(self, holds: bool, rule: str) -> None:
        """Fail the call unless ``holds``."""
        if not holds:
            self.broken = self.broken or f"seed {self._seed}: {rule}"
            raise BrokenRule(self.broken)

    def stream_begins(self, machine: TurnMachine, line: Line) -> None:
        """The call goes on with another stream (R12)."""
        if self._frame >= 0:
            self._gaps.append((min(self._settled_frame, self._frame) - 250, self._caller.frames))
        self._machine, self._line = machine, line
        self._held = self._protected = self._began = False
        self._sent, self._new_run, self._thinking_since, self._quiet_since = [], True, None, 0.0
        self._turn_begins = self._listened = 0
        self._first_frame, self._frame = self._caller.frames, self._caller.frames - 1
        self._kept_from = self._first_frame

    def _turns_begin(self, turn: int, ended: int | None) -> None:
        """At another stream's number: what ended there and was not written yet did not end."""
        self.closed = {number: closed for number, closed in self.closed.items() if ended is None or number < ended}
        self.check(all(number < turn for number in self.closed), f"turn {turn} was used before")
        self._asked = {number for number in self._asked if number < turn}
        self.first_turn = self._next_turn = turn
        self._began = True

    # -- Events and commands --------------------------------------------------------------------

    def frame_comes(self, frame: FrameHeard, now: float) -> None:
        """Before a frame is handed in: a muted floor, or a voice that is ignored, hears no words."""
        self._frame += 1
        machine = self._machine
        self._protected = machine.call.playout.protected(now)
        if machine.call.floor.muted or machine.ignored_turn is not None:
            self._unheard_frames.add(self._frame)

    def key_pressed(self) -> None:
        """The caller pressed a key."""
        self._keys.append(self._frame)

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        """After every event."""
        if isinstance(event, CallAnswered | CallTaken):
            self._turns_begin(event.turn, event.ended if isinstance(event, CallTaken) else None)
        for command in commands:
            self._command(command, now)
        stopped = isinstance(event, FrameHeard) and any(isinstance(command, SendClear) for command in commands)
        self.check(not (stopped and self._protected), "a voice stops what may not be interrupted")
        again = any(isinstance(command, Report) and command.name == "SAID_AGAIN" for command in commands)
        if again:
            self._again.add(self._machine.call.turn.number)
        committed = [command.turn for command in commands if isinstance(command, CommitTurn) and not again]
        self.check(self.asked_late or all(turn in self._replies for turn in committed), "no model was asked about a committed turn")
        machine = self._machine
        if isinstance(event, FrameHeard) and not machine.needs_sound:
            self._kept_from = max(self._kept_from, self._frame + 1 - IDLE_FRAMES)
        hold = machine.holding.hold
        self._held = hold is not None and not hold.quiet
        self._new_run = self._new_run or self._held
        over = machine.call.over
        self.check((machine.deadline is None) == over, "a live call has a deadline, a dead one none")
        if machine.deadline is not None and not isinstance(event, FrameHeard):
            self.check(machine.deadline > now, f"the deadline {machine.deadline} lies in the past at {now}")
        if not over:
            self._states(now)

    def _command(self, command: Command, now: float) -> None:
        match command:
            case CloseTurn(turn=turn, how=how):
                self.check(turn == self._next_turn, f"turn {turn} ends, and not {self._next_turn}")
                self._next_turn = turn + 1
                self.closed[turn] = command
                self._raised_at[turn % PHRASE_TURN] = now
                if how not in ("superseded", "hung_up"):
                    self._settled_frame = self._frame
                self._history(command)
                self._sent, self._new_run = [], True
                self._turn_begins = len(self._line.heard)
            case PublishUtterance(start=start, end=end):
                self.check(0 <= start < end <= self._frame + 1 - self._first_frame, f"no sound is published: {command}")
                self.check(start + self._first_frame >= self._kept_from, f"sound that is forgotten is published: {command}")
            case PublishTranscript(turn=turn):
                self.check(turn not in self._asked, f"turn {turn} is asked twice")
                self._asked.add(turn)
            case PublishSentence(turn=turn, sentence=sentence):
                self._retaken.add((turn % PHRASE_TURN, sentence))
            case SendClear():
                self._new_run = True
            case _:
                pass

    # -- States ---------------------------------------------------------------------------------

    def _states(self, now: float) -> None:
        machine, state = self._machine, self._machine.state
        sounding = self._line.playing(now)
        if state is BotState.SPEAKING:
            self._thinking_since = None
            if sounding or machine.call.playout.sendable:
                self._quiet_since = now
            self.check(now - self._quiet_since < 3.0, "SPEAKING without any sound")
        else:
            self._quiet_since = now
            cleared = self._new_run or self._held
            self.check(not sounding or cleared, f"{state.value} while sound is unheard")
        if state is BotState.THINKING:
            stands_still = machine.call.turn.tool_until > now or machine.holding.hold is not None
            self._thinking_since = now if stands_still or self._thinking_since is None else self._thinking_since
            self.check(now - self._thinking_since < _LONGEST_SILENCE_S, "the bot thinks for ever")
        else:
            self._thinking_since = None

    # -- Sound that is heard ------------------------------------------------------------------

    def _listen(self, now: float) -> None:
        """Nothing of a turn is heard after it was raised past, but for what is on the way back and forth."""
        for at, sound in self._line.heard[self._listened :]:
            frame = label(sound)
            over_since = self._raised_at.get(frame.turn)
            late = over_since is not None and at > over_since + self._weather.latency_s + 0.021
            said_again = any(over_since is not None and turn > frame.turn for turn in self._again)
            self.check(
                frame.fixed or said_again or not late, f"sound of turn {frame.turn} is heard {at - (over_since or 0):.2f} s after its end"
            )
        self._listened = len(self._line.heard)

    # -- Sound that leaves ----------------------------------------------------------------------

    def sent(self, items: list[bytes | Mark], now: float) -> None:
        """What the pacer sends."""
        self._listen(now)
        self._states(now)
        frames = [label(item) for item in items if isinstance(item, bytes)]
        self.check(not frames or not self._held, "a frame leaves during a hold")
        for frame in frames:
            self._frame_leaves(frame)

    def _frame_leaves(self, frame: Label) -> None:
        turn = self._machine.call.turn
        if frame.fixed:
            return
        self.check(
            frame.turn == turn.number % PHRASE_TURN or turn.number in self._again,
            f"sound of turn {frame.turn} leaves in turn {turn.number}",
        )
        self.check(turn.committed, "a reply leaves before its turn is committed")
        before = self._sent[-1] if self._sent else None
        if self._new_run:
            self._run_begins(frame, before)
        elif before is not None:
            self._run_goes_on(frame, before)
        else:
            self.check(frame.sentence >= 0 and frame.offset == 0, f"a reply begins in the middle: {frame}")
        self._sent.append(frame)
        self._new_run = False

    def _run_begins(self, frame: Label, before: Label | None) -> None:
        """After a stop: nothing that the ear missed is left out, and about a word is said again (R4)."""
        heard = _cells(self._heard_labels(frame.turn, self._turn_begins if self._machine.call.turn.number in self._again else 0))
        left_out = {cell for cell in _cells(self._sent) if cell < _first_cell(frame)} - heard
        self.check(not left_out, f"{len(left_out) * CELL_BYTES} bytes are left out before {frame}: {sorted(left_out)[:1]}")
        self.check(before is not None or frame.offset <= 0, f"a reply begins in the middle: {frame}")
        if before is not None:
            beeped = self._weather.tts_fails > 0
            self.check(frame.sentence <= before.sentence + 1 or beeped, f"a sentence is left out: {before} {frame}")
        again = sum(cell >= _first_cell(frame) for cell in heard) * CELL_BYTES
        most = _LONGEST_WORD_BYTES + _UNSURE_BYTES + int(2 * 8000 * self._weather.latency_s)
        self.check(again <= most or self._weather.rough, f"{again} bytes are said again: {before} {frame}")

    def _heard_labels(self, turn: int, since: int = 0) -> list[Label]:
        """What the ear heard of a turn's reply, from its ``since``th frame on."""
        labels = [label(sound) for _, sound in self._line.heard[since:]]
        return [one for one in labels if one.turn == turn % PHRASE_TURN and not one.fixed]

    def _run_goes_on(self, frame: Label, before: Label) -> None:
        same = frame.sentence == before.sentence
        self.check(frame.sentence >= before.sentence, f"an earlier sentence comes again: {before} {frame}")
        begins = frame.offset < FRAME_BYTES
        if same and frame.take == before.take and not (begins and (frame.turn, frame.sentence) in self._retaken):
            self.check(frame.attempt == before.attempt, f"two attempts mix: {before} {frame}")
            self.check(frame.offset == before.offset + 160, f"a gap or a repetition: {before} {frame}")
        elif same:
            self.check(frame.take >= before.take and frame.offset < FRAME_BYTES, f"two takes mix: {before} {frame}")
        else:
            self.check(frame.offset == 0 or (frame.take > 0 and frame.offset <= 0), f"a sentence begins in the middle: {before} {frame}")

    # -- History --------------------------------------------------------------------------------

    def _history(self, closed: CloseTurn) -> None:
        planned = self._replies.get(closed.turn)
        words = closed.heard.split()
        if planned is None or not words or not words[0].startswith("t"):
            return
        for sentence, text in enumerate(planned.sentences):
            of_it = [word for word in words if word.startswith(f"t{closed.turn}s{sentence}w")]
            self.check(of_it == text.split()[: len(of_it)], f"heard words are no prefix: {words}")
            self._judge_ear(closed.turn, sentence, len(of_it), planned.sound_bytes.get((sentence, 0), 0), len(text.split()))

    def _judge_ear(self, turn: int, sentence: int, claimed: int, length: int, words: int) -> None:
        """The words of a simulated sentence are of one length: so many were whole when the turn ended."""
        heard = CELL_BYTES * len({cell for cell in _cells(self._heard_labels(turn)) if cell[0] == sentence})
        if not claimed or not length:
            return
        replied = self.closed[turn].how == "replied"
        early = (_NEARLY_HEARD_BYTES if replied else FRAME_BYTES) + int(8000 * self._weather.latency_s) + FRAME_BYTES
        possible = words * (heard + early) // length
        self.check(claimed <= possible, f"history says {claimed} words of sentence {sentence}, the ear {possible}")
        if not replied and not self._weather.rough and (turn % PHRASE_TURN, sentence) not in self._retaken:
            error = abs(claimed - min(words, words * heard // length)) * length // words
            self.history_errors_ms.append(error // BYTES_PER_MS)

    # -- The end --------------------------------------------------------------------------------

    def call_over(self, now: float, words_late_s: float = 0.0) -> None:
        """After the last event; words may have been told so late, so that they were in no turn yet."""
        self._undecided_frames += int(words_late_s / FRAME_S)
        self.check(not self.broken, self.broken)
        if self._began:  # else the caller hung up before the bus told of the call
            last = self.closed[max(self.closed)]
            self.check(last.how == "hung_up", f"the last turn ended {last.how}")
        self._words_said(now)

    def _words_said(self, now: float) -> None:
        """Every word is in one turn's history, or is missing for a reason that can be named."""
        turns: dict[str, list[int]] = defaultdict(list)
        said = Counter(word for _, word, _ in self._caller.words)
        for closed in self.closed.values():
            numbers = [int(word[1:]) for word in closed.caller.split() if word.startswith("w") and said[word] == 1]
            self.check(numbers == sorted(numbers), f"out of order: {closed.caller}")
        for closed in self.closed.values():
            for word in closed.caller.split():
                turns[word].append(closed.turn)
        for at, word, kind in self._caller.words:
            if kind == "repeat" or not word.startswith("w"):
                continue
            repeated = sum(other == word for _, other, _ in self._caller.words)
            self.check(len(turns[word]) <= repeated, f"{word} is in turns {turns[word]}")
            fate = "in the history" if turns[word] else self._why_lost(at, kind)
            self.words[fate] += 1
            if fate == "lost":
                self.lost_words.append(word)
        self.check(not self.lost_words, f"lost: {self.lost_words}")

    def _why_lost(self, at: int, kind: str) -> str:
        if any(frame in self._unheard_frames for frame in range(at - 12, at + 12)):
            return "muted"
        if any(begin <= at < end for begin, end in self._gaps):
            return "between two streams"
        if at > min(self._settled_frame, self._frame) - self._undecided_frames:
            return "the call was over"
        if any(at - TONE_FRAMES <= key < at + 35 for key in self._keys):
            return "like the tone of a key"
        if self._weather.loses_words or self._weather.detector_errs:
            return "lost on the way"
        return self.excused(at * FRAME_S) or "lost"
