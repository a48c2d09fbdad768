"""A call for tests that say themselves what happens: a quiet caller, a good line, workers that do as they are told.

``say`` and ``wait`` let time pass in frames of 20 ms; marks come back as they are played.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from common.messages import Action, Head, Message, ReplyEnded, Sentence, SpeechChunk, Transcript
from common.messages import Piece as PieceKind
from common.version import VERSION
from gateway.playout import Mark
from gateway.records.format import Header
from gateway.records.recorder import NewRecorder, unrecorded
from gateway.turn.events import (
    CallAnswered,
    CallerHungUp,
    CloseTurn,
    Command,
    Event,
    FrameHeard,
    KeyPressed,
    MarkEchoed,
    PublishTranscript,
    PublishUtterance,
    Report,
    SendClear,
    TimePassed,
    WorkerReported,
)
from gateway.turn.machine import BotState, TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.rules import RULES
from tests.sim.sound import Label, label, phrase_book, sound

HEBREW = Lexicon(
    backchannels=frozenset({"כן", "אהה"}),
    stop_words=frozenset({"רגע"}),
    closed_answers=frozenset({"כן", "לא"}),
    repeat_requests=frozenset({"מה"}),
    never_last=frozenset({"וגם"}),
    closings=frozenset({"תודה"}),
    number_lengths={"קוד": frozenset({4})},
)
LOUD = 1000
QUIET = 5

C = TypeVar("C")


class Desk:
    """Drives one call by hand."""

    def __init__(
        self,
        rules: Rules | None = None,
        phrases: PhraseBook | None = None,
        *,
        marks_come_back: bool = True,
        latency_s: float = 0.03,
        begins: Event | None = None,
        new_recorder: NewRecorder = unrecorded,
    ) -> None:
        self.machine = TurnMachine(rules or RULES, phrases or phrase_book(greeting=False), HEBREW)
        core = self.machine.call
        self.recorder = new_recorder(Header(VERSION, "desk", "he", 0.0, core.rules, core.phrases, core.lexicon))
        self.line = Line(random.Random(0), Weather(latency_s=latency_s))
        self.commands: list[Command] = []
        self.sent: list[tuple[float, bytes | Mark | SendClear]] = []
        """All that went to the provider, in order."""
        self.now = 100.0
        self.marks_come_back = marks_come_back
        self._marks: list[tuple[float, str]] = []
        self.do(begins or CallAnswered())

    # -- Time passes --------------------------------------------------------------------------

    def wait(self, seconds: float, *, level: int = 0) -> None:
        """The caller says nothing, or speaks at ``level``, for a while."""
        for _ in range(round(seconds / FRAME_S)):
            self.tick()
            if not self.machine.call.over:
                self.do(FrameHeard(level > 0, level or QUIET))

    def tick(self) -> None:
        """20 ms without a frame of the caller's."""
        self.now += FRAME_S
        self._marks += self.line.play_until(self.now)
        arrived = [name for at, name in self._marks if at <= self.now]
        self._marks = [(at, name) for at, name in self._marks if at > self.now]
        for name in arrived if self.marks_come_back else ():
            self.do(MarkEchoed(name))
        while (due := self.machine.wakes_at) is not None and due <= self.now:
            self.do(TimePassed())
        self._pace()

    def without_frames(self, seconds: float) -> None:
        """No frames come from the provider for a while."""
        for _ in range(round(seconds / FRAME_S)):
            self.tick()

    def _pace(self) -> None:
        taken = self.machine.call.playout.take(self.now)
        self.recorder.taken(taken, self.now)
        self.line.send(taken, self.now)
        self.sent += [(self.now, item) for item in taken]

    def do(self, event: Event) -> list[Command]:
        """Something happens now."""
        self.recorder.happened(event, self.now)
        commands = self.machine.handle(event, self.now)
        self.recorder.returned(commands)
        self.commands += commands
        for command in commands:
            if isinstance(command, SendClear):
                self.line.clear(self.now)
                self.sent.append((self.now, command))
        return commands

    # -- The caller ---------------------------------------------------------------------------

    def speak(self, seconds: float = 1.0, *, level: int = LOUD) -> None:
        """The caller's voice."""
        self.wait(seconds, level=level)

    def say(self, text: str, seconds: float = 1.0) -> None:
        """An utterance: voice, the silence that ends it, and its words."""
        self.speak(seconds)
        self.wait(1.06)
        self.understand(text)

    def press(self, *digits: str) -> None:
        """Keys, one right after the other."""
        for digit in digits:
            self.do(KeyPressed(digit))

    def hang_up(self) -> None:
        """The caller hangs up."""
        self.do(CallerHungUp())

    # -- The workers --------------------------------------------------------------------------

    def head(self, *, turn: int | None = None, seq: int = 0, take: int = 0) -> Head:
        """The head of a message of the current turn."""
        return Head(call="c", turn=self.turn if turn is None else turn, seq=seq, take=take)

    def report(self, message: Message, audio: bytes = b"") -> list[Command]:
        """A worker's message arrives."""
        return self.do(WorkerReported(message, audio))

    def understand(self, text: str, *, seq: int | None = None, piece: PieceKind = "whole") -> list[Command]:
        """The words of the piece that was published last, or of ``seq``."""
        seq = self.published[-1].seq if seq is None else seq
        return self.report(Transcript(head=self.head(seq=seq), utterance=1, text=text, piece=piece))

    def sentence(self, number: int, text: str, seconds: float | None = 1.0, *, last: bool = True) -> None:
        """A sentence of the reply, and its sound unless ``seconds`` is None."""
        self.report(Sentence(head=self.head(seq=number), text=text))
        if seconds is not None:
            self.chunk(number, seconds, last=last)

    def chunk(self, number: int, seconds: float, *, offset: int = 0, last: bool = True, take: int = 0, attempt: int = 1) -> None:
        """Sound of a sentence, beginning at byte ``offset`` of its take."""
        audio = sound(self.turn, number, take, attempt, offset + int(seconds * 8000))[offset:]
        message = SpeechChunk(head=self.head(seq=number, take=take), offset_bytes=offset, last=last, attempt=attempt)
        self.report(message, audio)

    def end_reply(self, sentences: int) -> None:
        """The model is done."""
        self.report(ReplyEnded(head=self.head(), sentences=sentences))

    def reply(self, *texts: str, seconds: float = 1.0) -> None:
        """A whole reply, each sentence of ``seconds``."""
        for number, text in enumerate(texts):
            self.sentence(number, text, seconds)
        self.end_reply(len(texts))

    # -- What came of it ------------------------------------------------------------------------

    @property
    def turn(self) -> int:
        """Number of the current turn."""
        return self.machine.call.turn.number

    @property
    def state(self) -> BotState:
        """What the bot does."""
        return self.machine.state

    def all(self, kind: type[C]) -> list[C]:
        """All commands of one kind."""
        return [command for command in self.commands if isinstance(command, kind)]

    @property
    def published(self) -> list[PublishUtterance]:
        """What went to the ASR stage."""
        return self.all(PublishUtterance)

    @property
    def closed(self) -> list[CloseTurn]:
        """Turns that ended."""
        return self.all(CloseTurn)

    @property
    def asked(self) -> list[str]:
        """What the core itself gave to the model."""
        return [command.text for command in self.all(PublishTranscript)]

    @property
    def ends(self) -> list[str]:
        """How turns ended."""
        return [command.how for command in self.closed]

    @property
    def reports(self) -> list[str]:
        """Names of the events, but for states and ends."""
        return [report.name for report in self.all(Report) if report.name not in ("STATE", "TURN_ENDED")]

    @property
    def frames(self) -> list[Label]:
        """What was sent, frame by frame."""
        return [label(item) for _, item in self.sent if isinstance(item, bytes)]

    def frames_since(self, now: float) -> list[Label]:
        """What was sent after this moment."""
        return [label(item) for at, item in self.sent if isinstance(item, bytes) and at > now]

    @property
    def marks(self) -> list[str]:
        """Marks that were sent."""
        return [item.name for _, item in self.sent if isinstance(item, Mark)]

    @property
    def clears(self) -> list[float]:
        """When the provider was told to forget."""
        return [at for at, item in self.sent if isinstance(item, SendClear)]

    @property
    def sentences_heard(self) -> list[int]:
        """Sentences, and phrases, in the order in which the caller heard them, without repetition in a row."""
        return in_a_row(label(frame).sentence for _, frame in self.line.heard)


