"""``python -m tests.bench.turns.material.cut_words``: where the words of recordings are; writes ``cuts.json`` anew.

Whisper base aligns the words that it hears with the sound, and each beginning is moved to the weakest 20 ms nearby
(``tests.bench.word_gaps``). It takes some minutes of a processor.
"""

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from common import config, models
from common.audio import FRAME_MS
from tests.bench.phone_line import mulaw
from tests.bench.turns.material.cuts import TABLE, Cuts
from tests.bench.turns.material.sound import PER_MS, edges
from tests.bench.turns.material.sources import NODS, SEED, plain
from tests.bench.turns.material.speakers import SPEAKERS, TEST_DATA, File, Speaker, recordings
from tests.bench.word_gaps import Aligner, weakest_frame

_SENTENCE_S = (1.5, 6.0)
_FEWEST_WORDS = 5
_SENTENCES, _NODS = 44, 24


def write(cache: Path, aligner: Aligner) -> None:
    """Find the words of the recordings that are wanted, and write them down after each speaker."""
    cuts: Cuts = {}
    for speaker in SPEAKERS:
        if speaker.package:
            cuts[speaker.key] = {file.name: cut(aligner, file, speaker) for file in wanted(speaker, recordings(speaker, cache))}
            TABLE.write_text(written(cuts), encoding="utf-8")
            sys.stdout.write(f"{speaker.key}: {len(cuts[speaker.key])}\n")
            sys.stdout.flush()


def written(cuts: Cuts) -> str:
    """The table as JSON, a recording a line."""
    speakers = []
    for key, files in cuts.items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(words, ensure_ascii=False)}" for name, words in files.items())
        speakers.append(f" {json.dumps(key)}: {{\n{lines}\n }}")
    return "{{\n{}\n}}\n".format(",\n".join(speakers))


def wanted(speaker: Speaker, files: Sequence[File]) -> list[File]:
    """Sentences, and whatever by its text has a nod in it; of the test data all."""
    if speaker.package == TEST_DATA:
        return list(files)
    sentences = [
        file for file in files if len(plain(file.text).split()) >= _FEWEST_WORDS and _SENTENCE_S[0] <= file.seconds <= _SENTENCE_S[1]
    ]
    nods = [file for file in files if _has_nod(file, speaker.language) and file.seconds <= _SENTENCE_S[1]]
    picked = random.Random(f"{SEED} {speaker.key} cut")
    return list(dict.fromkeys((*picked.sample(sentences, _SENTENCES), *picked.sample(nods, min(len(nods), _NODS)))))


def _has_nod(file: File, language: str) -> bool:
    return any(f" {nod} " in f" {plain(file.text)} " for nod in NODS[language])


def cut(aligner: Aligner, file: File, speaker: Speaker) -> list[tuple[str, int]]:
    """The words that are heard, and the ms at which each begins."""
    sound = mulaw(file.read())
    first, *others = aligner.words(sound, speaker.language)
    start = edges(file.read())[0] // PER_MS
    return [(first[0], start), *((word, weakest_frame(sound, at) * FRAME_MS) for word, at in others)]


def main() -> int:
    """Make the table anew."""
    settings = config.load()
    write(settings.torim_cache.expanduser(), Aligner(models.whisper_folder(settings)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
