"""The words of each language, and what they make of phone calls: ``tests/data/words``, written for this, not recorded."""

from pathlib import Path

import pytest

from common.errors import ConfigError
from gateway.lexicons import check, lexicon, load
from gateway.turn.words import Completeness, Lexicon, Sense

WORDS = Path(__file__).parents[1] / "data" / "words"
COMPLETENESS = {"C": Completeness.COMPLETE, "H": Completeness.HANGING, "O": Completeness.OPEN}
SENSE = {"B": Sense.BACKCHANNEL, "W": Sense.WORDS}
LANGUAGES = ("he", "en")


def rows(kind: str) -> list[list[str]]:
    """Language and fields of each line of one kind of table."""
    return [
        [language, *(field.strip() for field in line.split("|"))]
        for language in LANGUAGES
        for line in (WORDS / f"{kind}_{language}.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]


@pytest.mark.parametrize(("language", "judged", "asked", "text"), rows("completeness"))
def test_a_phone_call_is_judged_as_a_listener_would(language: str, judged: str, asked: str, text: str) -> None:
    assert lexicon(language).completeness(text, asked, text) is COMPLETENESS[judged]


@pytest.mark.parametrize(("language", "judged", "text"), rows("sense"))
def test_nods_over_the_bot_are_told_from_words(language: str, judged: str, text: str) -> None:
    assert lexicon(language).sense(text) is SENSE[judged]


@pytest.mark.parametrize(
    ("language", "text", "asks"),
    [
        ("he", "מה?", True),
        ("he", "מה אמרת", True),
        ("he", "סליחה, לא שמעתי", True),
        ("he", "סליחה?", True),
        ("he", "סליחה", False),
        ("he", "אפשר לחזור על זה בבקשה?", True),
        ("he", "רגע, מה אמרת?", True),
        ("he", "מה שעות הפתיחה?", False),
        ("en", "What?", True),
        ("en", "Pardon?", True),
        ("en", "Sorry?", True),
        ("en", "Sorry", False),
        ("en", "Sorry, I didn't hear you.", True),
        ("en", "Could you say that again, please?", True),
        ("en", "What time is it?", False),
    ],
)
def test_some_words_ask_to_hear_it_again(language: str, text: str, asks: bool) -> None:
    assert lexicon(language).asks_to_repeat(text) is asks


def test_a_region_has_the_words_of_its_language() -> None:
    assert lexicon("he-IL") == lexicon("he")


@pytest.mark.parametrize("language", ["xx", "../xx", ""])
def test_a_language_without_a_file_has_no_words(language: str) -> None:
    assert lexicon(language) == Lexicon()


def test_every_file_of_the_folder_is_a_lexicon() -> None:
    assert check() == ["en", "es", "fr", "he", "it", "ru"]


@pytest.mark.parametrize(
    ("language", "nods", "interrupts", "stops"),
    [
        ("es", "Sí, claro.", "Sí, pero mañana.", "¡Espera, un momento!"),
        ("fr", "D'accord, voilà.", "D'accord, mais demain.", "Non, attendez !"),
        ("it", "Sì sì, va bene.", "Va bene, ma domani.", "Aspetta, basta."),
        ("ru", "Ага, понятно.", "Понятно, но завтра.", "Подождите, хватит!"),
    ],
)
def test_languages_with_two_lists_know_nods_and_calls_to_stop(language: str, nods: str, interrupts: str, stops: str) -> None:
    words = lexicon(language)
    assert [words.sense(text) for text in (nods, interrupts, stops)] == [Sense.BACKCHANNEL, Sense.WORDS, Sense.WORDS]
    assert [words.asks_to_stop(text) for text in (nods, interrupts, stops)] == [False, False, True]


@pytest.mark.parametrize("text", ["¿A?", "A", "¿O?", "E."])
def test_a_vowel_alone_is_a_spanish_hum(text: str) -> None:
    assert lexicon("es").sense(text) is Sense.BACKCHANNEL


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("backchannel = ['ja']", "de.toml: there is no list 'backchannel'; there are"),
        ("backchannels = 'ja'", "de.toml: backchannels is a list of words"),
        ("stop_words = ['halt', '']", "de.toml: stop_words has '', which is no word"),
        ("stop_words = ['...']", "de.toml: stop_words has '...', which is no word"),
        ("stop_words = [1]", "de.toml: stop_words has 1, which is no word"),
        ("number_lengths = [9]", "de.toml: number_lengths is a table"),
        ("[number_lengths]\ntelefon = 9", "de.toml: number_lengths has 'telefon' = 9;"),
        ("[number_lengths]\ntelefon = []", "de.toml: number_lengths has 'telefon' = [];"),
        ("[number_lengths]\ntelefon = [0]", "de.toml: number_lengths has 'telefon' = [0];"),
        ("[number_lengths]\ntelefon = [true]", "de.toml: number_lengths has 'telefon' = [True];"),
        ("[number_lengths]\n'?' = [9]", "de.toml: number_lengths has '?', which is no word"),
        ("stop_words = [", "de.toml: Invalid value"),
    ],
)
def test_a_bad_file_is_named_with_its_list_and_entry(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "de.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load(path)
    assert str(error.value).startswith(complaint)