def in_a_row(numbers: Iterable[int]) -> list[int]:
    """Numbers without repetitions in a row."""
    row: list[int] = []
    for number in numbers:
        if not row or row[-1] != number:
            row.append(number)
    return row


def speaking_desk(rules: Rules | None = None, *texts: str, seconds: float = 2.0) -> Desk:
    """A call in which the bot has been speaking its reply for 0.6 s."""
    desk = asked_desk(rules)
    desk.reply(*(texts or ("one two three four five six seven eight.",)), seconds=seconds)
    desk.wait(0.6)
    return desk


def asked_desk(rules: Rules | None = None, text: str = "שלום") -> Desk:
    """A call in which the caller said ``text`` and the bot thinks."""
    desk = Desk(rules)
    desk.wait(0.5)
    desk.say(text)
    return desk


def quiet_desk(rules: Rules | None = None) -> Desk:
    """A call in which nothing was said yet."""
    desk = Desk(rules)
    desk.wait(0.5)
    return desk


def transferring_desk(*texts: str, after: int = 0, to: str = "office", rules: Rules = RULES) -> Desk:
    """A call in which the bot begins to say, in sentences of a second, that it puts the caller through."""
    desk = asked_desk(replace(rules, destinations=frozenset({"office"})))
    for number, text in enumerate(texts or ("I put you through.",)):
        desk.sentence(number, text)
    desk.report(Action(head=desk.head(), after=after, name="transfer", argument=to))
    desk.end_reply(len(texts) or 1)
    return desk
