"""The curves of the sweeps, drawn."""

from collections.abc import Iterable, Iterator

from tests.bench.load.chart import Series, lines
from tests.bench.turns.results import Json

IGNORED = ("S_BC", "S_VT", "S_ND")


def latency_against_cut_offs(points: Iterable[Json], half: str) -> str:
    """Each setting's mean latency and its cut-offs."""
    by_series: dict[str, list[tuple[float, float]]] = {}
    for each in points:
        by_series.setdefault(each["series"], []).append((each["latency_s"], each["cut"] / each["pauses"]))
    series = [Series(name, sorted(found), dashed=number == 0) for number, (name, found) in enumerate(by_series.items())]
    goal = ("goal: .10 of pauses", 0.10)
    return lines(f"Pauses of 0.4-1.0 s: latency against cut-offs, {half}", "mean silence before the commit, s", "cut off", series, goal)


def shares_over_length(points: Iterable[Json], mode: str, half: str) -> str:
    """What yields and what is ignored, over how long a voice must last."""
    own = [each for each in points if each["series"] == mode]
    series = [Series(metric, [(each["at"], each["shares"][metric]) for each in own]) for metric in ("R_Y", *IGNORED)]
    name = f"Mode {mode}: yields (R_Y) and ignores (S), by the literal rules, {half}"
    return lines(name, "voice that silences the bot, s", "share", series)


def yield_against_ignoring(points: Iterable[Json], half: str) -> str:
    """Yields against the mean of the three shares that were ignored."""
    series = [Series(mode, sorted(_both(points, mode))) for mode in ("hold", "duck")]
    return lines(f"Yielding against ignoring, by the literal rules, {half}", "mean of S_BC, S_VT, S_ND", "R_Y", series, ("goal: .98", 0.98))


def _both(points: Iterable[Json], mode: str) -> Iterator[tuple[float, float]]:
    for each in points:
        if each["series"] == mode:
            yield sum(each["shares"][metric] for metric in IGNORED) / len(IGNORED), each["shares"]["R_Y"]
