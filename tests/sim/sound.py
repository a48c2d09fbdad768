"""Sound that says what it is: every 8 bytes name turn, sentence, take, attempt and place, so that an ear can judge.

::

    cell    0xF5 | turn | sentence | take | attempt | place (14 bits, in cells) | 0
"""

from dataclasses import dataclass, replace

from common.audio import SILENCE_BYTE
from gateway.turn.phrases import Phrase, PhraseBook

_SYNC = 0xF5
CELL_BYTES = 8
PHRASE_TURN = 127
"""Fixed phrases belong to every turn."""
LATE_ATTEMPT = 200
"""Of sound of words that gave way to others: more than anything is spoken in a call."""
BEEP = bytes([0x10])


@dataclass(frozen=True, slots=True)
class Label:
    """What a frame says of itself."""

    turn: int
    sentence: int
    take: int
    attempt: int
    offset: int
    """Place of the frame's first byte in its take."""
    end: int = 0
    """Where its sound ends there, padding left out."""

    @property
    def fixed(self) -> bool:
        """Whether it is of a fixed phrase, or the beep."""
        return self.turn == PHRASE_TURN


BEEP_LABEL = Label(PHRASE_TURN, 100, 0, 0, 0)
TAIL_LABEL = Label(PHRASE_TURN, 101, 0, 0, 0)


def sound(turn: int, sentence: int, take: int, attempt: int, length: int) -> bytes:
    """``length`` bytes of one take of one sentence."""
    head = bytes([_SYNC, turn % PHRASE_TURN if turn != PHRASE_TURN else turn, sentence, take, attempt])
    cells = -(-length // CELL_BYTES)
    return b"".join(head + bytes([place >> 7, place & 127, 0]) for place in range(cells))[:length]


def label(frame: bytes | bytearray) -> Label:
    """What ``frame`` is; a last frame that is almost all padding cannot tell."""
    if frame[:1] == BEEP:
        return BEEP_LABEL
    at = frame.find(_SYNC)
    if at < 0 or frame.find(SILENCE_BYTE) in range(at + CELL_BYTES):
        return TAIL_LABEL
    turn, sentence, take, attempt, high, low = frame[at + 1 : at + 7]
    offset = (high << 7 | low) * CELL_BYTES - at
    return Label(turn, sentence, take, attempt, offset, offset + len(frame.rstrip(bytes([SILENCE_BYTE]))))


def _phrase(number: int, text: str, seconds: float) -> Phrase:
    return Phrase(text, sound(PHRASE_TURN, number, 0, 0, int(seconds * 8000)))


def phrase_book(greeting: bool = True, *, interruptible: bool = True, still_working: bool = True) -> PhraseBook:
    """Fixed phrases of sound that says what it is; their lengths are no whole frames. What opens a stream is number 0."""
    hello = replace(_phrase(0, "hello how can I help", 1.0033), interruptible=interruptible)
    return PhraseBook(
        greeting=hello if greeting else None,
        repeat=_phrase(1, "please say it again", 0.8),
        filler=_phrase(2, "one moment", 0.5),
        fallback=_phrase(3, "something is wrong", 0.7),
        still_there=_phrase(4, "are you there", 0.6),
        goodbye=_phrase(5, "goodbye", 0.45),
        beep=BEEP * 2400,
        unanswered=_phrase(0, "nobody answers there", 0.9),
        still_working=_phrase(6, "still looking", 0.55) if still_working else Phrase("", b""),
        tools={"book": _phrase(7, "I look at the book", 0.65)},
    )
