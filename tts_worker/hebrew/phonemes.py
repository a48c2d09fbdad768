"""Hebrew text as phonemes of an American voice.

The voice knows the sounds of American English alone, so Hebrew is spoken with an accent. Measured by
how much of it Whisper understands (character errors over ten sentences, chance of 3 points): a as
in *father* under the stress and as in *about* elsewhere halves the errors against one a for all;
ch as h is better than as x or k, which the voice was never trained on or which is another letter.
"""

import re
from pathlib import Path

import phonikud

from tts_worker.hebrew.known import repointed
from tts_worker.hebrew.reading import marked
from tts_worker.hebrew.vowels import Vowels

_AS_AMERICAN = str.maketrans({"a": "ɑː", "e": "ɛ", "i": "iː", "o": "oʊ", "u": "uː", "ʁ": "ɹ", "χ": "h", "A": "eɪ"})
_DIPHTHONG = re.compile(r"ej(?!ˈ?[aeiouɐ])")
_UNSTRESSED_A = re.compile(r"(?<!ˈ)a")
_STOP_OF_NO_USE = re.compile(r"(?<![aeiou])ʔ|ʔ(?!ˈ?[aeiou])")


class HebrewPhonemes:
    """Reads Hebrew aloud, on paper; not to be used by two threads at once."""

    def __init__(self, vowels: Path) -> None:
        """``vowels``: the weights of Nakdimon."""
        self._vowels = Vowels(vowels)

    def of(self, text: str) -> str:
        """Phonemes, with the text's punctuation."""
        # The model misreads a last word that nothing follows.
        pointed = self._vowels.add(f"{text}.").removesuffix(".")
        # Its own expander writes the numbers that it cannot read, a caller's perhaps, to a log of its own.
        return as_american(phonikud.phonemize(marked(repointed(pointed)), use_expander=False))


def as_american(hebrew: str) -> str:
    """Hebrew phonemes as the ones that come nearest in the voice's language."""
    reduced = _UNSTRESSED_A.sub("ɐ", _STOP_OF_NO_USE.sub("", hebrew))
    return _DIPHTHONG.sub("A", reduced).translate(_AS_AMERICAN)
