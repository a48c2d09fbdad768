"""What ``docs/turn-taking.md`` says of the results: two tables between marks, made of what is kept and written by nobody else."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.bench.turns.report import GOALS, digits, head, row
from tests.bench.turns.results import Json, cell_of
from tests.bench.turns.scored import Count, enough

PAGE = Path("docs/turn-taking.md")
_MARKS = re.compile(r"(<!-- made of results\.json -->\n).*?(<!-- end -->)", re.DOTALL)
_RUNS = ("duck", "duck, guide", "hold", "hold, guide")
_HALF = "held-out"
_AIMED = {
    ("duck", "duck, guide"): ("R_Y", "S_BC", "S_VT", "S_ND"),
    ("hold", "hold, guide"): ("R_Y", "cut-off", "answer whole"),
    ("hold", "duck"): ("self-echo",),
}
"""Which runs a goal is set for."""
_WHAT = {
    "R_Y": "yields in 2 s: R_Y",
    "R_Y 1 s": "in 1 s",
    "R_Y word": "to one or two words, in 2 s (ours)",
    "S_BC": "talks through nods: S_BC",
    "S_VT": "vocal noises: S_VT",
    "S_ND": "voices not meant for it: S_ND",
    "resumes": "*resumes*: of what wanted nothing, all of it",
    "taken back": "*taken back*: of that, not taken for an interruption",
    "soon": "of that, silent for 2 s at most",
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
_PUBLISHED = {
    "R_Y": ".932 / 1.000",
    "S_BC": ".867 / .040",
    "S_VT": ".560 / .060",
    "S_ND": ".333 / .150",
    "takeover": ".745 (Gemini Live)",
    "L_Y by ticks of 200 ms": "1.18 / .62, mean",
    "L_R": "2.70 / 1.44, mean (tools and a model's time, too)",
}


def chapter(results: Json) -> str:
    """Both tables."""
    made, runs = results["made"]["runs"], results["runs"]
    return "\n".join([f"({made['at']}, commit {made['commit']}.)", "", *_goals(runs), "", *_panel(runs)])


def _goals(runs: Json) -> Iterator[str]:
    yield from head("goal", "mode", "held-out", "tuning")
    for names, metrics in _AIMED.items():
        for metric in metrics:
            for run in names:
                shares = (_share(runs, run, metric, half) for half in ("held-out", "tuning"))
                yield row(f"{_WHAT[metric]} >= {digits(GOALS[metric])}", run, *shares)


def _panel(runs: Json) -> Iterator[str]:
    yield from head("held-out half", *_RUNS, "published: best cascade / best R_Y")
    for metric, what in _WHAT.items():
        yield row(what, *(_share(runs, run, metric, _HALF) for run in _RUNS), _PUBLISHED.get(metric, ""))
    for metric, what in _SECONDS.items():
        yield row(f"{what}, mean / p95 s", *(_seconds(runs, run, metric) for run in _RUNS), _PUBLISHED.get(what, ""))
    yield row("EVA's turn score", *(_points(runs, run, "EVA") for run in _RUNS), "")
    yield row("I_A of utterances, most with a pause", *(_points(runs, run, "I_A utterance") for run in _RUNS), "")


def _share(runs: Json, run: str, metric: str, half: str) -> str:
    cell = cell_of(runs, run, metric, half)
    if cell is None:
        return ""
    share = Count(cell["hits"], cell["of"]).share
    counted = f"{cell['hits']} / {cell['of']}"
    return counted if share is None else f"**{digits(share)}** ({counted})"


def _seconds(runs: Json, run: str, metric: str) -> str:
    found = (cell_of(runs, run, metric, _HALF) or {}).get("latency_s")
    return f"{found['mean']:.2f} / {found['p95']:.2f}" if found and enough(found["of"]) else ""


def _points(runs: Json, run: str, metric: str) -> str:
    cell = cell_of(runs, run, metric, _HALF)
    if cell is None or not enough(cell["of"]):
        return ""
    return "{:.3f} ({:.2f}-{:.2f})".format(cell["points"] / cell["of"], *cell["points_interval"])


def put(page: str, results: Json) -> str:
    """The page with the tables in their place."""
    return _MARKS.sub(lambda found: f"{found[1]}\n{chapter(results)}\n\n{found[2]}", page)
