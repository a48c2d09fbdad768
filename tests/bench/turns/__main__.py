"""``python -m tests.bench.turns``, which is ``make bench-turns``: how well the bot takes turns, by the rules of published benchmarks.

Plays all scenes in both modes of barge-in, with vendors that take no time and with the guide's, scores them, and compares with
what is kept in ``docs/benchmarks/turns``: events that changed sides are told by name, and a score that lost is an error. ``--write``
tells the same, then keeps the new results, whatever they lost, and writes the page; ``--sweep pauses voices`` measures the curves anew,
and nothing else (slow; on the tuning half, pauses on both), ``--sweep cut-offs`` the pauses that are cut off, one by one; ``--each N``
plays less, for a look: of that nothing is kept; ``--draw NAME`` plays one scene and draws its timeline; ``--pages`` plays nothing, and
writes the pages anew.

Exit codes: 0 fine, 1 a score regressed, 2 it could not be played (something is missing; a call met with a bug).
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path

from common import catalogue, models
from tests.bench.load.result import commit, processor
from tests.bench.turns import docs
from tests.bench.turns.changes import changes, regressed, told
from tests.bench.turns.cut_pauses import as_json, cut_pauses
from tests.bench.turns.exits import EXIT_FINE, EXIT_NOT_PLAYED, EXIT_REGRESSED, exit_code
from tests.bench.turns.material import scenes
from tests.bench.turns.outcome import Outcome
from tests.bench.turns.panel import panel
from tests.bench.turns.report import OURS, PANEL, latencies_table, rates_table, scores_table
from tests.bench.turns.results import Json, read, to_json, write
from tests.bench.turns.scene import Half, Kind, Scene
from tests.bench.turns.stage import run
from tests.bench.turns.stage_all import PROCESSES, run_all
from tests.bench.turns.stage_settings import here
from tests.bench.turns.sweep import cut_offs, yields
from tests.bench.turns.trials import OVER_THE_BOT, PAUSED, RUNS, SWEPT_VOICES, Trial, barging_in, ear_maker, endpointing
from tools import timeline

RESULTS = docs.FOLDER / "results.json"
SWEEPS = ("pauses", "voices", "cut-offs")
HALVES: tuple[Half, ...] = ("tuning", "held-out")
CUT_RUNS = ("hold", "hold, guide")
"""Those whose cut-offs are told one by one: how the bot is interrupted decides nothing of them."""
_PAUSE = re.compile(r" pause \d+$")
_AROUND_S = 4.0
"""Of a call, drawn before and after the cue."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; the exit code."""
    asked = _parsed(arguments)
    return exit_code(lambda: _done(asked))


def _done(asked: argparse.Namespace) -> int:
    if asked.pages:
        docs.write(read(RESULTS))
        return EXIT_FINE
    began = _began()
    _fetch_models()
    everything = list(_chosen(asked))
    if asked.draw:
        return _draw(everything, asked)
    kept = read(RESULTS)
    now = _swept(everything, asked, began) if asked.sweep else _played(everything, asked.processes, began)
    if not asked.sweep:
        _tell_tables(now["runs"])
    return conclude(kept, now, keep=asked.write)


def conclude(kept: Json, now: Json, *, keep: bool) -> int:
    """Tell what changed, where runs were played, and then keep it if that was asked for; the exit code."""
    if "runs" in now:
        _say("\n".join(told(kept, now, accepted=keep)))
    if not keep:
        return EXIT_REGRESSED if regressed(changes(kept, now)) else EXIT_FINE
    write(RESULTS, kept | now | {"made": kept.get("made", {}) | now["made"]})
    docs.write(read(RESULTS))
    _say(f"written: {docs.FOLDER}")
    return EXIT_FINE


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.turns", description="How well the bot takes turns.")
    parser.add_argument("--write", action="store_true", help=f"keep the results, and say what changed: {docs.FOLDER}")
    parser.add_argument("--sweep", nargs="+", choices=SWEEPS, default=(), help="measure these curves, or lists, anew, and nothing else")
    parser.add_argument("--pages", action="store_true", help="write the pages of what is kept anew; nothing is played")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--each", type=int, metavar="N", help="scenes of each kind and half, at most; default: all. Not with --write")
    parser.add_argument("--draw", nargs=2, metavar=("EVENT", "OUT.svg"), help="play one scene, and draw its timeline")
    parser.add_argument("--run", choices=[trial.name for trial in RUNS], default="hold", help="under which settings it is drawn")
    asked = parser.parse_args(arguments)
    if asked.write and asked.each:
        parser.error("--write keeps results of all scenes: without --each")
    if asked.write and asked.draw:
        parser.error("--draw plays one scene: there is nothing to --write")
    return asked


def _fetch_models() -> None:
    """What every run needs, before a process waits for it silently."""
    settings = here()
    models.ensure(catalogue.SILERO, settings.torim_cache, _say)
    models.whisper_folder(settings, _say)
    models.fetch_voice(settings, _say)  # which says what is Hebrew


