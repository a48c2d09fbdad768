"""``python -m tests.bench.turns.third``: plays the third part, prints its table, keeps it in ``docs/benchmarks/turns/third.json``.

    python -m tests.bench.turns.third [--cut]

``--cut`` asks Whisper anew where the words of the recordings are, and plays nothing.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from common import config, models
from tests.bench.turns import docs
from tests.bench.turns.exits import EXIT_FINE, exit_code
from tests.bench.turns.material.cut_words import cut, wanted, written
from tests.bench.turns.material.making import drawn
from tests.bench.turns.panel import panel
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.scored import Count, Scored, count
from tests.bench.turns.stage_all import PROCESSES, run_all
from tests.bench.turns.third.voices import CALLERS, TABLE, files, studios
from tests.bench.turns.trials import RUNS, Trial, ear_maker
from tests.bench.word_gaps import Aligner

KEPT = docs.FOLDER / "third.json"
_UTTERANCES, _OTHERS = 40, 14
"""Scenes of a kind and caller."""
_TO_A_SILENT_BOT = (Kind.UTTERANCE, Kind.ANSWER)
_OVER_THE_BOT = (Kind.INTERRUPTION, Kind.SHORT_INTERRUPTION, Kind.BACKCHANNEL, Kind.SIDE_TALK, Kind.RADIO)
KINDS = {"hold": (*_TO_A_SILENT_BOT, *_OVER_THE_BOT), "duck": _OVER_THE_BOT}
"""What each run plays. Noises and echo need no new voices; babble would be one other voice many times."""
ROWS = {
    "R_Y": "yields in 2 s",
    "R_Y 1 s": "in 1 s",
    "R_Y word": "to one or two words, in 2 s",
    "S_BC": "talks through nods",
    "S_ND": "voices not meant for it",
    "gives way": "interruptions that end the turn",
    "gives way, word": "of one or two words",
    "taken back": "what wanted nothing is not taken for an interruption",
    "cut-off": "pauses of 0.4-1.0 s not cut off",
    "takeover": "utterances with a pause, not talked into",
    "answer whole": "answers of 120-300 ms whole",
}
_BY_KIND = ("S_ND", "taken back")


def main(arguments: list[str]) -> int:
    """Cut, or play."""
    asked = _parse(arguments)
    return exit_code(lambda: _done(asked))


def _done(asked: argparse.Namespace) -> int:
    cache = config.load().torim_cache.expanduser()
    if asked.cut:
        _cut(cache)
        return EXIT_FINE
    scenes = list(_scenes(cache))
    runs = {trial.name: list(_played(scenes, trial, cache)) for trial in RUNS if trial.name in KINDS}
    for line in table(runs):
        _say(line)
    kept = {name: _kept(events) for name, events in runs.items()}
    KEPT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return EXIT_FINE


def _cut(cache: Path) -> None:
    aligner = Aligner(models.whisper_folder(config.load()))
    cuts = {caller.key: {file.name: cut(aligner, file, caller) for file in wanted(caller, files(caller, cache))} for caller in CALLERS}
    TABLE.write_text(written(cuts), encoding="utf-8")


def _scenes(cache: Path) -> Iterator[Scene]:
    for studio in studios(cache):
        for kind in KINDS["hold"]:
            yield from islice(drawn(studio, "third", kind), _UTTERANCES if kind is Kind.UTTERANCE else _OTHERS)


def _played(scenes: Sequence[Scene], trial: Trial, cache: Path) -> Iterator[Scored]:
    trial = replace(trial, settings=replace(trial.settings, torim_cache=cache))
    own = [scene for scene in scenes if scene.cues[-1].kind in KINDS[trial.name]]
    _say(f"{trial.name}: {len(own)} scenes")
    outcomes = run_all(own, trial.settings, trial.delays, new_ear=ear_maker(trial), processes=PROCESSES)
    yield from panel(zip(own, outcomes, strict=True))


def table(runs: Mapping[str, Sequence[Scored]]) -> Iterator[str]:
    """Events that went well, of how many; with a share and its interval where there are enough of them."""
    yield f"| | {' | '.join(runs)} |"
    yield f"|{'---|' * (len(runs) + 1)}"
    for metric, what in ROWS.items():
        yield _row(what, [_of(events, metric) for events in runs.values()])
        for kind in _OVER_THE_BOT if metric in _BY_KIND else ():
            counts = [_of((each for each in events if each.kind is kind), metric) for events in runs.values()]
            if any(each.of for each in counts):
                yield _row(f"- {kind.replace('_', ' ')}", counts)


def _row(what: str, counts: Sequence[Count]) -> str:
    return f"| {what} | {' | '.join(map(_told, counts))} |"


def _of(events: Iterable[Scored], metric: str) -> Count:
    return count(each for each in events if each.metric == metric)


def _told(found: Count) -> str:
    if not found.of:
        return ""
    if found.share is None:
        return f"{found.hits} / {found.of}"
    return "**{:.3f}** ({} / {}; {:.2f}-{:.2f})".format(found.share, found.hits, found.of, *found.interval)


def _kept(events: list[Scored]) -> dict[str, object]:
    return {
        metric: {
            "hits": _of(events, metric).hits,
            "of": _of(events, metric).of,
            "missed": sorted(each.name for each in events if each.metric == metric and each.good is False),
        }
        for metric in ROWS
        if _of(events, metric).of
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.turns.third", description="Play the third part of the material.")
    parser.add_argument("--cut", action="store_true", help="find the words of the recordings anew")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
