"""Which spoken words stand for which written ones."""

import random

import pytest

from tests.tts_worker.front_end.golden import classes
from tts_worker.front_end import speakable


def words_by(text: str, language: str = "en") -> tuple[int, ...]:
    return speakable(text, language).words_by


def test_words_that_stay_stand_for_themselves() -> None:
    assert words_by("Hello to you.") == (1, 2, 3)


def test_a_number_ends_with_its_last_word() -> None:
    assert words_by("It is $19.99 today.") == (1, 2, 7, 8)


def test_words_that_are_read_as_one_end_together() -> None:
    assert words_by("5 km away") == (2, 2, 3)


def test_a_word_of_which_nothing_is_spoken_ends_where_the_one_before_it_did() -> None:
    assert words_by("Thanks 😀 a lot") == (1, 1, 2, 3)


def test_a_first_word_of_which_nothing_is_spoken_ends_at_once() -> None:
    assert words_by("😀 Thanks") == (0, 1)


def test_a_particle_and_its_number_are_one_word() -> None:
    assert words_by("עד ה-15 בחודש", "he") == (1, 3, 4)


def test_a_particle_before_latin_letters_is_a_word_of_its_own() -> None:
    assert words_by("נדבר ב-Zoom מחר", "he") == (1, 3, 4)


def test_ends_of_written_words_follow_from_those_of_spoken_ones() -> None:
    spoken = speakable("It is $5.50 today.", "en")  # it, is, five, dollars, and, fifty, cents, today
    assert spoken.written_ends([10, 20, 30, 40, 50, 60]) == (10, 20)
    assert spoken.written_ends([10, 20, 30, 40, 50, 60, 70, 80]) == (10, 20, 70, 80)


def test_a_silent_word_before_any_sound_ends_at_nought() -> None:
    assert speakable("😀 Thanks", "en").written_ends([]) == (0,)


@pytest.mark.parametrize(("language", "kind"), classes())
def test_each_written_word_has_its_place_and_the_last_one_is_the_end(language: str, kind: str) -> None:
    for item in classes()[language, kind]:
        spoken = speakable(item.written, language)
        assert len(spoken.words_by) == len(item.written.split()), item.written
        assert list(spoken.words_by) == sorted(spoken.words_by), item.written
        assert spoken.words_by[-1] == len(spoken.text.split()), item.written


@pytest.mark.parametrize("language", ["he", "en"])
def test_any_text_is_read_without_a_digit_left_and_every_word_has_its_place(language: str) -> None:
    letters = "0123456789 ,.:;-–/%₪$€£*+#()\"'@&_<>|`~°×½⅔ אבגהלמשת ACPMZ\u200f😀"
    chance = random.Random(7)
    for _ in range(3000):
        text = "".join(chance.choices(letters, k=chance.randrange(1, 25)))
        spoken = speakable(text, language)
        assert not any(letter.isdigit() for letter in spoken.text), text
        assert len(spoken.words_by) == len(text.split()), text
        assert list(spoken.words_by) == sorted(spoken.words_by), text
        assert max(spoken.words_by, default=0) == len(spoken.text.split()), text
