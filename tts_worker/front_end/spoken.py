"""A written text as it is spoken, and which spoken words stand for which written ones (sans-I/O).

    written    The   price  is    $19.99    today.
    spoken     The   price  is    nineteen dollars and ninety-nine cents    today.
    words_by   1     2      3     8                                         9

What was heard is told in written words, those of the reply's text: the history, the words at which a reply goes on,
and the sentence that is spoken again count in them. A voice knows spoken words alone. So for each written word stands
how many spoken words are through when it is: no fewer than for the word before it. A written word of which
nothing is spoken (an emoji) ends where the word before it ends. Where one reading stands for several written words
("5 km"), all of them end with it: the caller heard none of them before.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the written text, and how it is spoken."""

    start: int
    end: int
    spoken: str
    joins: bool = False
    """A Hebrew particle: one word with Hebrew that follows, apart from anything else."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a voice is given."""

    text: str
    words_by: tuple[int, ...]
    """For each written word, how many words of ``text`` are through when it is."""

    def written_ends(self, spoken_ends: Sequence[int]) -> tuple[int, ...]:
        """Where written words end, as far as the ends of the first spoken words tell."""
        known = (spoken for spoken in self.words_by if spoken <= len(spoken_ends))
        return tuple(spoken_ends[spoken - 1] if spoken else 0 for spoken in known)


def put_together(written: str, pieces: Iterable[Piece]) -> Spoken:
    """The spoken text; the pieces cover the written one, in order."""
    raw = ""
    placed: list[tuple[Piece, int]] = []
    joins = False
    for piece in pieces:
        if joins and not "א" <= piece.spoken[:1] <= "ת":
            raw += " "
        placed.append((piece, len(raw)))
        raw += piece.spoken
        joins = piece.joins
    ends = [word.end() for word in _WORD.finditer(written)]
    begun = [word.start() for word in _WORD.finditer(raw)]
    return Spoken(" ".join(raw.split()), tuple(bisect_left(begun, until) for until in _spoken_until(ends, written, placed)))


def _spoken_until(ends: Iterable[int], written: str, placed: Iterable[tuple[Piece, int]]) -> Iterator[int]:
    """For each place in the written text where a word ends: how far the spoken one is by then."""
    pieces = iter(placed)
    piece, at = Piece(0, 0, ""), 0
    for end in ends:
        while piece.end < end:
            piece, at = next(pieces)
        as_written = piece.spoken == written[piece.start : piece.end]
        yield at + (end - piece.start if as_written else len(piece.spoken))
