"""Whisper's tokens as text, and text as its tokens."""

from asr_worker.byte_tokens import text_of, tokens_of


def test_a_space_is_written_as_a_letter_of_its_own() -> None:
    assert text_of(["Ġone", "Ġmoment", ",", "Ġplease"]) == "one moment, please"


def test_hebrew_letters_are_put_together_from_their_bytes() -> None:
    assert text_of(["×©", "×ľ", "×ķ×Ŀ"]) == "שלום"


def test_special_tokens_are_not_spoken() -> None:
    assert text_of(["<|he|>", "<|notimestamps|>", "a", "<|endoftext|>"]) == "a"


def test_a_letter_cut_in_half_is_left_out() -> None:
    assert text_of(["a", "×"]) == "a"


def test_marks_of_writing_direction_are_left_out() -> None:
    assert text_of(["âĢ", "«", "×©"]) == "ש"


def test_no_tokens_are_no_text() -> None:
    assert text_of([]) == ""


def test_text_is_cut_into_the_longest_tokens() -> None:
    assert tokens_of(" one moment", {"Ġ", "Ġone", "Ġm", "Ġmoment", "oment", "o"}) == ["Ġone", "Ġmoment"]


def test_letters_of_any_script_are_cut_by_their_bytes() -> None:
    assert text_of(tokens_of("שלום", {"×©", "×ľ", "×ķ×Ŀ"})) == "שלום"


def test_what_the_vocabulary_has_not_is_left_out() -> None:
    assert tokens_of("a?b", {"a", "b"}) == ["a", "b"]
