"""What the processes say to each other.

A call's work goes round the house as these messages:

    gateway --Utterance--> asr_worker --Transcript--> llm_worker --Sentence--> tts_worker
       ^                       |                          |                        |
       +---- Transcript, Sentence, SpeechChunk, ReplyEnded, Action, ... -----------+

    gateway --Summarise--> llm_worker --Summary--> gateway          once a call is over

On a stream an entry has two fields: ``m``, the message as a msgpack array, and
``a``, raw mu-law audio at 8 kHz (8 bytes a millisecond), where there is any.

Rolling upgrades mix versions, so a field is added **at the end, with a default**,
to ``Head`` or to a message; an unknown trailing field is ignored by older readers.
``tests/common/test_messages.py`` holds the bytes of every released version.
"""

from typing import Literal
from zlib import crc32

import msgspec

VERSION = 1

Piece = Literal["whole", "segment", "probe"]
"""What an utterance's audio is.

``whole``: all of an utterance; its transcript goes on to the LLM.
``segment``: a closed piece of a long one; the gateway joins the texts.
``probe``: sent only to learn its words; never forwarded.
"""

Stage = Literal["asr", "llm", "tts"]
"""A stage of the pipeline, and the name of its stream."""


class Head(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """Whose message this is. Every message has one as its first field."""

    v: int = VERSION
    call: str
    """Call id; all Redis keys of a call are in the slot that it hashes to."""
    turn: int
    """Turn that this belongs to; only the gateway raises it (R1)."""
    seq: int = 0
    """Piece of an utterance (0 for a whole one), or sentence of a reply."""
    take: int = 0
    """Which synthesis of the sentence this is (R9)."""
    gateway: str = ""
    """Boot id of the gateway that owns the call: where replies go."""
    language: str = "he"
    """BCP 47 language of the caller and of the reply."""
    t0_s: float = 0.0
    """Unix time at which the gateway decided the end of the turn."""
    trace: str = ""
    """Carried along unread; ties log lines of several processes together."""
    agent: str = ""
    """Which agent answers (``common/agents``), as the gateway keeps it in Redis; "": the one that each process's settings make."""


class Utterance(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="utterance"):
    """The caller spoke. Audio: mu-law, pre-roll included."""

    head: Head
    utterance: int
    """Number of the caller's utterance in this call, from 1."""
    piece: Piece = "whole"
    voiced_ms: int = 0


class Transcript(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="transcript"):
    """What the caller said; an empty text is an answer too."""

    head: Head
    utterance: int
    text: str
    piece: Piece = "whole"
    asr_ms: int = 0
    waited_ms: int = 0
    """From its work's publication until a worker began with it, what it had to look up included, by the server's clock."""


class Sentence(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="sentence"):
    """One speakable piece of a reply: ``head.seq`` counts from 0."""

    head: Head
    text: str
    interruptible: bool = True
    """Whether the caller's voice may stop it (R4)."""
    token_ms: int = 0
    """From asking the model to its first token, in the attempt that made this."""
    llm_ms: int = 0
    """From asking the model to the reply's first sentence."""
    waited_ms: int = 0
    """From its work's publication until a worker began with it, what it had to look up included, by the server's clock."""
    asked: tuple["Action", ...] = ()
    """What the reply asked for up to here. It is done when it comes by itself: here it is only kept, for who goes on with the reply on a
    server that forgot it. Where it is asked for once the sentence is out, the gateway gets the sentence again."""


class SpeechChunk(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="speech"):
    """A piece of the sound of sentence ``head.seq``, synthesis ``head.take``. Audio: mu-law."""

    head: Head
    offset_bytes: int
    """Where in the take's sound this chunk begins."""
    last: bool = False
    attempt: int = 1
    """Tells the delivery of the sentence that made it, and rises with each attempt; bytes of two never mix (R9)."""
    tts_ms: int = 0
    word_ends: tuple[int, ...] = ()
    """Where words end in the take's sound, in bytes, that no earlier chunk told; a voice that knows tells all of them."""
    waited_ms: int = 0
    """From its work's publication until a worker began with it, what it had to look up included, by the server's clock."""
    words: int = 0
    """Tells the words that are spoken (``fingerprint``), since another attempt at the reply may make others of the same sentence's number;
    0: any."""
    stand_in: bool = False
    """Whether the voice is another one than the house wants, because that one failed."""


class ReplyEnded(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="reply_ended"):
    """The LLM is done: no sentence follows after the first ``sentences`` ones."""

    head: Head
    sentences: int
    llm_ms: int = 0


class ToolStarted(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="tool_started"):
    """A tool runs: fillers instead of a fallback until its own time-out (R10)."""

    head: Head
    name: str
    timeout_s: float
    effects: bool = False
    runs: bool = True
    """False: not yet, the model is still writing what to call it with."""


class ToolEnded(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="tool_ended"):
    """A tool is done, one way or the other."""

    head: Head
    name: str
    ok: bool


class Collect(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """Keys that the bot asked the caller to press, and when they are whole."""

    digits: int = 0
    """So many; 0: as many as come."""
    terminator: str = "#"
    """This key ends them, and is none of them; "": none does."""
    timeout_s: float = 4.0
    """After the last key."""


class Action(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="action"):
    """What the gateway is to do once the whole reply was heard; for a ``transfer`` sentence ``after`` is enough."""

    head: Head
    after: int
    """The sentence behind which it was asked for."""
    name: Literal["hang_up", "transfer", "collect"]
    argument: str = ""
    """Of a ``transfer``: a destination of the agent's, by name."""
    collect: Collect | None = None
    """What to collect; None: as if nothing was said about it."""


class StageFailed(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="stage_failed"):
    """A stage gave up on a piece (``head.seq``, ``head.take``) after its last attempt."""

    head: Head
    stage: Stage
    error: str
    """Kind of error, for counters and logs; never a text of the caller or bot."""
    utterance: int = 0
    piece: Piece = "whole"


class CallTakenOver(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="call_taken_over"):
    """From gateway to gateway: another stream owns the call now (R12)."""

    head: Head
    fence: int
    """The new owner's; the stream with a lower one is to leave in peace."""


class Use(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """What one request used of a vendor's model, in the units that vendors bill by."""

    vendor: str
    model: str
    """The model, or the voice where that is what has a price."""
    seconds: float = 0.0
    """Of sound, heard or made."""
    input_tokens: int = 0
    output_tokens: int = 0
    characters: int = 0
    estimated: bool = False
    """The vendor did not tell."""


class Used(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="used"):
    """What the work on one piece used, wanted or not: of attempts that failed and of work that was stopped, too."""

    head: Head
    stage: Stage
    uses: tuple[Use, ...]
    piece: Piece = "whole"


class Summarise(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="summarise"):
    """A call is over, and its owner wants it in words. The head's call is the gateway's name for such work, its turn counts it."""

    head: Head
    text: str
    """What was said, a line each."""


class Summary(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag="summary"):
    """The call in words, back to the gateway that asked."""

    head: Head
    text: str


Message = (
    Utterance
    | Transcript
    | Sentence
    | SpeechChunk
    | ReplyEnded
    | ToolStarted
    | ToolEnded
    | Action
    | StageFailed
    | CallTakenOver
    | Used
    | Summarise
    | Summary
)


def fingerprint(text: str) -> int:
    """A number that tells a sentence's words from others."""
    return crc32(text.encode())


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """The bytes of field ``m``."""
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """The message in field ``m``.

    Raises:
        msgspec.DecodeError: not msgpack, an unknown kind, or a field of the wrong type.
    """
    return _decoder.decode(data)
