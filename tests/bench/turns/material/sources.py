"""Voices, and what can be had of each: things said whole, sentences whose words are marked, nods, short words.

Of a prompt its own text says whether it serves; of the few English readers runs of words are cut.
What a recogniser made of a recording (``cut_words``) only marks places in it, and picks nods.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from common.audio import SAMPLE_RATE_HZ
from tests.bench.turns.material.cuts import words_of
from tests.bench.turns.material.hebrew import NODS as HEBREW_NODS
from tests.bench.turns.material.hebrew import SENTENCES, SHORTER, SHORTEST, WORDS, Hebrew
from tests.bench.turns.material.sound import PER_MS, Sound, edges, inner_pause_s, piece, sounding
from tests.bench.turns.material.speakers import File, Speaker

SEED = 7
NODS: dict[str, frozenset[str]] = {
    "en": frozenset(("yes", "oh", "ok", "okay", "right", "correct", "good", "great", "all right", "alright", "sure", "fine", "of course")),
    "es": frozenset(("sí", "si", "bien", "bueno", "claro", "correcto", "de acuerdo", "muy bien", "ok", "está bien", "ah", "eh", "oh")),
    "fr": frozenset(("oui", "bien", "bon", "d accord", "très bien", "exact", "correct", "ok", "parfait", "ah", "eh", "oh")),
    "it": frozenset(("sì", "si", "bene", "va bene", "certo", "giusto", "esatto", "ok", "corretto", "d accordo", "ah", "eh", "oh")),
    "ru": frozenset(("да", "хорошо", "так", "верно", "понятно", "ладно", "правильно", "конечно", "ок", "ах", "ох", "о")),
}
"""What is said while listening, in any of these languages; not taken from the bot's lexicons."""
_VOWELS = (("ah", "letters/a"), ("eh", "letters/e"), ("oh", "letters/o"))
_SPELLED = {
    "es": _VOWELS,
    "fr": _VOWELS[::2],
    "it": _VOWELS[:2],
}
_BEGUN = {"en": (("yes", "digits/yesterday"), ("good", "goodbye"))}
"""Nods that no prompt has: letters that are said like them, and beginnings of words, up to where the word is weakest."""
_MIDDLE = (0.25, 0.6)
"""Parts of a word between which its beginning ends."""
_THANKS = frozenset(("thank", "gracias", "merci", "grazie", "спасибо"))
"""They close as often as they cut in."""
_SPELLING = ("letters/", "phonetic/")
"""Prompts that nobody would cut in with."""
_PHRASE_S = (0.9, 3.5)
_SENTENCE_S = (1.5, 7.0)
_WORD_S = (0.15, 0.9)
_SHORTEST_NOD_S = 0.12
_SHORT_PHRASE_S = (0.2, 0.9)
_LONGEST_INNER_PAUSE_S = 0.3
_FEWEST_WORDS, _FEWEST_OF_A_SENTENCE = 3, 4
_PHRASES, _SHORT_WORDS = 60, 40
_RUN_WORDS = 6
_READERS_DB = -15
"""The readings have noise 20 to 30 dB below the voice."""
_LETTERS = re.compile(r"[^\W\d_]+")


class Voice(Protocol):
    """What can be had of one speaker; in an order that a seed gave."""

    @property
    def phrases(self) -> Sequence[Sound]:
        """Said whole, 0.9 to 3.5 s, without a pause of its own."""

    @property
    def sentences(self) -> Sequence[Sound]:
        """1.5 to 7 s, with their words marked."""

    @property
    def short_phrases(self) -> Sequence[Sound]:
        """One or two words that are no nod, up to 0.9 s."""

    @property
    def nods(self) -> Sequence[Sound]:
        """Said while listening."""

    @property
    def short_words(self) -> Sequence[Sound]:
        """Words that short answers are cut from."""


