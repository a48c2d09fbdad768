"""How a word that no dictionary has may be spoken."""

import pytest

from common import catalogue, models
from common.config import Settings
from tts_worker.letters import Letters, in_dictionary_letters


@pytest.mark.parametrize(
    ("sound", "letters"),
    [("AE1", "ˈæ"), ("AE2", "ˌæ"), ("AE0", "æ"), ("AH0", "ə"), ("AH1", "ˈʌ"), ("ER0", "əɹ"), ("UW", "u"), ("CH", "ʧ"), ("", "")],
)
def test_sounds_are_written_in_the_letters_of_the_dictionary(sound: str, letters: str) -> None:
    assert in_dictionary_letters(sound) == letters


@pytest.mark.speech
@pytest.mark.parametrize(("word", "spoken"), [("Herzl", "hˈɜɹzəl"), ("Levinsky", "ləvˈɪnski"), ("blorping", "blˈɔɹpɪŋ")])
def test_names_sound_as_they_are_written(word: str, spoken: str, speech_settings: Settings) -> None:
    folder = models.ensure(catalogue.ENGLISH_LETTERS, speech_settings.torim_cache)
    assert Letters(folder / "checkpoint20.npz").spoken(word) == spoken
