"""``python -m tests.bench.turns.material``: builds the material, prints how much there is, writes some to listen to.

python -m tests.bench.turns.material [--listen FOLDER]
"""

import argparse
import sys
import wave
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from common import config
from common.audio import SAMPLE_RATE_HZ, mulaw_to_pcm
from tests.bench.turns.exits import EXIT_FINE, exit_code
from tests.bench.turns.material.making import COUNTS
from tests.bench.turns.material.shelf import CASTS, scenes
from tests.bench.turns.scene import Kind, Scene

_HEARD_OF_A_KIND = 4


def main(arguments: list[str]) -> int:
    """Build, print, write."""
    asked = _parse(arguments)
    return exit_code(lambda: _done(asked))


def _done(asked: argparse.Namespace) -> int:
    cache = config.load().torim_cache
    built = [scene for half in CASTS for scene in scenes(COUNTS, half, cache, _say)]
    for line in table(built):
        _say(line)
    if asked.listen:
        _write(built, asked.listen)
    return EXIT_FINE


def table(built: Iterable[Scene]) -> Iterator[str]:
    """Events of a kind, by half and speaker."""
    counted = Counter((scene.half, scene.name.split("/")[0], scene.cues[-1].kind) for scene in built)
    columns = sorted({(half, speaker) for half, speaker, _ in counted}, reverse=True)
    yield f"| events | {' | '.join(f'{half}: {speaker}' for half, speaker in columns)} |"
    yield f"|{'---|' * (len(columns) + 1)}"
    for kind in Kind:
        yield f"| {kind} | {' | '.join(str(counted[half, speaker, kind]) for half, speaker in columns)} |"


def _write(built: Iterable[Scene], folder: Path) -> None:
    """The first events of each kind and half."""
    folder.mkdir(parents=True, exist_ok=True)
    for (half, kind), some in groupby(built, key=lambda scene: (scene.half, scene.cues[-1].kind)):
        for scene in list(some)[:_HEARD_OF_A_KIND]:
            name = scene.name.replace("/", "_")
            with wave.open(str(folder / f"{half}_{kind}_{name}.wav"), "wb") as file:
                file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
                file.writeframes(mulaw_to_pcm(scene.cues[-1].sound))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.turns.material", description="Build the material of the turn-taking bench."
    )
    parser.add_argument("--listen", type=Path, metavar="FOLDER", help="write some of each kind there as WAV")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