def is_short_phrase(text: str, speaker: Speaker) -> bool:
    """Whether these are one or two words with which somebody may cut in: no nod, no thanks, and no single letters."""
    words = plain(text)
    lengths = [len(word) for word in words.split()]
    return 0 < len(lengths) <= 2 and max(lengths) > 1 and not any(f" {nod} " in f" {words} " for nod in NODS[speaker.language] | _THANKS)


def plain(text: str) -> str:
    """Its words alone, in small letters."""
    return " ".join(_LETTERS.findall(text.lower()))


def shuffled(sounds: Sequence[File], speaker: Speaker, what: str) -> list[File]:
    """In an order that the seed gives."""
    return random.Random(f"{SEED} {speaker.key} {what}").sample(sounds, len(sounds))


class Prompts:
    """Asterisk's prompts, by one speaker."""

    def __init__(self, speaker: Speaker, files: Sequence[File], cuts: dict[str, list[tuple[str, int]]]) -> None:
        self._speaker = speaker
        self._files = files
        self._cuts = cuts

    @cached_property
    def phrases(self) -> Sequence[Sound]:
        wanted = [file for file in self._files if len(plain(file.text).split()) >= _FEWEST_WORDS]
        return _first(_PHRASES, self._sounds(shuffled(wanted, self._speaker, "phrases")), _PHRASE_S)

    @cached_property
    def sentences(self) -> Sequence[Sound]:
        return _first(len(self._cuts), self._marked(_FEWEST_OF_A_SENTENCE), _SENTENCE_S)

    @cached_property
    def nods(self) -> Sequence[Sound]:
        whole = self._sounds([file for file in self._files if plain(file.text) in NODS[self._speaker.language]])
        found = [*whole, *nods_in(self._marked(2), self._speaker.language), *self._made_up()]
        return [nod for nod in found if nod.voice_s >= _SHORTEST_NOD_S]

    def _made_up(self) -> Iterator[Sound]:
        """Nods of other words."""
        for text, letter in _SPELLED.get(self._speaker.language, ()):
            yield replace(self._named(letter), text=text)
        for text, longer in _BEGUN.get(self._speaker.language, ()):
            word = self._named(longer)
            yield piece(word, word.voice[0], _weakest(word), f"{word.name}-{text}", text)

    def _named(self, name: str) -> Sound:
        return next(self._sounds([file for file in self._files if file.name == name]))

    @cached_property
    def short_words(self) -> Sequence[Sound]:
        wanted = [file for file in self._files if len(plain(file.text).split()) == 1]
        return _first(_SHORT_WORDS, self._sounds(shuffled(wanted, self._speaker, "words")), _WORD_S)

    @cached_property
    def short_phrases(self) -> Sequence[Sound]:
        wanted = [file for file in self._files if not file.name.startswith(_SPELLING) and is_short_phrase(file.text, self._speaker)]
        return _first(_PHRASES, self._sounds(shuffled(wanted, self._speaker, "short phrases")), _SHORT_PHRASE_S)

    def _sounds(self, files: Sequence[File]) -> Iterator[Sound]:
        for file in files:
            yield sounding(_name(file), file.read(), file.text, self._source(file))

    def _marked(self, fewest: int) -> Iterator[Sound]:
        known = shuffled([file for file in self._files if file.name in self._cuts], self._speaker, "marked")
        for file in known:
            samples = file.read()
            words = words_of(self._cuts[file.name], edges(samples)[1])
            if len(words) >= fewest:
                yield sounding(_name(file), samples, file.text, self._source(file), words)

    def _source(self, file: File) -> str:
        return f"{self._speaker.package} {file.name} ({self._speaker.who}, {self._speaker.licence})"


