"""Where a sentence is cut, so that its first sound leaves early."""

import pytest

from tts_worker.clauses import clauses


def test_a_sentence_is_cut_where_a_speaker_pauses() -> None:
    text = "Sorry, I didn't hear you. Could you say that again?"
    assert clauses(text) == ["Sorry, I didn't hear you.", "Could you say that again?"]


def test_a_short_piece_joins_the_next_one() -> None:
    assert clauses("Yes, of course, we are open.") == ["Yes, of course,", "we are open."]


def test_a_long_stretch_is_cut_between_words() -> None:
    text = "I will connect you to a person as soon as somebody is free and I thank you for your patience"
    assert all(len(piece) <= 70 for piece in clauses(text))


@pytest.mark.parametrize(
    "text", ["One, two and three, and then some more words; that is all.", "x " * 200 + "end.", "שלום! איך אפשר לעזור?"]
)
def test_no_word_is_lost_or_said_twice(text: str) -> None:
    assert " ".join(clauses(text)).split() == text.split()


def test_marks_inside_words_do_not_cut() -> None:
    assert clauses("At 9:00 it costs 1,250.50 shekels") == ["At 9:00 it costs 1,250.50 shekels"]


def test_a_word_longer_than_a_piece_stays_whole() -> None:
    assert clauses("a" * 100) == ["a" * 100]


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text_has_no_pieces(text: str) -> None:
    assert clauses(text) == []
