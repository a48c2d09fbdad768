"""What words are worth."""

import pytest

from gateway.turn.words import Lexicon, Sense, join, normalise

LEXICON = Lexicon(
    backchannels=frozenset({"כן", "אהה", "uh huh"}),
    stop_words=frozenset({"לא", "כן כן כן"}),
    closed_answers=frozenset({"כן", "לא", "יום שני"}),
    repeat_requests=frozenset({"מה", "לא שמעתי"}),
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello!", "hello"),
        ("  a   b ", "a b"),
        ("שָׁלוֹם", "שלום"),
        ("what?!", "what"),
        ("a_b", "a b"),
        ("...", ""),
        ("", ""),
        ("12-34", "12 34"),
    ],
)
def test_texts_are_compared_without_case_points_and_punctuation(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        ("", Sense.EMPTY),
        (" ... ", Sense.EMPTY),
        ("כן", Sense.BACKCHANNEL),
        ("כן, אהה!", Sense.BACKCHANNEL),
        ("Uh huh.", Sense.BACKCHANNEL),
        ("כן כן כן", Sense.WORDS),
        ("לא", Sense.WORDS),
        ("כן בבקשה", Sense.WORDS),
    ],
)
def test_words_over_the_bot_make_sense(text: str, sense: Sense) -> None:
    assert LEXICON.sense(text) is sense


@pytest.mark.parametrize(("text", "closed"), [("כן.", True), ("יום שני", True), ("3", True), ("12 30", True), ("אולי", False), ("", False)])
def test_closed_answers_are_words_of_the_list_and_numbers(text: str, closed: bool) -> None:
    assert LEXICON.is_closed_answer(text) is closed


@pytest.mark.parametrize(("text", "asks"), [("מה?", True), ("לא שמעתי", True), ("מה השעה", False)])
def test_some_words_ask_to_hear_it_again(text: str, asks: bool) -> None:
    assert LEXICON.asks_to_repeat(text) is asks


def test_texts_are_joined_without_the_empty_ones() -> None:
    assert join("a ", "", "  ", "b") == "a b"
