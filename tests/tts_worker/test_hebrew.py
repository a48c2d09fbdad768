"""Hebrew with its points: stress, spoken shvas, and the sounds of an American voice."""

import phonikud
import pytest

from tts_worker.hebrew.phonemes import as_american
from tts_worker.hebrew.reading import marked
from tts_worker.phonemes import runs


def read(pointed: str) -> str:
    """Hebrew phonemes of pointed text; the points stand in the order in which the vowels are added."""
    return str(phonikud.phonemize(marked(pointed)))


@pytest.mark.parametrize(
    ("pointed", "phonemes"),
    [
        ("שָׁלוֹם", "ʃalˈom"),
        ("תּוֹדָה", "todˈa"),
        ("בּוֹקֶר", "bˈokeʁ"),
        ("רֶגַע", "ʁˈeɡa"),
        ("סֵדֶר", "sˈedeʁ"),
        ("בַּיִת", "bˈajit"),
        ("עֲדַיִין", "ʔadˈajin"),
        ("שְׁעָתַיִים", "ʃeʔatˈajim"),
        ("שָׁמַעְתִּי", "ʃamˈaʔti"),
        ("אֲנַחְנוּ", "ʔanˈaχnu"),
        ("רוֹצֶה", "ʁotsˈe"),
        ("רוֹפֵא", "ʁofˈe"),
    ],
)
def test_the_stress_falls_where_it_should(pointed: str, phonemes: str) -> None:
    assert read(pointed) == phonemes


@pytest.mark.parametrize(
    ("pointed", "phonemes"),
    [
        ("לְנַסּוֹת", "lenasˈot"),
        ("בְּסֵדֶר", "besˈedeʁ"),
        ("נְקוּדָה", "nekudˈa"),
        ("תְּעוּדָה", "teʔudˈa"),
        ("סְלִיחָה", "sliχˈa"),
        ("שְׁלִישִׁי", "ʃliʃˈi"),
    ],
)
def test_a_shva_is_spoken_where_nobody_can_do_without(pointed: str, phonemes: str) -> None:
    assert read(pointed) == phonemes


@pytest.mark.parametrize("pointed", ["כָּל", "כָל"])
def test_the_frequent_word_for_all_has_an_o(pointed: str) -> None:
    assert "o" in read(marked_order(pointed))


def marked_order(pointed: str) -> str:
    """A dagesh before the vowel, as the vowels are added."""
    return pointed.replace("\u05b8\u05bc", "\u05bc\u05b8")


def test_what_is_not_hebrew_is_left_alone() -> None:
    assert marked("WhatsApp 9:00, ok?") == "WhatsApp 9:00, ok?"


@pytest.mark.parametrize(
    ("hebrew", "american"),
    [
        ("ʃalˈom", "ʃɐlˈoʊm"),
        ("ʔˈejχ", "ˈeɪh"),
        ("lejˈom", "lɛjˈoʊm"),
        ("bejamˈim", "bɛjɐmˈiːm"),
        ("laʔazˈoʁ", "lɐʔɐzˈoʊɹ"),
        ("ʃamˈaʔti", "ʃɐmˈɑːtiː"),
        ("hakˈav?", "hɐkˈɑːv?"),
    ],
)
def test_hebrew_sounds_become_the_nearest_american_ones(hebrew: str, american: str) -> None:
    assert as_american(hebrew) == american


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("שלום לך", "he", [("he", "שלום לך")]),
        ("יש לך WhatsApp חדש", "he", [("he", "יש לך"), ("en", "WhatsApp"), ("he", "חדש")]),
        ("You have 3 new", "en", [("en", "You have 3 new")]),
        ("בשעה 9:00 בבוקר", "he", [("he", "בשעה 9:00 בבוקר")]),
        ("", "he", []),
    ],
)
def test_words_are_read_by_their_script_and_numbers_by_the_call(text: str, language: str, expected: list[tuple[str, str]]) -> None:
    assert runs(text, language) == expected
