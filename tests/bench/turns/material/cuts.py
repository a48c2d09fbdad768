"""The committed table of where words are in recordings (made by ``cut_words``): so the material needs no model, and is always alike."""

import json
from pathlib import Path

from tests.bench.turns.material.sound import PER_MS, Word

TABLE = Path(__file__).with_name("cuts.json")
Cuts = dict[str, dict[str, list[tuple[str, int]]]]
"""Of each speaker and recording: its words as heard, and the ms at which each begins."""


def read_cuts() -> Cuts:
    """The committed table."""
    return {
        speaker: {name: [(word, at) for word, at in words] for name, words in files.items()}
        for speaker, files in json.loads(TABLE.read_text(encoding="utf-8")).items()
    }


def words_of(cuts: list[tuple[str, int]], end: int) -> tuple[Word, ...]:
    """The words with their places; each ends where the next begins, the last at ``end``."""
    starts = [at * PER_MS for _, at in cuts]
    ends = [*starts[1:], end]
    return tuple(Word(word, start, end) for (word, _), start, end in zip(cuts, starts, ends, strict=True) if start < end)
