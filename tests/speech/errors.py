"""How much of a text was understood."""

import re
from collections.abc import Sequence


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Words wrong, missing or too many, and the words that were said."""
    words = plain(said).split()
    return _edits(words, plain(heard).split()), len(words)


def character_error_rate(said: str, heard: str) -> float:
    """Characters wrong, missing or too many, of those that were said; 1 at most."""
    expected = plain(said)
    return min(1.0, _edits(expected, plain(heard)) / len(expected))


def plain(text: str) -> str:
    """Letters, digits and single spaces."""
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())


def _edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein's distance."""
    row = list(range(len(heard) + 1))
    for at, expected in enumerate(said, 1):
        diagonal, row[0] = row[0], at
        for column, got in enumerate(heard, 1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (expected != got))
    return row[-1]
