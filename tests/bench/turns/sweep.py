"""The curves that defaults are chosen from: each setting a point, measured on one half of the material."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.bench.turns.outcome import Outcome
from tests.bench.turns.panel import panel
from tests.bench.turns.pictures import IGNORED
from tests.bench.turns.results import Json
from tests.bench.turns.scene import Scene
from tests.bench.turns.score_pauses import CUT_OFF_BUDGETS, LATENCY_BUDGETS_S, Point, fewest_cut_offs, point, quickest
from tests.bench.turns.scored import Count, Scored, count, enough
from tests.bench.turns.trials import FIXED, Trial

CURVED = ("R_Y", "R_Y 1 s", "R_Y word", "gives way, word", *IGNORED, "taken back", "resumes")
"""Metrics of a setting for voices over the bot."""
Play = Callable[[Sequence[Scene], Trial], Iterable[Outcome]]


def cut_offs(scenes: Sequence[Scene], trials: Iterable[Trial], play: Play) -> Iterator[Json]:
    """Latency and cut-offs of each setting."""
    for trial in trials:
        found = point(trial.name, _events(scenes, trial, play))
        cut, pauses = found.cut_off.hits, found.cut_off.of
        yield {
            "setting": trial.name,
            "series": trial.series,
            "at": trial.at,
            "cut": cut,
            "pauses": pauses,
            "latency_s": round(found.latency_s, 3),
        }


def yields(scenes: Sequence[Scene], trials: Iterable[Trial], play: Play) -> Iterator[Json]:
    """What yields, and what is ignored, under each setting."""
    for trial in trials:
        events = _events(scenes, trial, play)
        counts = {metric: count(each for each in events if each.metric == metric) for metric in CURVED}
        latencies = [each.latency_s for each in events if each.metric == "R_Y" and each.latency_s is not None]
        yield {
            "setting": trial.name,
            "series": trial.series,
            "at": trial.at,
            "counts": {metric: [each.hits, each.of] for metric, each in counts.items()},
            "shares": {metric: round(each.share, 3) for metric, each in counts.items() if each.share is not None},
            "l_y_s": round(sum(latencies) / len(latencies), 3) if enough(len(latencies)) else None,
        }


def _events(scenes: Sequence[Scene], trial: Trial, play: Play) -> list[Scored]:
    return panel(zip(scenes, play(scenes, trial), strict=True))


def operating_points(curve: Iterable[Json]) -> Iterator[list[str]]:
    """eot-bench's four of each series: name, cut-offs at 300 and 600 ms, latency at 5 and 10 %; of too few pauses none."""
    by_series: dict[str, list[Point]] = {}
    for each in (each for each in curve if enough(each["pauses"])):
        series = FIXED if each["series"] == FIXED else "words"
        by_series.setdefault(series, []).append(Point(each["setting"], Count(each["cut"], each["pauses"]), each["latency_s"]))
    for series, points in by_series.items():
        best = [fewest_cut_offs(points, budget_s) for budget_s in LATENCY_BUDGETS_S]
        quick = [quickest(points, budget) for budget in CUT_OFF_BUDGETS]
        yield [series, *map(_cut_off, best), *map(_latency, quick)]


def _cut_off(found: Point | None) -> str:
    if found is None:
        return "-"
    low, high = found.cut_off.interval
    return f"{found.cut_off.hits / found.cut_off.of:.1%} ({low:.0%}-{high:.0%})"


def _latency(found: Point | None) -> str:
    return "-" if found is None else f"{found.latency_s * 1000:.0f} ms ({found.setting})"
