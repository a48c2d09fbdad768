"""``python -m tests.bench.turns``, which is ``make bench-turns``: how well the bot takes turns, by the rules of published benchmarks.

Plays all scenes in both modes of barge-in, with vendors that take no time and with the guide's, scores them, and compares with
what is kept in ``docs/benchmarks/turns``: events that changed sides are told by name, and a score that lost is an error. ``--write``
keeps the new results and writes the page; ``--sweep pauses voices`` measures the curves anew, and nothing else (slow; on the tuning
half, pauses on both); ``--draw NAME`` plays one scene and draws its timeline.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from common import config
from tests.bench.turns import docs
from tests.bench.turns.material import scenes
from tests.bench.turns.outcome import Outcome
from tests.bench.turns.panel import panel
from tests.bench.turns.report import OURS, PANEL, latencies_table, rates_table, scores_table
from tests.bench.turns.results import Json, changes, read, regressed, to_json, told, write
from tests.bench.turns.scene import Half, Kind, Scene
from tests.bench.turns.stage import run
from tests.bench.turns.stage_all import PROCESSES, run_all
from tests.bench.turns.sweep import cut_offs, yields
from tests.bench.turns.trials import EACH, OVER_THE_BOT, PAUSED, RUNS, Trial, barging_in, ear_maker, endpointing
from tools import timeline

RESULTS = docs.FOLDER / "results.json"
EXIT_FINE, EXIT_REGRESSED = 0, 1
SWEEPS = ("pauses", "voices")
HALVES: tuple[Half, ...] = ("tuning", "held-out")
_AROUND_S = 4.0
"""Of a call, drawn before and after the cue."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; the exit code."""
    asked = _parser().parse_args(arguments)
    everything = list(_chosen(asked))
    if asked.draw:
        return _draw(everything, asked)
    kept = read(RESULTS)
    results = dict(kept)
    if asked.sweep:
        results |= _swept(everything, asked.sweep, asked.processes)
    else:
        results |= _played(everything, asked.processes)
        _tell_tables(results["runs"])
    if asked.write:
        write(RESULTS, results)
        docs.write(results)
        _say(f"written: {docs.FOLDER}")
        return EXIT_FINE
    return _compare(kept.get("runs", {}), results.get("runs", {})) if not asked.sweep else EXIT_FINE


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.bench.turns", description="How well the bot takes turns.")
    made.add_argument("--write", action="store_true", help=f"keep the results: {docs.FOLDER}")
    made.add_argument("--sweep", nargs="+", choices=SWEEPS, default=(), help="measure these curves anew, and nothing else")
    made.add_argument("--processes", type=int, default=PROCESSES)
    made.add_argument("--each", type=int, default=EACH, metavar="N", help=f"scenes of each kind and half, at most; default: {EACH}")
    made.add_argument("--draw", nargs=2, metavar=("SCENE", "OUT.svg"), help="play one scene, and draw its timeline")
    made.add_argument("--run", choices=[trial.name for trial in RUNS], default="hold", help="under which settings it is drawn")
    return made


def _chosen(asked: argparse.Namespace) -> Iterator[Scene]:
    cache = config.load().torim_cache.expanduser()
    found = sorted((scene for half in HALVES for scene in scenes(tuple(Kind), half, cache)), key=_class)
    for _, some in groupby(found, key=_class):
        yield from list(some)[: asked.each]


def _class(scene: Scene) -> tuple[str, str]:
    return scene.half, _subject(scene)


def _subject(scene: Scene) -> Kind:
    """What the scene is about: its last sound."""
    return scene.cues[-1].kind


# -- Playing --------------------------------------------------------------------------------------


def _play(processes: int, some: Sequence[Scene], trial: Trial) -> list[Outcome]:
    _say(f"\n{trial.name}: {len(some)} scenes")
    return run_all(some, trial.settings, trial.delays, new_ear=ear_maker(trial), processes=processes)


def _played(everything: Sequence[Scene], processes: int) -> Json:
    began = time.monotonic()
    calls = {trial.name: list(_calls(everything, trial, processes)) for trial in RUNS}
    took_s = time.monotonic() - began
    line_h = sum(outcome.length_s for some in calls.values() for _, outcome in some) / 3600
    _say(f"\n{line_h:.1f} h on the line in {took_s:.0f} s")
    runs = to_json({name: panel(some) for name, some in calls.items()})
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d}",
        "scenes": len(everything),
        "line_h": round(line_h, 2),
        "took_s": round(took_s),
        "runs": runs,
    }


def _calls(everything: Sequence[Scene], trial: Trial, processes: int) -> Iterator[tuple[Scene, Outcome]]:
    own = [scene for scene in everything if _subject(scene) in trial.kinds]
    return zip(own, _play(processes, own, trial), strict=True)


def _swept(everything: Sequence[Scene], curves: Sequence[str], processes: int) -> Json:
    def play(some: Sequence[Scene], trial: Trial) -> list[Outcome]:
        return _play(processes, some, trial)

    swept: Json = {}
    if "pauses" in curves:
        paused = {half: _about(everything, half, PAUSED) for half in HALVES}
        swept["cut_offs"] = {half: list(cut_offs(some, endpointing(), play)) for half, some in paused.items()}
    if "voices" in curves:
        swept["yields"] = {"tuning": list(yields(_about(everything, "tuning", OVER_THE_BOT), barging_in(), play))}
    return swept


def _about(everything: Sequence[Scene], half: Half, kinds: Sequence[Kind]) -> list[Scene]:
    return [scene for scene in everything if scene.half == half and _subject(scene) in kinds]


# -- Telling --------------------------------------------------------------------------------------


def _tell_tables(runs: Json) -> None:
    for names in (docs.PLAIN_RUNS, docs.GUIDE_RUNS):
        for table in (
            scores_table(runs, names, PANEL),
            scores_table(runs, names, OURS),
            latencies_table(runs, names),
            rates_table(runs, names),
        ):
            _say("\n" + "\n".join(table))


def _compare(before: Json, now: Json) -> int:
    _say("\n".join(told(before, now)))
    return EXIT_REGRESSED if regressed(changes(before, now)) else EXIT_FINE


def _draw(everything: Sequence[Scene], asked: argparse.Namespace) -> int:
    name, out = asked.draw
    scene = next((each for each in everything if name in (each.name, each.cues[-1].name)), None)
    if scene is None:
        _say(f"no scene is called {name}")
        return EXIT_REGRESSED
    trial = next(each for each in RUNS if each.name == asked.run)
    outcome = run(scene, trial.settings, trial.delays, ear=ear_maker(trial)(), records=Path(out).parent)
    at_s = outcome.played[-1].start_s
    begin_s, end_s = max(0.0, at_s - _AROUND_S), min(outcome.length_s, at_s + 2 * _AROUND_S)
    _say("\n".join(f"{at:7.2f} {line}" for at, line in outcome.events if begin_s <= at <= end_s))
    return timeline.main(
        [str(outcome.record), out, "--from", f"{begin_s:.2f}", "--to", f"{end_s:.2f}", "--title", f"{scene.name}, {trial.name}"]
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
