"""What happens to a call (past tense), and what is to be done about it (imperative).

``TurnMachine.handle(event, now)`` takes one of the first and returns a list of the second.
Nothing else goes in or out, but for the sound itself, which the pacer takes from the playout.
A *frame* is 20 ms; frame numbers count the caller's frames from the start of the call.
"""

from dataclasses import dataclass
from typing import Literal

from common.messages import Collect, Message, Piece
from gateway.turn.phrases import PhraseBook
from gateway.turn.words import Lexicon

# -- Events: the line -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LanguageChanged:
    """The caller asked for another language, and the reply is in it: so is what the bot says by itself, and what words mean."""

    phrases: PhraseBook
    lexicon: Lexicon


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The stream is open; the bot may greet."""

    turn: int = 0
    """The number to begin with: higher if the call was over before, and is back."""


@dataclass(frozen=True, slots=True)
class CallTaken:
    """The stream is open, of a call that another stream had before, here or in a gateway that is gone (R12)."""

    turn: int
    """The number that its turn was raised to."""
    ended: int | None = None
    """The turn that the other stream left; None where nobody can tell."""
    open: bool = False
    """Whether the turn before was open: the caller waited for an answer."""
    text: str = ""
    """What the caller had said in it, if that is known."""
    heard: str = ""
    """What the caller heard of the last greeting or reply whose turn ended."""
    heard_before: str = ""
    unanswered: bool = False
    """Whether it was transferred, and nobody answered there."""
    collect: Collect | None = None
    """The keys that were asked for last; None: none were, since the caller last spoke."""
    spoken: LanguageChanged | None = None
    """The language that was spoken last, if it is not the one that the call began in."""


@dataclass(frozen=True, slots=True)
class FrameHeard:
    """20 ms of the caller."""

    speech: bool
    """What the detector says of this frame alone."""
    level: int
    """RMS of its 16-bit samples."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A DTMF key: 0-9, *, #."""

    digit: str


@dataclass(frozen=True, slots=True)
class MarkEchoed:
    """The provider sent a mark back: it was played, or cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The line is gone, however that was learned; may come more than once."""


# -- Events: the pipeline, and time -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerReported:
    """A message of a worker, with its sound if it is a SpeechChunk."""

    message: Message
    audio: bytes = b""


@dataclass(frozen=True, slots=True)
class LoadChanged:
    """Whether the workers are behind: then no drafts are made."""

    busy: bool


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The machine's ``deadline`` may have come."""


Event = (
    CallAnswered
    | CallTaken
    | FrameHeard
    | KeyPressed
    | MarkEchoed
    | CallerHungUp
    | WorkerReported
    | LoadChanged
    | LanguageChanged
    | TimePassed
)

# -- Commands ---------------------------------------------------------------------------

End = Literal["replied", "interrupted", "superseded", "deduplicated", "nothing_heard", "fallback", "transferred", "hung_up"]
"""The ways in which a turn ends; each turn has exactly one (R1)."""


@dataclass(frozen=True, slots=True)
class PublishUtterance:
    """Give frames ``start`` to ``end`` (exclusive) of the caller to the ASR stage."""

    turn: int
    utterance: int
    seq: int
    piece: Piece
    start: int
    end: int
    voiced_ms: int


@dataclass(frozen=True, slots=True)
class PublishTranscript:
    """Give the caller's words, joined here, to the LLM stage."""

    turn: int
    utterance: int
    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class PublishSentence:
    """Have a sentence, or what is left of it, synthesised once more (R9)."""

    turn: int
    sentence: int
    take: int
    text: str


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """Note that the caller waits for an answer, for whoever may have to take the call over (R12)."""

    turn: int


@dataclass(frozen=True, slots=True)
class CommitTurn:
    """Tell the workers that the turn is committed (R2)."""

    turn: int
    text: str
    """What the caller said."""


@dataclass(frozen=True, slots=True)
class CloseTurn:
    """Raise the turn, and write its history unless both texts are empty (R1, R7). The turn after a superseded one is open."""

    turn: int
    how: End
    caller: str
    heard: str
    cut: bool = False
    """Whether the caller did not hear all that the bot had to say."""
    collect: Collect | None = None
    """The keys that are asked for from now on, for whoever may have to take the call over (R12)."""


@dataclass(frozen=True, slots=True)
class SendClear:
    """Have the provider forget what it has not played."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call from our side."""


@dataclass(frozen=True, slots=True)
class TransferCall:
    """End the stream; the call goes on with a destination of the agent's, by its name."""

    destination: str


@dataclass(frozen=True, slots=True)
class Report:
    """An event for the log and the event stream; ``text`` is shown only where the operator allows it."""

    turn: int
    name: str
    fields: tuple[tuple[str, str | int | float], ...] = ()
    text: str | None = None


Command = (
    PublishUtterance | PublishTranscript | PublishSentence | OpenTurn | CommitTurn | CloseTurn | SendClear | HangUp | TransferCall | Report
)
