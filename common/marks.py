"""Marks that are for the eye: Markdown, HTML, invisible characters, emoji, arrows (sans-I/O).

What is between them is spoken. The cells of a table are spoken as a list; its rules, the fences round code and the
languages that they name are not spoken, nor is what a tag says of itself. A tag between letters leaves nothing, others a blank.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """One kind of them."""

    pattern: re.Pattern[str]
    left: Callable[[re.Match[str]], str]
    """What is left of it."""


def _mark(pattern: str, left: str = "") -> Mark:
    return Mark(re.compile(pattern), lambda found: found.expand(left))


_ATTRIBUTES = r"""(?:\s+[\w:@.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+))*\s*/?"""
"""Of a tag, each with its value: the rest of "a<b and c>d" is none."""
_INLINE = "a|abbr|b|big|code|del|em|font|i|ins|kbd|mark|s|small|span|strong|sub|sup|u"
_ADDRESS = r"https?://[^\s<>]+>|[\w.+-]+@[\w.-]+>"
INVISIBLE = re.compile(
    "[\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\u20e3"  # joiners, directions, emoji styles
    "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff"  # arrows, symbols, dingbats
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]+"  # emoji, flags, tags
)
MARKS = (
    _mark(r"(?:```+|~~~+)[ \t]*[\w+#.-]*\s*$"),  # a fence, at the end of its line
    _mark(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$"),  # the rule below a table's head, and any other
    _mark(r"!?\[(?P<text>[^\]]*)\]\([^)]*\)?", r"\g<text>"),
    _mark(r"\[\^[\w-]+\]|【[^】]*】"),  # footnotes
    _mark(rf"<(?:mailto:)?(?={_ADDRESS})"),
    _mark(rf"</?(?:{_INLINE})(?![\w-]){_ATTRIBUTES}>|<!--.*?-->"),
    _mark(rf"</?[A-Za-z][\w:-]*{_ATTRIBUTES}>", " "),
    _mark(r"(?<=[\w/])>(?!\w)"),  # behind an address
    Mark(re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,6}|#x[\da-fA-F]{1,5});"), lambda found: html.unescape(found[0])),
    _mark(r"^\s*(?:#{1,6}\s+|[-*+•]\s+(?:\[[ xX]\]\s+)?|>\s+)+"),
    _mark(r"^\s*\|[\s|]*|[\s|]*\|\s*$"),  # the edges of a table's row
    _mark(r"(?<=[.,:;!?])\s*\|[\s|]*", " "),
    _mark(r"\s*\|[\s|]*", ", "),
    Mark(re.compile(r"(?<=\d)(?:\*|\s+\*\s+)(?=\d)"), lambda found: found[0].replace("*", "×")),  # 3*20 is no 320
    _mark(r"\*\*+|\*(?!\d{3,6}(?![\d*]))(?<!\d{4}\*)|`+|__+|~~|(?<!\w)_|_(?!\w)"),  # not the star of *2700, 2700*
)
"""In the order in which they are looked for."""


def without_marks(text: str) -> str:
    """``text`` as one line without marks; empty if no letter or digit is left."""
    text = INVISIBLE.sub("", text)
    for mark in MARKS:
        text = mark.pattern.sub(mark.left, text)
    return " ".join(text.split()) if any(character.isalnum() for character in text) else ""
