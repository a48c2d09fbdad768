"""How far the estimate of what was heard is off: ``python -m tests.bench.heard``.

Sentences of a phone bot are spoken by the local voice, which is asked for its durations (``timed_voice.py``),
and cut at uniformly drawn places. The estimate says which words were heard before the cut. Two errors:

    boundary    between where the estimate puts the end of the last word that it says was heard, and where
                that word does end
    words       the speech between the last word that it says was heard, and the last one that was heard

Beside it what was done before: words of equal length. It takes some minutes of a processor.
"""

import platform
import random
import statistics
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from common.audio import BYTES_PER_MS
from common.config import Settings
from gateway.spoken import word_ends
from tests.bench.timed_voice import Spoken, TimedVoice, sentences

CUTS = 200
"""A sentence."""
SEED = 1
_ROW = "{:8} {:18} {:>9} {:>5} {:>14} {:>14} {:>12}"

Estimate = Callable[[Spoken], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one estimate, in ms, over all cuts."""

    boundary: list[float]
    words: list[float]

    def __str__(self) -> str:
        exact = sum(error == 0 for error in self.words) / len(self.words)
        return f"{_percentiles(self.boundary):>14} {_percentiles(self.words):>14} {exact:>12.0%}"


def equal_words(spoken: Spoken) -> list[float]:
    """Each word takes as long as any other."""
    count = len(spoken.text.split())
    return [len(spoken.sound) * (number + 1) / count for number in range(count)]


def estimated(spoken: Spoken) -> list[int]:
    """What the gateway does with a sound that is all there."""
    return word_ends(spoken.text, spoken.sound)


def estimated_half_way(spoken: Spoken) -> list[int]:
    """What it does while the second half of the sound has not come yet."""
    return word_ends(spoken.text, spoken.sound[: len(spoken.sound) // 2], complete=False)


ESTIMATES: dict[str, tuple[Estimate, float]] = {
    "equal words": (equal_words, 1.0),
    "estimate": (estimated, 1.0),
    "sound half here": (estimated_half_way, 0.5),
}
"""Each with the part of the sound in which it is cut."""


def errors(spoken: Iterable[Spoken], estimate: Estimate, part: float) -> Errors:
    """Cut each sentence at many places."""
    chance, found = random.Random(SEED), Errors([], [])
    for one in spoken:
        said, real = [0.0, *estimate(one)], [0, *one.word_ends]
        for _ in range(CUTS):
            cut = chance.uniform(0, part * len(one.sound))
            last_said, last_real = bisect_right(said, cut) - 1, bisect_right(real, cut) - 1
            found.boundary.append(abs(said[last_said] - real[last_said]) / BYTES_PER_MS)
            found.words.append(abs(real[last_said] - real[last_real]) / BYTES_PER_MS)
    return found


def _percentiles(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return f"{cuts[49]:.0f} / {cuts[94]:.0f}"


def main() -> int:
    """Print the table."""
    voice = TimedVoice(Settings())
    show = sys.stdout.write
    show(f"{platform.processor() or platform.machine()}, seed {SEED}, {CUTS} cuts a sentence, p50 / p95 in ms\n")
    show(_ROW.format("language", "estimate", "sentences", "cuts", "boundary", "words", "right words") + "\n")
    for language in ("en", "he"):
        spoken = [one for text in sentences(language) if (one := voice.speak(text, language)) is not None]
        for name, (estimate, part) in ESTIMATES.items():
            found = errors(spoken, estimate, part)
            show(f"{language:8} {name:18} {len(spoken):>9} {len(found.words):>5} {found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
