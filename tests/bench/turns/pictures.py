"""The curves of the sweeps, drawn."""

from collections.abc import Iterable, Iterator

from tests.bench.load.chart import Series, lines
from tests.bench.turns.published import TAU_VOICE
from tests.bench.turns.results import Json
from tests.bench.turns.scored import enough
from tests.bench.turns.stage_settings import PLAIN
from tests.bench.turns.trials import DEFAULT, FIXED

IGNORED = ("S_BC", "S_VT", "S_ND")
"""Shares of what a bot that speaks should talk through."""
_OVER_LENGTH = {"hold": ("R_Y", "taken back", "gives way, word"), "duck": ("R_Y", "R_Y 1 s", *IGNORED)}
"""What is drawn of a mode: of silence that can be taken back, whether it is; of silence that is late, when it comes."""
_TITLES = {"hold": "Mode hold: yields, and takes back what wanted nothing", "duck": "Mode duck: yields, and ignores, by the literal rules"}
_X_NAMES = {
    "hold": "voice that ends the bot's turn (BARGE_IN_FINAL_MS), s",
    "duck": "voice that silences the bot (BARGE_IN_DUCK_MS; BARGE_IN_FINAL_MS is no less), s",
}
_DEFAULTS_S = {"hold": PLAIN.barge_in_final_ms / 1000, "duck": PLAIN.barge_in_duck_ms / 1000}


def latency_against_cut_offs(points: Iterable[Json], half: str) -> str:
    """Mean latency and cut-offs: of each series those settings that no other of it beats in both, and the default."""
    by_series: dict[str, list[tuple[float, float, str]]] = {}
    for each in points:
        if not enough(each["pauses"]):
            continue
        at = each["latency_s"], each["cut"] / each["pauses"]
        by_series.setdefault(each["series"], []).append((*at, f"{each['at']:g}" if each["series"] == FIXED else ""))
        if each["setting"] == DEFAULT:
            by_series[f"the default: {DEFAULT}"] = [(*at, "")]
    series = [_labelled(name, _unbeaten(found), dashed=name == FIXED) for name, found in by_series.items()]
    goal = ("goal: .10 of pauses", 0.10)
    return lines(f"Pauses of 0.4-1.0 s: latency against cut-offs, {half}", "mean silence before the commit, s", "cut off", series, goal)


def _unbeaten(points: Iterable[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    found: list[tuple[float, float, str]] = []
    for latency_s, cut, label in sorted(points):
        if not found or cut < found[-1][1]:
            found.append((latency_s, cut, label))
    return found


def _labelled(name: str, points: Iterable[tuple[float, float, str]], *, dashed: bool = False, joined: bool = True) -> Series:
    found = list(points)
    return Series(name, [(x, y) for x, y, _ in found], dashed, joined=joined, labels=[label for _, _, label in found])


def shares_over_length(points: Iterable[Json], mode: str, half: str) -> str:
    """What yields and what is ignored, or taken back, over how long a voice must last."""
    own = [each for each in points if each["series"] == mode]
    series = [
        _labelled(
            metric,
            ((each["at"], each["shares"][metric], _default(each) if metric == "R_Y" else "") for each in own if metric in each["shares"]),
        )
        for metric in _OVER_LENGTH[mode]
    ]
    return lines(f"{_TITLES[mode]}, {half}", _X_NAMES[mode], "share", series)


def _default(each: Json) -> str:
    return "the default" if each["at"] == _DEFAULTS_S[each["series"]] else ""


def yield_against_ignoring(points: Iterable[Json], half: str) -> str:
    """Yields within 2 s, and of mode ``duck`` within 1 s, against the mean of the three shares that were ignored; and the others'."""
    points = list(points)
    others = ((each.ignored, each.r_y, each.system) for each in TAU_VOICE if each.standard)
    series = [
        _labelled("hold", _both(points, "hold", "R_Y"), joined=False),
        _labelled("duck, in 2 s", _both(points, "duck", "R_Y")),
        _labelled("duck, in 1 s", _both(points, "duck", "R_Y 1 s", labelled=True), dashed=True),
        _labelled("others, published", others, joined=False),
    ]
    name = f"Yielding (goal: .98) against ignoring, by the literal rules, {half}; seconds: voice that silences the bot"
    return lines(name, "mean of S_BC, S_VT, S_ND", "yields (R_Y)", series, ("", 0.98))


def _both(points: Iterable[Json], mode: str, metric: str, *, labelled: bool = False) -> Iterator[tuple[float, float, str]]:
    for each in points:
        if each["series"] == mode and each["shares"].keys() >= {metric, *IGNORED}:
            label = f"{each['at']:g}{', the default' if _default(each) else ''}" if labelled else ""
            yield sum(each["shares"][ignored] for ignored in IGNORED) / len(IGNORED), each["shares"][metric], label
