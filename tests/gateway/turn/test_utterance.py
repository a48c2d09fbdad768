"""Pieces of what the caller said, and their order."""

import pytest

from gateway.turn.utterance import SHORT_VOICED_FRAMES, Piece, Utterance


def utterance(number: int, *texts: str | None, voiced: int = SHORT_VOICED_FRAMES) -> Utterance:
    """An utterance whose pieces have these words."""
    one = Utterance(number, began_at=float(number), onset_at=float(number), voiced=voiced)
    one.pieces = [Piece(10 * number + at, number, "segment", text=text) for at, text in enumerate(texts)]
    return one


def test_the_text_is_that_of_all_pieces() -> None:
    assert utterance(1, "a", "", "b").text == "a b"


def test_there_is_no_text_before_all_pieces_are_known() -> None:
    assert utterance(1, "a", None).text is None


def test_what_is_carried_stands_in_front() -> None:
    later = utterance(2, "c")
    later.carry(utterance(1, "a", "b"))
    assert later.text == "a b c"


def test_carrying_accumulates_in_order() -> None:
    last = utterance(3, "c")
    middle = utterance(2, "b")
    middle.carry(utterance(1, "a"))
    last.carry(middle)
    assert last.text == "a b c"


def test_late_words_stand_where_they_were_said() -> None:
    last = utterance(3, "c")
    last.carry(utterance(1, "a"))
    last.add_text(99, "b", Piece(7, 2, "probe"))
    assert last.text == "a b c"


def test_late_words_of_one_utterance_stand_in_its_order() -> None:
    last = utterance(3)
    last.add_text(98, "b", Piece(8, 2, "probe", start=60))
    last.add_text(99, "a", Piece(7, 2, "segment", start=10))
    assert last.text == "a b"


def test_the_first_onset_counts() -> None:
    last = utterance(3)
    last.carry(utterance(1))
    assert last.began_at == 1.0


def test_two_short_sounds_are_no_long_one() -> None:
    cough = utterance(2, voiced=SHORT_VOICED_FRAMES - 1)
    cough.carry(utterance(1, voiced=SHORT_VOICED_FRAMES - 1))
    assert cough.short


def test_a_real_utterance_makes_the_whole_real() -> None:
    cough = utterance(2, voiced=3)
    cough.carry(utterance(1))
    assert not cough.short


def test_empty_pieces_are_forgotten() -> None:
    one = utterance(1, "", "a", None)
    one.forget_empty()
    assert [piece.text for piece in one.pieces] == ["a", None]


def test_unknown_pieces_are_forgotten() -> None:
    one = utterance(1, "", "a", None)
    one.forget_unknown()
    assert [piece.text for piece in one.pieces] == ["", "a"]


def test_drafts_and_looks_of_what_is_carried_count() -> None:
    earlier, later = utterance(1, "a"), utterance(2, "b")
    earlier.drafts, earlier.looks, later.drafts, later.looks = 1, 3, 1, 2
    later.carry(earlier)
    assert (later.drafts, later.looks) == (2, 5)


KEY, COUGH, WORD = Piece(1, 1, "segment", text="1", keys=True), Piece(2, 1, "probe", text=""), Piece(3, 1, "segment", text="one")


@pytest.mark.parametrize(("pieces", "by_keys"), [([], False), ([COUGH], False), ([KEY], True), ([KEY, COUGH], True), ([KEY, WORD], False)])
def test_keys_with_nothing_but_short_sounds_between_them_are_a_number(pieces: list[Piece], by_keys: bool) -> None:
    one = utterance(1)
    one.pieces = pieces
    assert one.by_keys is by_keys
