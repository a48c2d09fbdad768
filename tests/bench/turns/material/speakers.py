"""Who is heard, which half they belong to, and where their recordings come from.

A speaker is in one half only: English and Spanish have one voice. The recordings are fetched
from Debian's archive into the cache and are no part of this repository; their licences stand here and in NOTICE.
"""

import gzip
import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.audio import wav_to_mulaw
from tests.bench.phone_line import samples
from tests.bench.turns.material.sound import Samples
from tests.bench.turns.scene import Half
from tests.debian import contents

LEXICONS = ("en", "he")
"""Languages for which the bot has word rules."""
_NOT_SAID = ("beep", "beeperr", "ascending-2tone", "descending-2tone", "tt-monkeys", "tt-weasels")
"""Prompts that are no speech, whatever their text."""
_TOLD = ("[", "(", "<")
"""How the text of a sound begins that is no speech."""
_TRANSCRIBED = re.compile(r"<s> (?P<text>.*?) *</s> \((?P<name>.*)\)")


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice in one language."""

    key: str
    who: str
    language: str
    half: Half
    package: str
    licence: str

    @property
    def word_rules(self) -> bool:
        """Whether the bot has a lexicon for the language."""
        return self.language in LEXICONS


TEST_DATA = "pocketsphinx-testdata"
SPEAKERS = (
    Speaker("en", "Allison Smith", "en", "tuning", "asterisk-core-sounds-en-wav", "CC BY-SA 3.0"),
    Speaker("es", "Allison Smith", "es", "tuning", "asterisk-core-sounds-es-wav", "CC BY-SA 3.0"),
    Speaker("fr", "June Wallack", "fr", "tuning", "asterisk-core-sounds-fr-wav", "CC BY-SA 3.0"),
    Speaker("it", "Carlo Flora", "it", "held-out", "asterisk-core-sounds-it-wav", "CC BY 3.0"),
    Speaker("ru", "Maxim Topal", "ru", "held-out", "asterisk-core-sounds-ru-wav", "CC BY 3.0"),
    Speaker("en-testdata", "readers of pocketsphinx-testdata", "en", "held-out", TEST_DATA, "LibriVox: public domain; cards: BSD-2-Clause"),
    Speaker("he", "the local voice", "he", "held-out", "", "synthesised: piper joe, CC0"),
)
"""The local voice speaks Hebrew with an American's training: right for turns, not for words."""
MUSIC = "asterisk-moh-opsound-wav"


@dataclass(frozen=True, slots=True)
class File:
    """A recording as it was fetched."""

    name: str
    path: Path
    text: str

    @property
    def seconds(self) -> float:
        """How long it is, of its head alone."""
        with wave.open(str(self.path), "rb") as file:
            return file.getnframes() / file.getframerate()

    def read(self) -> Samples:
        """Its samples, after mu-law, as a line would bring them."""
        return samples(wav_to_mulaw(self.path))


def recordings(speaker: Speaker, cache: Path) -> list[File]:
    """The speaker's recordings, by name.

    Raises:
        RuntimeError: a package cannot be fetched; says what to type.
    """
    files = _readings(cache) if speaker.package == TEST_DATA else _prompts(speaker, cache)
    return sorted(files, key=lambda file: file.name)


def _prompts(speaker: Speaker, cache: Path) -> Iterator[File]:
    """What has a text. The texts are in a package of their own."""
    (table,) = _root(speaker.package.removesuffix("-wav"), cache).rglob("core-sounds-*.txt.gz")
    texts = dict(_texts(gzip.decompress(table.read_bytes()).decode("utf-8", errors="replace")))
    (one,) = _root(speaker.package, cache).rglob("digits/1.wav")
    folder = one.parents[1]
    for path in folder.rglob("*.wav"):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if texts.get(name) and not texts[name].startswith(_TOLD) and name not in _NOT_SAID:
            yield File(name, path, texts[name])


def _texts(table: str) -> Iterator[tuple[str, str]]:
    for line in table.splitlines():
        name, colon, text = line.partition(":")
        if colon and not line.startswith(";"):
            yield name.strip(), text.strip()


def _readings(cache: Path) -> Iterator[File]:
    """Sentences of LibriVox, and playing cards."""
    root = _root(TEST_DATA, cache)
    for table in (*root.rglob("transcription"), *root.rglob("cards.transcription")):
        for line in table.read_text(encoding="utf-8").splitlines():
            said = _TRANSCRIBED.fullmatch(line.strip())
            if said:
                yield File(said["name"], table.parent / f"{said['name']}.wav", said["text"])


def tracks(half: Half, cache: Path) -> list[Samples]:
    """Hold music: every other recording is for one half."""
    found = sorted(_root(MUSIC, cache).rglob("*.wav"))
    return [samples(wav_to_mulaw(path)) for path in found[half == "held-out" :: 2]]


def _root(package: str, cache: Path) -> Path:
    return contents(package, cache, f"debian-{package}")
