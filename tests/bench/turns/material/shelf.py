"""The material of one machine: fetched, built once, kept in ``TORIM_CACHE/bench/turns``.

What is kept has in its name a hash of all that made it, so that nothing old is taken for new.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from functools import cache as once
from pathlib import Path

import msgspec

from common.config import Settings
from tests.bench.turns.material.cuts import Cuts, read_cuts
from tests.bench.turns.material.hebrew import Hebrew
from tests.bench.turns.material.making import drawn
from tests.bench.turns.material.sources import HebrewVoice, Prompts, Readings, Voice
from tests.bench.turns.material.speakers import SPEAKERS, TEST_DATA, Speaker, recordings, tracks
from tests.bench.turns.material.studio import Studio
from tests.bench.turns.scene import Half, Kind, Scene

CASTS: dict[Half, tuple[str, ...]] = {"tuning": ("en", "es", "en", "fr"), "held-out": ("it", "he", "ru", "en-testdata")}
"""Who makes the events of a half, by turns."""
Say = Callable[[str], None]


def silent(line: str) -> None:
    """Says nothing."""


def scenes(kinds: Collection[Kind], half: Half, cache: Path, say: Say = silent) -> Iterator[Scene]:
    """The scenes of these kinds; what is not there yet is fetched and built first.

    Args:
        kinds: in whose order they come.
        cache: ``TORIM_CACHE``.

    Raises:
        RuntimeError: something cannot be fetched; says what to type.
    """
    shelf = Shelf(half, cache.expanduser(), say)
    for kind in kinds:
        yield from shelf.scenes(kind)


class Shelf:
    """One half's scenes."""

    def __init__(self, half: Half, cache: Path, say: Say) -> None:
        self._half = half
        self._cache = cache
        self._folder = cache / "bench" / "turns"
        self._say = say
        self._studio: Studio | None = None

    def scenes(self, kind: Kind) -> list[Scene]:
        """All of a kind, built if they are not there yet."""
        file = self._folder / f"{self._half}-{kind}-{_made_by()}.msgpack"
        if not file.is_file():
            self._build(kind, file)
        return msgspec.msgpack.decode(file.read_bytes(), type=list[Scene])

    def _build(self, kind: Kind, file: Path) -> None:
        self._studio = self._studio or self._new_studio()
        built = list(drawn(self._studio, self._half, kind))
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{self._half}-{kind}-*.msgpack"):
            old.unlink(missing_ok=True)
        partial = file.with_suffix(".partial")
        # What numpy computed of a line is no plain float.
        partial.write_bytes(msgspec.msgpack.encode(built, enc_hook=float))
        partial.rename(file)
        self._say(f"{self._half}: {len(built)} scenes of {kind}")

    def _new_studio(self) -> Studio:
        cuts = read_cuts()
        voices = {speaker: self._voice(speaker, cuts) for speaker in SPEAKERS if speaker.half == self._half}
        cast = [next(speaker for speaker in voices if speaker.key == key) for key in CASTS[self._half]]
        return Studio(voices, cast, tracks(self._half, self._cache))

    def _voice(self, speaker: Speaker, cuts: Cuts) -> Voice:
        self._say(f"{self._half}: {speaker.who}, {speaker.language}")
        if not speaker.package:
            return HebrewVoice(Hebrew(Settings(torim_cache=self._cache), self._folder))
        files = recordings(speaker, self._cache)
        return (Readings if speaker.package == TEST_DATA else Prompts)(speaker, files, cuts[speaker.key])


@once
def _made_by() -> str:
    """Of everything in this folder."""
    made = hashlib.sha256()
    for file in sorted(path for path in Path(__file__).parent.glob("*.*") if not path.name.startswith("test_")):
        made.update(file.read_bytes())
    return made.hexdigest()[:12]
