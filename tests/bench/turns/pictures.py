"""The curves of the sweeps, drawn."""

from collections.abc import Iterable, Iterator

from tests.bench.load.chart import Series, lines
from tests.bench.turns.results import Json
from tests.bench.turns.scored import enough
from tests.bench.turns.trials import DEFAULT, FIXED

IGNORED = ("S_BC", "S_VT", "S_ND")
_BESIDE = {"hold": "taken back", "duck": "R_Y 1 s"}
"""What a mode is for: silence that can be taken back, and silence that is late."""


def latency_against_cut_offs(points: Iterable[Json], half: str) -> str:
    """Mean latency and cut-offs: of each series those settings that no other of it beats in both, and the default."""
    by_series: dict[str, list[tuple[float, float]]] = {}
    for each in points:
        if not enough(each["pauses"]):
            continue
        at = each["latency_s"], each["cut"] / each["pauses"]
        by_series.setdefault(each["series"], []).append(at)
        if each["setting"] == DEFAULT:
            by_series["the default"] = [at]
    series = [Series(name, _unbeaten(found), dashed=name == FIXED) for name, found in by_series.items()]
    goal = ("goal: .10 of pauses", 0.10)
    return lines(f"Pauses of 0.4-1.0 s: latency against cut-offs, {half}", "mean silence before the commit, s", "cut off", series, goal)


def _unbeaten(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for latency_s, cut in sorted(points):
        if not found or cut < found[-1][1]:
            found.append((latency_s, cut))
    return found


def shares_over_length(points: Iterable[Json], mode: str, half: str) -> str:
    """What yields and what is ignored, over how long a voice must last."""
    own = [each for each in points if each["series"] == mode]
    names = ("R_Y", _BESIDE[mode], *IGNORED)
    series = [Series(metric, [(each["at"], each["shares"][metric]) for each in own if metric in each["shares"]]) for metric in names]
    name = f"Mode {mode}: yields (R_Y) and ignores (S), by the literal rules, {half}"
    return lines(name, "voice that silences the bot, s", "share", series)


def yield_against_ignoring(points: Iterable[Json], half: str) -> str:
    """Yields within 2 s and 1 s against the mean of the three shares that were ignored."""
    pairs = [(mode, metric) for mode in ("hold", "duck") for metric in ("R_Y", "R_Y 1 s")]
    series = [Series(f"{mode}, {metric}", sorted(_both(points, mode, metric)), dashed=metric != "R_Y") for mode, metric in pairs]
    return lines(
        f"Yielding (goal: .98) against ignoring, by the literal rules, {half}", "mean of S_BC, S_VT, S_ND", "yields", series, ("", 0.98)
    )


def _both(points: Iterable[Json], mode: str, metric: str) -> Iterator[tuple[float, float]]:
    for each in points:
        if each["series"] == mode and each["shares"].keys() >= {metric, *IGNORED}:
            yield sum(each["shares"][ignored] for ignored in IGNORED) / len(IGNORED), each["shares"][metric]
