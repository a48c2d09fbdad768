"""Sentences in pieces that a voice can begin early with (sans-I/O).

A voice that computes a piece as a whole stays silent until it is through. So a sentence is cut where
a speaker would pause; a stretch without such a place is cut between words, since silence on the
line is worse than a flat melody. A short piece joins the next one: alone it would sound clipped.
"""

import re

_SHORTEST_CHARS = 12
_LONGEST_CHARS = 70
_PAUSE = re.compile(r"(?<=[,;:.!?–—])\s+")


def clauses(text: str) -> list[str]:
    """The pieces of a sentence in order; none for an empty text."""
    pieces: list[str] = []
    for part in (words for pause in _PAUSE.split(text.strip()) for words in _between_words(pause)):
        if pieces and len(pieces[-1]) < _SHORTEST_CHARS:
            pieces[-1] = f"{pieces[-1]} {part}"
        elif part:
            pieces.append(part)
    return pieces


def _between_words(text: str) -> list[str]:
    """``text`` cut at the space nearest to its middle until no piece is too long."""
    if len(text) <= _LONGEST_CHARS:
        return [text]
    spaces = [at for at, letter in enumerate(text) if letter == " "]
    if not spaces:
        return [text]
    middle = min(spaces, key=lambda at: abs(at - len(text) // 2))
    return _between_words(text[:middle]) + _between_words(text[middle + 1 :])
