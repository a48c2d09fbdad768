"""Against words that nobody said: a recogniser that hears noise makes some up (sans-I/O, but for the list that is read once).

    heard ──▶ unheard? ──▶ repetition? ──▶ too many words? ──▶ notes, phantoms ──▶ text, maybe shorter, maybe none

- no_speech: the model itself takes it for no speech. By Whisper's own rule that takes a bad likelihood, too, where it is told
  (0.6 and -1.0); where it is not, 0.5: speech of the test callers reaches 0.39, noise and music begin at 0.57.
- repetition: it compresses by more than 2.4 (Whisper's limit), or is one to four words six times and more in a row. But people do say
  "no" six times, and then what they want: a word of ``phantoms.toml`` that is insisted on, at the beginning, up to eight times, in the
  time that it takes to say, is left out of that. A model's loop is at the end, and longer: it goes on until it is stopped.
- too_fast: more letters than anybody can say in that time, 40 a second and 40 more.
- echo: it is the vocabulary that the recogniser was told, or three entries of it in a row, which some give back for silence. A
  single entry may well be an answer: it is none only where it is doubtful.
- phantom: sentences of ``phantoms.toml``, and notes in brackets ("[Music]").

One place for all vendors; they only tell how sure they are (``Heard``).
"""

import re
import tomllib
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from asr_worker.vendors.base import Heard
from common.errors import ConfigError
from common.language import base_language

_FILE = Path(__file__).parent / "phantoms.toml"
_LISTS = ("never", "doubtful", "insisted")

_NO_SPEECH, _NO_SPEECH_WITH_LIKELIHOOD, _UNLIKELY = 0.5, 0.6, -1.0
_DOUBTED_NO_SPEECH, _DOUBTED_LOGPROB = 0.3, -0.7
_MOST_COMPRESSED = 2.4
_ECHOED = 3
"""Entries of the vocabulary in a row that nobody says by chance."""
_LETTERS_PER_S, _LETTERS_BESIDES = 40, 40
_OVER_AND_OVER = re.compile(r"(?P<said>\w+(?: \w+){0,3})(?: (?P=said)){5,}")
_INSISTED, _INSISTED_PER_S = 8, 6
"""At most, of one short word."""
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_NOTE = re.compile(r"[\[(*♪][^\])*♪\d]*[\])*♪]+")
"""Without digits: "(415) 555-1234" is a number that somebody said, and *6565 one that is called."""


@dataclass(frozen=True, slots=True)
class Phantoms:
    """What is known to be made up, in one language, as ``plain`` writes it."""

    never: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    insisted: frozenset[str] = frozenset()
    """Words that are not, however often they are said."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What is left of what was heard."""

    text: str
    why: str = ""
    """Which gate took something away; for the log."""


def passed(heard: str, audio_ms: int, language: str, vocabulary: Sequence[str] = ()) -> Passed:
    """What of ``heard`` was said, as far as anybody can tell; ``audio_ms`` is the length of the sound."""
    known = phantoms(language)
    if why := _refusal(heard, audio_ms, vocabulary, known):
        return Passed("", why)
    return _without_phantoms(heard, known)


def _refusal(heard: str, audio_ms: int, vocabulary: Sequence[str], known: Phantoms) -> str:
    if isinstance(heard, Heard) and _unheard(heard):
        return "no_speech"
    if repeats_itself(_behind_insisted(heard, audio_ms, known)):
        return "repetition"
    if len(heard) > _LETTERS_BESIDES + _LETTERS_PER_S * audio_ms / 1000:
        return "too_fast"
    return "echo" if _echoes(heard, [plain(entry) for entry in vocabulary]) else ""


def _echoes(heard: str, vocabulary: Sequence[str]) -> bool:
    said, fewest = plain(heard), min(len(vocabulary), _ECHOED)
    if fewest <= 1:
        return said in vocabulary and _doubted(heard)
    begins = (begin for begin, entry in enumerate(vocabulary) if said.startswith(entry))
    return any(said == " ".join(vocabulary[begin:end]) for begin in begins for end in range(begin + fewest, len(vocabulary) + 1))


def _unheard(heard: Heard) -> bool:
    if heard.no_speech is None:
        return False
    if heard.logprob is None:
        return heard.no_speech > _NO_SPEECH
    return heard.no_speech > _NO_SPEECH_WITH_LIKELIHOOD and heard.logprob < _UNLIKELY


def repeats_itself(text: str) -> bool:
    """Whether the text is one phrase over and over."""
    written = text.encode()
    return len(written) > _MOST_COMPRESSED * len(zlib.compress(written)) or bool(_OVER_AND_OVER.search(plain(text)))


def _behind_insisted(text: str, audio_ms: int, known: Phantoms) -> str:
    """The text without a word at its beginning that somebody insists on."""
    words = plain(text).split()
    times = sum(1 for _ in takewhile(lambda word: word == words[0], words))
    said = times <= min(_INSISTED, _INSISTED_PER_S * audio_ms / 1000)
    return " ".join(words[times:]) if times > 1 and said and words[0] in known.insisted else text


def _without_phantoms(heard: str, known: Phantoms) -> Passed:
    spoken = _NOTE.sub(" ", heard)
    sentences = [sentence for sentence in _BETWEEN_SENTENCES.split(spoken) if plain(sentence)]
    true = [sentence for sentence in sentences if plain(sentence) not in known.never]
    text = " ".join(" ".join(true).split())
    if len(true) < len(sentences) or spoken != heard:
        return Passed(text, "phantom")
    if plain(heard) in known.doubtful and _doubted(heard):
        return Passed("", "phantom")
    return Passed(heard.strip())


def _doubted(heard: str) -> bool:
    if not isinstance(heard, Heard):
        return False
    return (heard.no_speech or 0.0) > _DOUBTED_NO_SPEECH or (heard.logprob or 0.0) < _DOUBTED_LOGPROB


def plain(text: str) -> str:
    """The text without case, points and punctuation, its words with one blank between them."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    kept = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.split())


# --- The list


@cache
def phantoms(language: str) -> Phantoms:
    """What is known of a language (BCP 47), with what is known of all."""
    tables = _all()
    one, every = tables.get(base_language(language), Phantoms()), tables.get("any", Phantoms())
    return Phantoms(one.never | every.never, one.doubtful | every.doubtful, one.insisted | every.insisted)


@cache
def _all() -> Mapping[str, Phantoms]:
    return load(_FILE.read_text(encoding="utf-8"))


def load(text: str) -> dict[str, Phantoms]:
    """The tables of a file by language.

    Raises:
        ConfigError: it is no such file; says which table and list.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"phantoms.toml: {error}") from None
    return {language: _table(language, lists) for language, lists in tables.items()}


def _table(language: str, lists: object) -> Phantoms:
    if not isinstance(lists, dict) or not lists.keys() <= set(_LISTS):
        raise ConfigError(f"phantoms.toml: [{language}]: takes the lists {', '.join(_LISTS)}")
    for name, sentences in lists.items():
        if not isinstance(sentences, list) or not all(isinstance(each, str) and plain(each) for each in sentences):
            raise ConfigError(f"phantoms.toml: [{language}] {name}: takes a list of sentences")
    return Phantoms(*(frozenset(map(plain, lists.get(name, []))) for name in _LISTS))
