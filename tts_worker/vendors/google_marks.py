"""Where words end in Google's sound, for the voices that tell it: marks in SSML, which come back as time points.

    <speak>We<mark name="0"/> open<mark name="1"/></speak>   ->   time points 0: 0.21 s, 1: 0.63 s

A mark costs nothing: Google bills the characters of SSML without its marks. Voices of the Chirp family take none.
"""

import re
from collections.abc import Iterable
from typing import Protocol
from xml.sax.saxutils import escape

from common.audio import SAMPLE_RATE_HZ
from tts_worker.vendors.base import WordEnds

_MARK = re.compile(r"<mark [^>]*/>")
_TELLING = re.compile(r"-(?:Standard|Wavenet|Neural2)-")


class TimePoint(Protocol):
    """A mark, and where it was passed."""

    mark_name: str
    time_seconds: float


def tells_words(voice: str) -> bool:
    """Whether a voice of this name passes marks."""
    return _TELLING.search(voice) is not None


def marked(text: str) -> str:
    """The text as SSML with a mark behind each word."""
    words = (f'{escape(word)}<mark name="{number}"/>' for number, word in enumerate(text.split()))
    return f"<speak>{' '.join(words)}</speak>"


def billed_characters(ssml: str) -> int:
    """How many characters Google bills: all of the SSML but the marks."""
    return len(_MARK.sub("", ssml))


def word_ends(points: Iterable[TimePoint], length_bytes: int) -> WordEnds:
    """The ends of the first words, as far as they are told in order and lie in the sound; a dash ends where the word before it does."""
    told = {point.mark_name: round(point.time_seconds * SAMPLE_RATE_HZ) for point in points}
    ends: list[int] = []
    while (end := told.get(str(len(ends)))) is not None and (ends[-1] if ends else 1) <= end:
        ends.append(min(end, length_bytes))
    return WordEnds(tuple(ends))
