"""Text of a reply as phonemes of the local voice, whatever script its words are in."""

from itertools import groupby

from common import catalogue, models
from common.config import Settings
from tts_worker.english import EnglishPhonemes
from tts_worker.hebrew.phonemes import HebrewPhonemes
from tts_worker.letters import Letters

_ENDS = ".,!?;:"


class Phonemes:
    """Reads Hebrew and English aloud, on paper; not to be used by two threads at once."""

    def __init__(self, settings: Settings) -> None:
        """Load the dictionaries and the vowels.

        Raises:
            SetupError: a model is not there and cannot be fetched.
        """
        vowels = models.ensure(catalogue.HEBREW_VOWELS, settings.torim_cache)
        words = models.ensure(catalogue.ENGLISH_WORDS, settings.torim_cache)
        self._hebrew = HebrewPhonemes(vowels / "Nakdimon.h5")
        letters = models.ensure(catalogue.ENGLISH_LETTERS, settings.torim_cache)
        self._english = EnglishPhonemes([words / "us_gold.json", words / "us_silver.json"], Letters(letters / "checkpoint20.npz").spoken)

    def of(self, text: str, language: str) -> str:
        """The phonemes, with the pauses that punctuation stands for; empty if nothing of it can be spoken."""
        spoken = " ".join(self._run(script, words) for script, words in runs(text, language)).strip()
        if not any(letter.isalpha() for letter in spoken):
            return ""
        return spoken if spoken[-1] in _ENDS else f"{spoken}."

    def _run(self, script: str, words: str) -> str:
        return self._hebrew.of(words) if script == "he" else self._english.of(words)


def runs(text: str, language: str) -> list[tuple[str, str]]:
    """Stretches of words that are read alike, ``he`` or ``en``; numbers and signs follow the language of the call."""
    words = text.split()
    return [(script, " ".join(stretch)) for script, stretch in groupby(words, lambda word: _script(word, language))]


def _script(word: str, language: str) -> str:
    if any("א" <= letter <= "ת" for letter in word):
        return "he"
    if any(letter.isalpha() for letter in word):
        return "en"
    return "he" if language == "he" else "en"
