"""The fixed phrases: which language, and whose words."""

from common.config import Settings
from common.language import base_language
from common.phrases import phrases


def test_a_hebrew_call_is_greeted_in_hebrew() -> None:
    assert phrases(Settings(), "he").greeting == "שלום! איך אפשר לעזור?"


def test_an_english_call_is_greeted_in_english() -> None:
    assert phrases(Settings(), "en-US").greeting == "Hello! How can I help you?"


def test_a_phrase_of_the_settings_replaces_the_default_of_its_language() -> None:
    assert phrases(Settings(phrase_filler="שניה"), "he-IL").filler == "שניה"


def test_a_phrase_of_the_settings_leaves_other_languages_alone() -> None:
    assert phrases(Settings(phrase_filler="שניה"), "en").filler == "One moment, please"


def test_an_empty_greeting_is_off_in_every_language() -> None:
    assert phrases(Settings(greeting=""), "en").greeting == ""


def test_an_empty_suffix_is_off_in_every_language() -> None:
    assert phrases(Settings(same_reply_suffix=""), "en").same_reply_suffix == ""


def test_a_language_without_phrases_speaks_english() -> None:
    assert phrases(Settings(language="fr"), "fr").goodbye == "Thank you, and goodbye"


def test_the_operators_phrase_is_said_in_a_language_without_phrases() -> None:
    assert phrases(Settings(language="fr", phrase_goodbye="Au revoir"), "fr").goodbye == "Au revoir"


def test_the_old_code_of_hebrew_is_hebrew() -> None:
    assert base_language("iw_IL") == "he"
