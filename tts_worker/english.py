"""English text as phonemes of an American voice.

Words are looked up in a dictionary of American English (misaki's), with the endings that it leaves
out; the few that are spoken otherwise in a sentence than alone stand here. A word that it does not
know is guessed from its letters, or spelled where they are capitals or hold no vowel.
"""

import json
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

from tts_worker.front_end.names import ENGLISH

_TOKEN = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)*|[0-9]|[.,!?;:]")
_WEAK = {"a": "ɐ", "an": "ɐn", "the": "ðə", "to": "tə", "and": "ænd", "of": "ʌv", "i": "ˈaɪ"}
_BEFORE_A_VOWEL = {"the": "ði", "to": "tʊ"}
_CAMEL_HUMP = re.compile(r"[A-Z][^A-Z]+|[A-Z]+(?![^A-Z])|[^A-Z]+")
_SPELLED_VOWELS = frozenset("aeiouyàáâäèéêëìíîïòóôöùúûü")

_TO_VOICE = (
    ("A", "eɪ"), ("I", "aɪ"), ("O", "oʊ"), ("W", "aʊ"), ("Y", "ɔɪ"), ("ʤ", "dʒ"), ("ʧ", "tʃ"), ("ᵊ", "ə"),
    ("ɜɹ", "ɜː"), ("əɹ", "ɚ"), ("ɑ", "ɑː"), ("ɔ(?!ɪ)", "ɔː"), ("u", "uː"), ("(?<=[ˈˌ])i", "iː"),
)  # fmt: skip
"""The dictionary's letters to the voice's, one after the other."""
_VOWELS = frozenset("aæɑɐeɛəɚɜiɪoɔuʊʌᵻ")
_HISSING = frozenset("szʃʒ")
_VOICELESS = frozenset("ptkfθ")
_ENDINGS = (("'s", ("",)), ("s'", ("",)), ("es", ("", "e")), ("s", ("",)), ("ed", ("", "e")), ("ing", ("", "e")))
"""Endings, and what the dictionary's form may have in their place."""


class EnglishPhonemes:
    """Reads English aloud, on paper."""

    def __init__(self, dictionaries: Iterable[Path], guess: Callable[[str], str]) -> None:
        """``dictionaries``: the better first. ``guess``: how another word is spoken, in the dictionaries' letters."""
        self._guess = guess
        self._words: dict[str, str] = {}
        for path in dictionaries:
            for word, spoken in json.loads(path.read_text(encoding="utf-8")).items():
                phonemes = spoken if isinstance(spoken, str) else spoken["DEFAULT"]
                if phonemes:
                    self._words.setdefault(word, phonemes)

    def of(self, text: str) -> str:
        """Phonemes, with the text's punctuation; digits, in a language that the front end does not know, one by one."""
        tokens = [ENGLISH.digits[int(token)] if token.isdecimal() else token for token in _TOKEN.findall(text)]
        spoken = [self._token(token) for token in tokens]
        for at, (token, following) in enumerate(pairwise([*tokens, ""])):
            if token.lower() in _BEFORE_A_VOWEL and following and spoken[at + 1].lstrip("ˈˌ")[:1] in _VOWELS:
                spoken[at] = _BEFORE_A_VOWEL[token.lower()]
        return re.sub(r" (?=[.,!?;:])", "", " ".join(spoken))

    def _token(self, token: str) -> str:
        if not token[0].isalpha():
            return token
        word = token.replace("’", "'")
        return _WEAK.get(word.lower()) or _for_voice(self._spoken(word))

    def _spoken(self, word: str) -> str:
        if known := self._found(word) or self._with_ending(word):
            return known
        parts = _CAMEL_HUMP.findall(word)
        if len(parts) > 1:
            return " ".join(map(self._spoken, parts))
        return self._spelled(word) if word.isupper() or not _SPELLED_VOWELS & set(word.lower()) else self._guess(word)

    def _found(self, word: str) -> str:
        return next((self._words[form] for form in (word, word.lower(), word.capitalize()) if form in self._words), "")

    def _with_ending(self, word: str) -> str:
        """A word that the dictionary has without its ending: ``'s``, ``s``, ``ed``, ``ing``."""
        for ending, stems in _ENDINGS:
            if word.lower().endswith(ending):
                for stem in (word[: -len(ending)] + rest for rest in stems):
                    if len(stem) > 1 and (known := self._found(stem)):
                        return known + _ending_sound(known, ending)
        return ""

    def _spelled(self, word: str) -> str:
        return " ".join(self._words[letter.upper()] for letter in word if letter.upper() in self._words)


def _ending_sound(stem: str, ending: str) -> str:
    last = stem[-1]
    if ending == "ing":
        return "ɪŋ"
    if ending == "ed":
        return "ᵻd" if last in "td" else "t" if last in _VOICELESS | _HISSING - {"z", "ʒ"} or last == "ʧ" else "d"
    return "ᵻz" if last in _HISSING or last in "ʤʧ" else "s" if last in _VOICELESS else "z"


def _for_voice(phonemes: str) -> str:
    for dictionary, voice in _TO_VOICE:
        phonemes = re.sub(dictionary, voice, phonemes)
    return phonemes
