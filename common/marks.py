"""Marks that are for the eye: Markdown, invisible characters, emoji, arrows."""

import re

LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\([^)]*\)?")
LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|[-*+•]\s+|>\s+)+")
EMPHASIS = re.compile(r"\*\*+|\*(?!\d{3,6}(?![\d*]))(?<!\d{4}\*)|`+|__+|~~|(?<!\w)_|_(?!\w)")
"""Not the star of a telephone number (*2700, 2700*)."""
INVISIBLE = re.compile(
    "[\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\u20e3"  # joiners, directions, emoji styles
    "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff"  # arrows, symbols, dingbats
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]+"  # emoji, flags, tags
)


def without_marks(text: str) -> str:
    """``text`` as one line without marks; empty if no letter or digit is left."""
    text = INVISIBLE.sub("", LINK.sub(r"\g<text>", text))
    text = " ".join(EMPHASIS.sub("", LINE_MARK.sub("", text)).split())
    return text if any(character.isalnum() for character in text) else ""
