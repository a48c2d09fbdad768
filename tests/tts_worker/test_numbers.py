"""Numbers and times as words."""

import pytest

from tts_worker.numbers import NUMBER, number_in_words


@pytest.mark.parametrize(
    ("written", "english"),
    [
        ("12", "twelve"),
        ("1,250", "one thousand, two hundred and fifty"),
        ("1.5", "one point five"),
        ("0", "zero"),
        ("054", "zero five four"),
        ("54123", "five four one two three"),
        ("9:00", "nine o'clock"),
        ("9:05", "nine o five"),
        ("17:30", "seventeen thirty"),
        ("1.2.3", "one two three"),
    ],
)
def test_english(written: str, english: str) -> None:
    assert number_in_words(written, "en") == english


@pytest.mark.parametrize(("written", "hebrew"), [("9:00", "תשע"), ("17:30", "שבע עשרה ושלושים"), ("3", "שלוש"), ("05", "אפס חמש")])
def test_hebrew(written: str, hebrew: str) -> None:
    assert number_in_words(written, "he") == hebrew


@pytest.mark.parametrize("language", ["he", "en"])
@pytest.mark.parametrize("written", ["9" * 400, "1," + "0" * 400, "9" * 400 + ".5", "99:99", "1:2:3", "83777660852,000"])
def test_no_number_is_too_long_or_too_odd_to_be_read(written: str, language: str) -> None:
    assert number_in_words(written, language)


def test_a_full_stop_behind_a_number_is_not_part_of_it() -> None:
    assert NUMBER.findall("at 9:30, or 12. Then 1,250.5!") == ["9:30", "12", "1,250.5"]