def _chosen(asked: argparse.Namespace) -> Iterator[Scene]:
    cache = here().torim_cache.expanduser()
    found = sorted((scene for half in HALVES for scene in scenes(tuple(Kind), half, cache, _say)), key=_class)
    yield from _first(found, asked.each) if asked.each else found


def _first(found: Sequence[Scene], each: int) -> Iterator[Scene]:
    """So many of a kind and half."""
    for _, some in groupby(found, key=_class):
        yield from islice(some, each)


def _class(scene: Scene) -> tuple[str, str]:
    return scene.half, _subject(scene)


def _subject(scene: Scene) -> Kind:
    """What the scene is about: its last sound."""
    return scene.cues[-1].kind


# -- Playing --------------------------------------------------------------------------------------


def _play(processes: int, some: Sequence[Scene], trial: Trial) -> list[Outcome]:
    _say(f"\n{trial.name}: {len(some)} scenes")
    trial = replace(trial, settings=here(trial.settings))
    return run_all(some, trial.settings, trial.delays, new_ear=ear_maker(trial), processes=processes)


def _began() -> Json:
    """When, what is checked out, and on what: before a run that takes its time."""
    return {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "commit": commit(), "processor": processor()}


def _played(everything: Sequence[Scene], processes: int, began: Json) -> Json:
    began_s = time.monotonic()
    calls = {trial.name: list(_calls(everything, trial, processes)) for trial in RUNS}
    took_s = time.monotonic() - began_s
    outcomes = [outcome for some in calls.values() for _, outcome in some]
    line_h = sum(outcome.length_s for outcome in outcomes) / 3600
    _say(f"\n{line_h:.1f} h on the line in {took_s:.0f} s")
    made = began | {"calls": len(outcomes), "line_h": round(line_h, 2), "took_s": round(took_s)}
    made_of = {"runs": made, "cut_pauses": began}
    return to_json({name: panel(some) for name, some in calls.items()}) | {"cut_pauses": _cut(calls), "made": made_of}


def _cut(calls: Mapping[str, Iterable[tuple[Scene, Outcome]]]) -> Json:
    """Pauses that were cut off, of calls that are about an utterance."""
    return {name: as_json(cut_pauses(call for call in calls[name] if _subject(call[0]) in PAUSED)) for name in CUT_RUNS}


def _calls(everything: Sequence[Scene], trial: Trial, processes: int) -> Iterator[tuple[Scene, Outcome]]:
    own = [scene for scene in everything if _subject(scene) in trial.kinds]
    return zip(own, _play(processes, own, trial), strict=True)


def _swept(everything: Sequence[Scene], asked: argparse.Namespace, began: Json) -> Json:
    def play(some: Sequence[Scene], trial: Trial) -> list[Outcome]:
        return _play(asked.processes, some, trial)

    swept: Json = {}
    if "pauses" in asked.sweep:
        paused = {half: _about(everything, half, PAUSED) for half in HALVES}
        swept["cut_offs"] = {half: list(cut_offs(some, endpointing(), play)) for half, some in paused.items()}
    if "voices" in asked.sweep:
        voices = list(_first(_about(everything, "tuning", OVER_THE_BOT), SWEPT_VOICES))
        swept["yields"] = {"tuning": list(yields(voices, barging_in(), play))}
    if "cut-offs" in asked.sweep:
        both = [scene for half in HALVES for scene in _about(everything, half, PAUSED)]
        swept["cut_pauses"] = _cut({trial.name: zip(both, play(both, trial), strict=True) for trial in RUNS if trial.name in CUT_RUNS})
    return swept | {"made": dict.fromkeys(swept, began)}


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


def _draw(everything: Sequence[Scene], asked: argparse.Namespace) -> int:
    name, out = asked.draw
    found = scene_of(name, everything)
    if found is None:
        _say(f"no event is called {name}")
        return EXIT_NOT_PLAYED
    scene, cue = found
    trial = next(replace(each, settings=here(each.settings)) for each in RUNS if each.name == asked.run)
    outcome = run(scene, trial.settings, trial.delays, ear=ear_maker(trial)(), records=Path(out).parent)
    at_s = next((played.start_s for played in outcome.played if played.cue == cue), 0.0)
    begin_s, end_s = max(0.0, at_s - _AROUND_S), min(outcome.length_s, at_s + 2 * _AROUND_S)
    _say("\n".join(f"{at:7.2f} {line}" for at, line in outcome.events if begin_s <= at <= end_s))
    return timeline.main(
        [str(outcome.record), out, "--from", f"{begin_s:.2f}", "--to", f"{end_s:.2f}", "--title", f"{scene.name}, {trial.name}"]
    )


def scene_of(event: str, everything: Iterable[Scene]) -> tuple[Scene, str] | None:
    """The first scene that has the event, and the name of its sound: a pause is told by its number behind that."""
    cue = _PAUSE.sub("", event)
    return next(((scene, cue) for scene in everything if cue in (each.name for each in scene.cues)), None)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
