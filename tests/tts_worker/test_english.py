"""English text as phonemes, over a dictionary of a few words."""

import json
from pathlib import Path

import pytest

from tts_worker.english import EnglishPhonemes

WORDS = {
    "hello": "həlˈO",
    "open": "ˈOpᵊn",
    "hour": "ˈWəɹ",
    "box": "bˈɑks",
    "book": "bˈʊk",
    "wait": "wˈAt",
    "love": "lˈʌv",
    "see": "sˈi",
    "happy": "hˈæpi",
    "bird": "bˈɜɹd",
    "boy": "bˈY",
    "Monday": "mˈʌndˌA",
    "live": {"DEFAULT": "lˈɪv", "ADJ": "lˈIv"},
    "nothing": {"DEFAULT": None},
    "X": "ˈɛks",
    "Z": "zˈi",
    "Q": "kjˈu",
    "percent": "pəɹsˈɛnt",
    "nine": "nˈIn",
    "thirty": "θˈɜɹɾi",
    "o": "ˈO",
    "o'clock": "əklˈɑk",
    "one": "wˈʌn",
    "two": "tˈu",
    "zero": "zˈiɹO",
    "point": "pˈYnt",
    "twelve": "twˈɛlv",
}


@pytest.fixture
def english(tmp_path: Path) -> EnglishPhonemes:
    (tmp_path / "gold.json").write_text(json.dumps(WORDS))
    (tmp_path / "silver.json").write_text(json.dumps({"hello": "wrong", "silver": "sˈɪlvəɹ"}))
    return EnglishPhonemes([tmp_path / "gold.json", tmp_path / "silver.json"], lambda word: f"<{word}>")


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("hello", "həlˈoʊ"),
        ("Hello, hello!", "həlˈoʊ, həlˈoʊ!"),
        ("monday", "mˈʌndˌeɪ"),
        ("see happy bird boy", "sˈiː hˈæpi bˈɜːd bˈɔɪ"),
        ("live", "lˈɪv"),
        ("silver", "sˈɪlvɚ"),
    ],
)
def test_words_are_looked_up_and_put_in_the_letters_of_the_voice(text: str, phonemes: str, english: EnglishPhonemes) -> None:
    assert english.of(text) == phonemes


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("hours", "ˈaʊɚz"),
        ("books", "bˈʊks"),
        ("boxes", "bˈɑːksᵻz"),
        ("waited", "wˈeɪtᵻd"),
        ("booked", "bˈʊkt"),
        ("opened", "ˈoʊpənd"),
        ("loving", "lˈʌvɪŋ"),
        ("boy's", "bˈɔɪz"),
        ("boy’s", "bˈɔɪz"),
    ],
)
def test_endings_are_put_to_known_words(text: str, phonemes: str, english: EnglishPhonemes) -> None:
    assert english.of(text) == phonemes


@pytest.mark.parametrize(
    ("text", "phonemes"), [("the boy", "ðə bˈɔɪ"), ("the hour", "ði ˈaʊɚ"), ("to open", "tʊ ˈoʊpən"), ("to wait", "tə wˈeɪt")]
)
def test_small_words_are_weak_and_heed_the_vowel_after_them(text: str, phonemes: str, english: EnglishPhonemes) -> None:
    assert english.of(text) == phonemes


@pytest.mark.parametrize("text", ["zxq", "ZXQ"])
def test_capitals_and_words_without_vowels_are_spelled(text: str, english: EnglishPhonemes) -> None:
    assert english.of(text) == "zˈiː ˈɛks kjˈuː"


def test_a_word_that_nobody_knows_is_guessed(english: EnglishPhonemes) -> None:
    assert english.of("hello torim") == "həlˈoʊ <torim>"


def test_words_run_together_are_read_apart(english: EnglishPhonemes) -> None:
    assert english.of("OpenBook") == "ˈoʊpən bˈʊk"


def test_digits_that_no_front_end_read_are_said_one_by_one(english: EnglishPhonemes) -> None:
    assert english.of("12") == "wˈʌn tˈuː"


def test_nothing_is_no_phonemes(english: EnglishPhonemes) -> None:
    assert english.of("") == ""
