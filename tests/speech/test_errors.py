"""How understanding is measured."""

import pytest

from tests.speech.errors import character_error_rate, word_errors


def test_punctuation_and_capitals_are_no_errors() -> None:
    assert word_errors("Please, try again.", "please try again") == (0, 3)


@pytest.mark.parametrize(("heard", "errors"), [("one three", 1), ("one two two three", 1), ("one too three", 1), ("", 3)])
def test_words_missing_added_and_changed_count(heard: str, errors: int) -> None:
    assert word_errors("one two three", heard)[0] == errors


def test_character_errors_are_capped_at_all_of_them() -> None:
    assert character_error_rate("ab", "a sentence of its own") == 1.0
