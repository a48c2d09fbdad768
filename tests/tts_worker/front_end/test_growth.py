"""A text twice as long takes about twice the work: the front end runs on the worker's event loop, which all calls share.

Work is counted in calls of functions, C's too, so a busy machine changes nothing.
"""

import sys
from types import FrameType

import pytest

from tts_worker.front_end import speakable

HEBREW = [
    "13.10, ", "13/10, ", "3/4 או ", "2.5 עד ", "13.10 ל-", "13.10-", "ב-3/4, ", "5-6, ", "9:00-", "9.00-17.30 ",
    "054-123-4567 ", "*1234 ", "₪5.90, ", '5 ש"ח ', '5 ₪ כ"א ', '10 ק"מ ', "5x", "5%-", "5°-", "123456789 ", "1-", "1/", "1.",
    "1,", "1 ", '"', "'", "(", "[", "<b", "|", "a@", "a.", "a.b/", "aA1", "A1-", "שָׁ", 'ת"ז ', "א'-ה', ", "א', ב', ",
    "רופא/ה ", "ה-3 ", "קוד שלך ", "לחץ דם של ", "בן 5 ", "2, 3 או ", "1 בבוקר ו-2 בערב ", "½ ", "1,000.50-", "12.12.26-",
    "&amp;", "😀", " ",
]  # fmt: skip
ENGLISH = [
    "12/13, ", "1/2 and ", "between 1/2 and ", "from 1/4 to ", "10/12/2026-", "May 5, ", "Mon-", "Sat and ", "5:30 pm - ",
    "5-6, ", "212-555-0123 ", "$5.99, ", "10 km ", "5 x ", "123456789 ", "1-", "1/", "1.", "1,", "1 ", "'", "(", "[", "<b",
    "|", "a@", "a.", "a.b/", "aA1", "A1-", "e.g. ", "the code is ", "blood pressure is ", "rated 4/5 ", "5%-", "½ ",
    "1,000.50-", "&amp;", "1990s ", "1st-", "≥5 ", "5 ft 2 in ", "Jan-Mar ", "v1.2.", "1-800-ABC ", "😀", " ",
]  # fmt: skip


def calls(text: str, language: str) -> int:
    """How many functions are called to read ``text``."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        speakable(text, language)
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize(("language", "item"), [*(("he", item) for item in HEBREW), *(("en", item) for item in ENGLISH)])
def test_twice_the_text_is_about_twice_the_work(language: str, item: str) -> None:
    short = item * (400 // len(item))
    assert calls(short + short, language) < 2.3 * calls(short, language) + 100


@pytest.mark.parametrize(("language", "item"), [("he", "13.10, "), ("he", "1/2 או "), ("en", "12/13, "), ("en", "1/2 and ")])
def test_a_list_may_be_of_any_length(language: str, item: str) -> None:
    assert not any(letter.isdigit() for letter in speakable(item * 600, language).text)