class Readings:
    """Sentences of readers: few, so runs of words are cut from them."""

    def __init__(self, speaker: Speaker, files: Sequence[File], cuts: dict[str, list[tuple[str, int]]]) -> None:
        self._speaker = speaker
        self._files = [file for file in files if file.name in cuts]
        self._cuts = cuts

    @cached_property
    def phrases(self) -> Sequence[Sound]:
        return _first(_PHRASES, self._runs(range(4, _RUN_WORDS + 2)), _PHRASE_S)

    @cached_property
    def sentences(self) -> Sequence[Sound]:
        return _first(_PHRASES, self._runs(range(_RUN_WORDS, 13)), _SENTENCE_S)

    @cached_property
    def nods(self) -> Sequence[Sound]:
        return list(nods_in(self._whole(), self._speaker.language))

    @cached_property
    def short_words(self) -> Sequence[Sound]:
        marked = [(sound, word) for sound in self._whole() for word in sound.words if word.end - word.start >= _WORD_S[0] * SAMPLE_RATE_HZ]
        found = (piece(sound, word.start, word.end, f"{sound.name}-{plain(word.text)}", word.text) for sound, word in marked)
        return _first(_SHORT_WORDS, found, _WORD_S)

    @cached_property
    def short_phrases(self) -> Sequence[Sound]:
        found = (run for run in self._runs(range(1, 3)) if is_short_phrase(run.text, self._speaker))
        return _first(_PHRASES, found, _SHORT_PHRASE_S)

    def _runs(self, lengths: range) -> Iterator[Sound]:
        """Words that follow each other, in runs of each of these lengths."""
        whole, rng = list(self._whole()), random.Random(f"{SEED} {self._speaker.key} {lengths}")
        places = [(sound, at, count) for count in lengths for sound in whole for at in range(0, len(sound.words) - count + 1, count)]
        for sound, at, count in rng.sample(places, len(places)):
            words = sound.words[at : at + count]
            if words[-1].end - words[0].start < _SHORT_PHRASE_S[0] * SAMPLE_RATE_HZ:
                continue
            text = " ".join(word.text for word in words)
            yield piece(sound, words[0].start, words[-1].end, f"{sound.name}-{at}-{count}", text)

    def _whole(self) -> Iterator[Sound]:
        for file in self._files:
            samples = file.read()
            source = f"{self._speaker.package} {file.name} ({self._speaker.who}, {self._speaker.licence})"
            words = words_of(self._cuts[file.name], edges(samples, _READERS_DB)[1])
            yield sounding(_name(file), samples, file.text, source, words, _READERS_DB)


class HebrewVoice:
    """The local voice."""

    def __init__(self, hebrew: Hebrew) -> None:
        self._said = hebrew.said()
        self.phrases = [self._said[text] for text in SHORTER]
        self.sentences = [self._said[text] for text in SENTENCES]
        self.short_phrases = [self._said[text] for text in SHORTEST]
        self.nods = [self._said[text] for text in HEBREW_NODS]
        self.short_words = [self._said[text] for text in WORDS]


def nods_in(sounds: Iterator[Sound], language: str) -> Iterator[Sound]:
    """Words, one or two, that are nods."""
    for sound in sounds:
        for count in (1, 2):
            for at in range(len(sound.words) - count + 1):
                words = sound.words[at : at + count]
                text = plain(" ".join(word.text for word in words))
                if text in NODS[language]:
                    yield piece(sound, words[0].start, words[-1].end, f"{sound.name}-{text.replace(' ', '-')}", text)


def _name(file: File) -> str:
    return file.name.replace("/", "-")


def _weakest(word: Sound) -> int:
    """The middle of the weakest 20 ms in the word's middle."""
    first, last = (word.voice[0] + round(part * (word.voice[1] - word.voice[0])) for part in _MIDDLE)
    loudness = np.convolve(word.samples**2, np.ones(20 * PER_MS), "same")
    return first + int(loudness[first:last].argmin())


def _first(count: int, sounds: Iterator[Sound], lasting_s: tuple[float, float]) -> list[Sound]:
    """So many that last as long as wanted, without a long pause of their own."""
    found: list[Sound] = []
    for sound in sounds:
        if lasting_s[0] <= sound.voice_s <= lasting_s[1] and inner_pause_s(sound) <= _LONGEST_INNER_PAUSE_S:
            found.append(sound)
        if len(found) == count:
            break
    return found
