"""What ``docs/turn-taking.md`` says of the results: two tables between marks, made of what is kept and written by nobody else."""

import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from tests.bench.turns.published import CASCADE, FULL_DUPLEX_BENCH, IGNORING, YIELDING
from tests.bench.turns.report import GOALS, HALVES, TOLD_ONCE, WHOLE, counted, digits, head, kept_cell, missed, per_event, row
from tests.bench.turns.results import Json, cell_of
from tests.bench.turns.scored import Count, enough

PAGE = Path("docs/turn-taking.md")
_MARKS = re.compile(r"(<!-- made of results\.json -->\n).*?(<!-- end -->)", re.DOTALL)
_RUNS = ("duck", "duck, guide", "hold", "hold, guide")
_HALF = "held-out"
_WHAT = {
    "R_Y": "yields in 2 s: R_Y",
    "R_Y 1 s": "in 1 s",
    "R_Y word": "to one or two words, in 2 s (ours)",
    "R_Y word 1 s": "to those in 1 s (ours)",
    "S_BC": "talks through nods: S_BC",
    "S_VT": "vocal noises: S_VT",
    "S_ND": "voices not meant for it: S_ND",
    "resumes": "*resumes*: of what wanted nothing (run *hold*: of noises, too), all of it",
    "taken back": "*taken back*: of that, not taken for an interruption",
    WHOLE: "of what was taken back, silent for 2 s at most, nothing lost or twice",
    "gives way": "interruptions that end the turn",
    "gives way, word": "of one or two words",
    "clear": "`clear` in 0.3 s",
    "R_R 2 s": "turns answered in 2 s",
    "cut-off": "pauses of 0.4-1.0 s not cut off",
    "takeover": "utterances with a pause, not talked into",
    "answer whole": "answers of 120-300 ms whole",
    "noise": "noises without a hold",
    "self-echo": "lines that return the bot, without an onset by it",
    "keys": "keys taken",
}
_SECONDS = {"R_Y ticks": "L_Y by ticks of 200 ms", "R_Y": "L_Y to 20 ms", "R_R": "L_R"}
_BESIDE = (CASCADE, YIELDING, IGNORING)
_SHARES = {"R_Y": attrgetter("r_y"), "S_BC": attrgetter("s_bc"), "S_VT": attrgetter("s_vt"), "S_ND": attrgetter("s_nd")}
_MEANS = {"R_Y ticks": (attrgetter("l_y_s"), "mean"), "R_R": (attrgetter("l_r_s"), "mean (tools and a model's time, too)")}
"""What the others' panels have in the same row."""


def chapter(results: Json) -> str:
    """Both tables."""
    made, runs = results["made"]["runs"], results["runs"]
    return "\n".join([f"({made['at']}, commit {made['commit']}.)", "", *_goals(runs), "", *_panel(runs)])


def _goals(runs: Json) -> Iterator[str]:
    yield from head("goal", "run", *HALVES)
    for metric, run in _aimed(runs):
        yield row(f"{_WHAT[metric]} >= {digits(GOALS[metric].least)}", run, *(_beside_goal(runs, run, metric, half) for half in HALVES))


def _aimed(runs: Json) -> Iterator[tuple[str, str]]:
    """Each goal with each run that it is set for, and that has it."""
    for mode in ("duck", "hold"):
        for metric, goal in GOALS.items():
            if mode in goal.modes and not (mode == "duck" and metric in TOLD_ONCE):
                yield from ((metric, run) for run in (mode, f"{mode}, guide") if metric in runs.get(run, {}))


def _panel(runs: Json) -> Iterator[str]:
    """Beside others: what has a goal and no published figure stands with its goal alone."""
    yield from head("held-out half", *_RUNS, f"published: {' / '.join(each.system for each in _BESIDE)}")
    for metric, what in _WHAT.items():
        if metric not in GOALS or metric in _SHARES:
            yield row(what, *(_share(runs, run, metric, _HALF) for run in _RUNS), _published(metric))
    for metric, what in _SECONDS.items():
        yield row(f"{what}, mean (95 % interval) / p95 s", *(_seconds(runs, run, metric) for run in _RUNS), _published_mean(metric))
    yield row("EVA's turn score", *(_points(runs, run, "EVA") for run in _RUNS), "")
    yield row("I_A of utterances, most with a pause", *(_points(runs, run, "I_A utterance") for run in _RUNS), "")


def _published(metric: str) -> str:
    if metric == "takeover":
        system = FULL_DUPLEX_BENCH[0]
        return f"{digits(1 - system.synthetic)} ({system.system}, synthetic)"
    return " / ".join(digits(_SHARES[metric](each)) for each in _BESIDE) if metric in _SHARES else ""


def _published_mean(metric: str) -> str:
    if metric not in _MEANS:
        return ""
    mean, what = _MEANS[metric]
    return f"{' / '.join(f'{mean(each):.2f}' for each in _BESIDE)}, {what}"


def _beside_goal(runs: Json, run: str, metric: str, half: str) -> str:
    return _share(runs, run, metric, half) + missed(metric, run, cell_of(runs, run, metric, half))


def _share(runs: Json, run: str, metric: str, half: str) -> str:
    cell = kept_cell(runs, run, metric, half)
    return counted(Count(cell["hits"], cell["of"])) if cell else ""


def _seconds(runs: Json, run: str, metric: str) -> str:
    found = (cell_of(runs, run, metric, _HALF) or {}).get("latency_s")
    if not found or not enough(found["of"]):
        return ""
    low, high = found["mean_interval"]
    return f"{found['mean']:.2f} ({low:.2f}-{high:.2f}) / {found['p95']:.2f}"


def _points(runs: Json, run: str, metric: str) -> str:
    cell = cell_of(runs, run, metric, _HALF)
    if cell is None or not enough(cell["of"]):
        return ""
    return "{:.3f} ({:.3f}-{:.3f})".format(*per_event(cell, metric))


def put(page: str, results: Json) -> str:
    """The page with the tables in their place."""
    return _MARKS.sub(lambda found: f"{found[1]}\n{chapter(results)}\n\n{found[2]}", page)
