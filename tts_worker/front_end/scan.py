"""One way through a text: at each place the first rule that reads what stands there (sans-I/O).

A rule is a pattern and a reader. A reader sees the whole text around its match, and says None where the match is
not what it looks like ("30/11" is a date behind "Monday", else a fraction); then the next rule is asked. What no rule
reads stays as it is. What was read is not read again.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tts_worker.front_end.spoken import Piece

Reader = Callable[[re.Match[str]], str | None]
_FAR = 120
"""Characters; no rule looks back farther, lest a long text take the square of its length."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of thing is read."""

    pattern: re.Pattern[str]
    read: Reader
    joins: bool = False


def rule(pattern: str, read: Reader | str, flags: int = 0, *, joins: bool = False) -> Rule:
    """A rule whose reader may be what is always said."""
    return Rule(re.compile(pattern, flags), (lambda _: read) if isinstance(read, str) else read, joins)


def before(found: re.Match[str]) -> str:
    """The text that a match stands behind, as far as any rule looks back."""
    return found.string[max(0, found.start() - _FAR) : found.start()]


def apart(found: re.Match[str], spoken: str) -> str:
    """What is spoken for digits, apart from letters that touch them in Latin or behind them in any script."""
    last, behind = before(found)[-1:], found.string[found.end() : found.end() + 1]
    return f"{' ' if last.isalpha() and not 'א' <= last <= 'ת' else ''}{spoken}{' ' if behind.isalpha() else ''}"


def lists(text: str, member: re.Pattern[str], joined: Callable[[re.Match[str], re.Match[str]], bool]) -> list[list[re.Match[str]]]:
    """Everything of one kind in a text, in lists of what is joined: what one is may depend on the others."""
    found: list[list[re.Match[str]]] = []
    for each in member.finditer(text):
        if found and joined(found[-1][-1], each):
            found[-1].append(each)
        else:
            found.append([each])
    return found


def scan(text: str, rules: Sequence[Rule]) -> Iterator[Piece]:
    """The whole text in pieces."""
    at = copied = 0
    while at < len(text):
        piece = _read(text, at, rules)
        if piece is None:
            at = _next_place(text, at)
            continue
        if copied < at:
            yield Piece(copied, at, text[copied:at])
        yield piece
        at = copied = piece.end
    if copied < len(text):
        yield Piece(copied, len(text), text[copied:])


def _read(text: str, at: int, rules: Sequence[Rule]) -> Piece | None:
    for each in rules:
        if (found := each.pattern.match(text, at)) and found.end() > at and (spoken := each.read(found)) is not None:
            return Piece(at, found.end(), spoken, each.joins)
    return None


def _next_place(text: str, at: int) -> int:
    """Behind a word at once: nothing begins in the middle of one."""
    if not text[at].isalpha():
        return at + 1
    while at < len(text) and text[at].isalpha():
        at += 1
    return at
