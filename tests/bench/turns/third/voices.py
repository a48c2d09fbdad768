"""Who speaks in the third part, and where the recordings are from.

Each language has two voices here: the new one, who calls, and the one of the halves, who is the other in the room. Side talk
so is in the caller's own language, as in the halves it is not. What is said in a prompt is known from the core sounds: their prompt of the
same name has about the same text, in other words at times, so texts only choose what serves.
"""

import json
import subprocess
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from common.audio import SAMPLE_RATE_HZ
from tests.bench.turns.material.cuts import Cuts, words_of
from tests.bench.turns.material.sound import Sound, edges, sounding
from tests.bench.turns.material.sources import NODS, Prompts, Voice, nods_in, plain
from tests.bench.turns.material.speakers import SPEAKERS, File, Speaker, recordings, tracks
from tests.bench.turns.material.studio import Studio
from tests.debian import command, contents

TABLE = Path(__file__).with_name("cuts.json")
CALLERS = (
    Speaker("es-co", "July E. Jiménez", "es", "third", "asterisk-prompt-es-co", "GPL-2"),
    Speaker("fr-armelle", "Armelle Desjardins", "fr", "third", "asterisk-prompt-fr-armelle", "BSD-3-Clause"),
    Speaker("it-menardi", "Paola Dal Zot", "it", "third", "asterisk-prompt-it-menardi-wav", "CC BY-SA 3.0 IT"),
)
_SHORTEST_NOD_S = 0.12


@dataclass(frozen=True, slots=True)
class NewVoice:
    """What can be had of one of them."""

    phrases: Sequence[Sound]
    sentences: Sequence[Sound]
    short_phrases: Sequence[Sound]
    nods: Sequence[Sound]
    short_words: Sequence[Sound]


def studios(cache: Path) -> Iterator[Studio]:
    """One for each caller.

    Raises:
        RuntimeError: a package cannot be fetched; says what to type.
    """
    cuts: Cuts = {
        key: {name: [(word, at) for word, at in words] for name, words in files.items()}
        for key, files in json.loads(TABLE.read_text(encoding="utf-8")).items()
    }
    for caller in CALLERS:
        other = _of_the_halves(caller.language)
        voices: dict[Speaker, Voice] = {
            caller: _voice(caller, files(caller, cache), cuts[caller.key]),
            other: Prompts(other, recordings(other, cache), {}),
        }
        yield Studio(voices, [caller], tracks("third", cache))


def _of_the_halves(language: str) -> Speaker:
    return next(speaker for speaker in SPEAKERS if speaker.language == language)


def _voice(caller: Speaker, found: Sequence[File], cuts: dict[str, list[tuple[str, int]]]) -> NewVoice:
    prompts = Prompts(caller, found, cuts)
    whole = (_sounding(caller, file) for file in found if plain(file.text) in NODS[caller.language])
    nods = chain(whole, nods_in(_marked(caller, found, cuts), caller.language))
    return NewVoice(
        prompts.phrases,
        prompts.sentences,
        prompts.short_phrases,
        [nod for nod in nods if nod.voice_s >= _SHORTEST_NOD_S],
        prompts.short_words,
    )


def _marked(caller: Speaker, found: Sequence[File], cuts: dict[str, list[tuple[str, int]]]) -> Iterator[Sound]:
    for file in found:
        if file.name in cuts:
            samples = file.read()
            words = words_of(cuts[file.name], edges(samples)[1])
            yield sounding(file.name.replace("/", "-"), samples, file.text, f"{caller.package} {file.name}", words)


def _sounding(caller: Speaker, file: File) -> Sound:
    return sounding(file.name.replace("/", "-"), file.read(), file.text, f"{caller.package} {file.name}")


# -- Fetched --------------------------------------------------------------------------------------


def files(caller: Speaker, cache: Path) -> list[File]:
    """The caller's recordings that the core sounds have a text for, by name."""
    texts = {file.name: file.text for file in recordings(_of_the_halves(caller.language), cache)}
    found = dict(_sounds(caller, cache))
    return [File(name, found[name], texts[name]) for name in sorted(found.keys() & texts.keys())]


def _sounds(caller: Speaker, cache: Path) -> Iterator[tuple[str, Path]]:
    root = contents(caller.package, cache, f"debian-{caller.package}")
    for path in root.rglob("privacy-unident.*"):
        folder = path.parent
        for wav in folder.rglob("*.wav"):
            yield wav.relative_to(folder).with_suffix("").as_posix(), wav
        for gsm in folder.rglob("*.gsm"):
            name = gsm.relative_to(folder).with_suffix("").as_posix()
            yield name, _decoded(gsm, cache / "bench" / "turns" / "third" / caller.key / f"{name}.wav", cache)


def _decoded(gsm: Path, wav: Path, cache: Path) -> Path:
    """A recording in GSM's code as WAV, decoded once."""
    if not wav.is_file():
        pcm = subprocess.run(
            [*command("libgsm-tools", "untoast", cache, "debian-libgsm-tools"), "-c", "-l", str(gsm)], check=True, capture_output=True
        )
        wav.parent.mkdir(parents=True, exist_ok=True)
        partial = wav.with_suffix(".partial")
        with wave.open(str(partial), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
            file.writeframes(pcm.stdout)
        partial.rename(wav)
    return wav
