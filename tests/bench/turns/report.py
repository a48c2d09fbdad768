"""The results as Markdown: each of our shares with its events and its interval, beside what others published.

It reads what is kept as JSON, so that the tables of a run that was accepted can be written again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.turns import published
from tests.bench.turns.published import EOT_BENCH, FULL_DUPLEX_BENCH, TAU_VOICE
from tests.bench.turns.results import Json, cell_of
from tests.bench.turns.scored import ALL, Count, enough, rate_interval

HALVES = ("held-out", "tuning")
WHOLE = "whole"
"""No metric of its own: how many *resume* of what was *taken back*."""
PANEL = {
    "R_Y": "yields within 2 s",
    "R_Y ticks": "within 2 s, by ticks of 200 ms",
    "R_Y 1 s": "yields within 1 s",
    "R_Y word": "yields to one or two words within 2 s (ours)",
    "R_Y word 1 s": "within 1 s",
    "S_BC": "talks through backchannels",
    "S_VT": "talks through vocal noises",
    "S_ND": "talks through voices not meant for it",
    "R_R": "answers",
    "R_R 2 s": "answers within 2 s",
    "I_A": "does not break into a turn",
    "I_A utterance": "the same of utterances, most with a pause (ours)",
}
OURS = {
    "gives way": "an interruption ends the turn",
    "gives way, word": "one of one or two words ends it",
    "clear": "`clear` within 0.3 s of an onset",
    "resumes": "after what was no interruption, or noise: taken back, in 2 s, nothing lost or twice",
    "taken back": "of that: not taken for an interruption",
    WHOLE: "of what was taken back: silent for 2 s at most, nothing lost or twice",
    "noise": "no hold in noise",
    "keys": "keys over the bot are taken",
    "self-echo": "no onset by its own echo",
    "answer whole": "120-300 ms reach the recogniser whole",
    "end": "an utterance's true end is committed",
    "cut-off": "goes on listening in a pause",
    "takeover": "says nothing before the caller is done",
}
RATES = {"I_A": "I_A, times a turn", "I_A utterance": "the same, an utterance", "EVA": "EVA's turn score"}
TIMES = ("I_A", "I_A utterance")
"""Metrics whose points are times that something happened."""
TOLD_ONCE = ("R_R", "R_R 2 s", "I_A", "end", "cut-off", "takeover", "answer whole")
"""What is asked of turns to a silent bot: both modes play the same ones, so where events or goals are told one by one they are
told of ``hold``. An interruption's answer, which counts among ``R_R``, may differ: the tables have both."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A share to reach, and the modes that it is set for."""

    least: float
    modes: tuple[str, ...] = ("duck", "hold")


GOALS = {
    "R_Y": Goal(0.98),
    "S_BC": Goal(0.80, ("duck",)),
    "S_VT": Goal(0.60, ("duck",)),
    "S_ND": Goal(0.55, ("duck",)),
    "clear": Goal(0.99, ("hold",)),
    "noise": Goal(1.0, ("hold",)),
    "cut-off": Goal(0.90),
    "answer whole": Goal(0.99),
    "self-echo": Goal(1.0),
}


# -- Words of a table -----------------------------------------------------------------------------


def row(*parts: object) -> str:
    """One row."""
    return "| " + " | ".join(str(part) for part in parts) + " |"


def head(*names: str) -> Iterator[str]:
    """The first two."""
    yield row(*names)
    yield row(*("---" for _ in names))


def share(cell: Json | None) -> str:
    """Events and, if there are enough, share and interval; and those that had no occasion."""
    if cell is None:
        return "-"
    none = cell.get("no_occasion", 0)
    return counted(Count(cell["hits"], cell["of"])) + (f", {none} had no occasion" if none else "")


def counted(found: Count) -> str:
    """The one form of a share: of too few events only these."""
    low, high = found.interval
    told = f"{found.hits} / {found.of}"
    return told if found.share is None else f"{told} = **{digits(found.share)}** ({digits(low)}-{digits(high)})"


def digits(value: float) -> str:
    """A share without its leading zero."""
    return f"{value:.3f}".removeprefix("0")


def latency(cell: Json | None) -> str:
    """Mean, median and 95th percentile, and how many were below zero."""
    found = cell.get("latency_s") if cell else None
    if not found:
        return _NOTHING
    if not enough(found["of"]):
        return f"{found['of']} events"
    below = f", {found['below_zero']} below 0 (least {found['least']:.2f})" if found["below_zero"] else ""
    interval = "{:.2f} to {:.2f}".format(*found["mean_interval"]) if "mean_interval" in found else ""
    return f"{found['mean']:.2f}{f' ({interval})' if interval else ''} / {found['p50']:.2f} / {found['p95']:.2f}{below}"


_NOTHING = "-"


# -- Tables ---------------------------------------------------------------------------------------


def scores_table(runs: Json, names: Sequence[str], metrics: dict[str, str]) -> Iterator[str]:
    """One row a metric, one column a run and half."""
    columns = [(run, half) for half in HALVES for run in names]
    yield from head("", "what", "goal", *(f"{run}, {half}" for run, half in columns))
    for metric, what in metrics.items():
        cells = ((run, kept_cell(runs, run, metric, half)) for run, half in columns)
        yield row(metric, what, _goal(metric), *(share(cell) + missed(metric, run, cell) for run, cell in cells))


def _goal(metric: str) -> str:
    if metric not in GOALS:
        return ""
    goal = GOALS[metric]
    return f">= {goal.least:g}{f' ({goal.modes[0]})' if len(goal.modes) == 1 else ''}"


def missed(metric: str, run: str, cell: Json | None) -> str:
    """Says so where a goal is set for the run's mode and the share, if there are enough events for one, is below it."""
    goal = GOALS.get(metric)
    found = Count(cell["hits"], cell["of"]).share if cell else None
    if goal is None or found is None or run.partition(",")[0] not in goal.modes or found >= goal.least:
        return ""
    return ", **missed**"


def kept_cell(runs: Json, run: str, metric: str, half: str) -> Json | None:
    """The kept cell of all events; of ``WHOLE`` what two of them say together."""
    if metric != WHOLE:
        return cell_of(runs, run, metric, half)
    resumed, taken_back = (cell_of(runs, run, each, half) for each in ("resumes", "taken back"))
    return {"hits": resumed["hits"], "of": taken_back["hits"]} if resumed and taken_back else None


def latencies_table(runs: Json, names: Sequence[str]) -> Iterator[str]:
    """Seconds: mean / p50 / p95; what no run has is left out."""
    columns = [(run, half) for half in HALVES for run in names]
    rows = {
        "L_R": ("R_R", "end of the voice to the bot's"),
        "L_Y": ("R_Y", "onset to silence"),
        "L_Y, ticks": ("R_Y ticks", "onset to the first silent tick of 200 ms"),
        "end": ("end", "end of the voice to the commit"),
        "clear": ("clear", "onset to `clear`"),
        "silence": ("taken back", "longest within the turn, of what was taken back; 0: the bot talked on"),
    }
    yield from head("s, mean / p50 / p95", "", *(f"{run}, {half}" for run, half in columns))
    for name, (metric, what) in rows.items():
        told = [latency(cell_of(runs, run, metric, half)) for run, half in columns]
        if any(each != _NOTHING for each in told):
            yield row(name, what, *told)


def rates_table(runs: Json, names: Sequence[str]) -> Iterator[str]:
    """What is no share: times a turn, points, holds a minute."""
    columns = [(run, half) for half in HALVES for run in names]
    yield from head("", *(f"{run}, {half}" for run, half in columns))
    for metric, what in RATES.items():
        yield row(what, *(_per_event(cell_of(runs, run, metric, half), metric) for run, half in columns))
    yield row("holds a minute of noise", *(_per_minute(cell_of(runs, run, "noise", half)) for run, half in columns))


def _per_event(cell: Json | None, metric: str) -> str:
    if cell is None:
        return "-"
    if not enough(cell["of"]):
        return f"{cell['of']} turns"
    return "{:.3f} ({:.3f} to {:.3f}, {} turns)".format(*per_event(cell, metric), cell["of"])


def per_event(cell: Json, metric: str) -> tuple[float, float, float]:
    """Points an event, with their interval: of times that something happened Byar's, since a normal one may go below zero."""
    low, high = cell["points_interval"]
    if metric in TIMES:
        low, high = (times / cell["of"] for times in rate_interval(cell["points"]))
    return cell["points"] / cell["of"], low, high


def _per_minute(cell: Json | None) -> str:
    if cell is None or not cell.get("lasted_s"):
        return "-"
    told = f"{cell['points']:.0f} in {cell['lasted_s'] / 60:.1f} min"
    if not enough(cell["of"]):
        return told
    low, high = (events * 60 / cell["lasted_s"] for events in rate_interval(cell["points"]))
    return f"{cell['points'] * 60 / cell['lasted_s']:.2f} ({low:.2f} to {high:.2f}; {told})"


def groups_table(runs: Json, run: str, metrics: Iterable[str], *, kinds: bool) -> Iterator[str]:
    """One run by language, or by kind of sound."""
    metrics = list(metrics)
    found = [(half, group) for half in HALVES for group in _groups(runs, run, metrics, half) if (len(group) > _TAG) is kinds]
    yield from head("", *(f"{group}, {half}" for half, group in found))
    for metric in metrics:
        cells = [cell_of(runs, run, metric, half, group) for half, group in found]
        if any(cells):
            yield row(metric, *map(share, cells))


_TAG = 2
"""Letters of a language's name; kinds have more."""


def _groups(runs: Json, run: str, metrics: Iterable[str], half: str) -> list[str]:
    halves = [runs[run][metric]["halves"].get(half, {}) for metric in metrics if metric in runs.get(run, {})]
    return sorted({group for groups in halves for group in groups} - {ALL})


# -- Beside others --------------------------------------------------------------------------------


def beside_tau_voice(runs: Json, names: Sequence[str]) -> Iterator[str]:
    """The panel, ours and theirs."""
    yield from head(
        "system", "L_R s", "L_Y s", "R_R", "R_Y", "I_A (ours: turns, utterances)", "S_BC", "S_VT", "S_ND", "interruptions, S events"
    )
    for run in names:
        yield row(f"**Torim**, {run}, held-out", *_own_panel(runs, run))
    for each in TAU_VOICE:
        shares = (digits(value) for value in (each.r_r, each.r_y, each.i_a, each.s_bc, each.s_vt, each.s_nd))
        yield row(each.system, f"{each.l_r_s:.2f}", f"{each.l_y_s:.2f}", *shares, ", ".join(map(str, each.events)))


def _own_panel(runs: Json, run: str) -> Iterator[str]:
    cells = {metric: cell_of(runs, run, metric, "held-out") for metric in ("R_R", "R_Y", "I_A", "S_BC", "S_VT", "S_ND")}
    utterances = cell_of(runs, run, "I_A utterance", "held-out")
    for metric in ("R_R", "R_Y ticks"):
        found = (cell_of(runs, run, metric, "held-out") or {}).get("latency_s")
        yield f"{found['mean']:.2f}" if found and enough(found["of"]) else "-"
    for metric, cell in cells.items():
        yield _plain(cell, "hits") if metric != "I_A" else f"{_plain(cell, 'points')}, {_plain(utterances, 'points')}"
    yield ", ".join(str(cell["of"]) if (cell := cells[metric]) else "0" for metric in ("R_Y", "S_BC", "S_VT", "S_ND"))


def _plain(cell: Json | None, what: str) -> str:
    return digits(cell[what] / cell["of"]) if cell and enough(cell["of"]) else "-"


def beside_eot_bench(own: Sequence[Sequence[str]]) -> Iterator[str]:
    """Operating points, ours and theirs; ``own``: name, cut-offs at 300 and 600 ms, latency at 5 and 10 %."""
    yield from head("system", "cut off at 300 ms", "at 600 ms", "latency at 5 % cut off", "at 10 %")
    for name, *points in own:
        yield row(f"**Torim**, {name}", *points)
    for each in EOT_BENCH:
        points = [f"{at:.1%}" if at is not None else "-" for at in (each.at_300, each.at_600)]
        yield row(each.system, *points, f"{each.latency_s * 1000:.0f} ms", f"{each.at_10_s * 1000:.0f} ms")


def beside_full_duplex_bench(runs: Json, names: Sequence[str]) -> Iterator[str]:
    """Turns taken over in a pause, ours and theirs."""
    yield from head("system", "takeover rate")
    for run in names:
        for half in HALVES:
            cell = cell_of(runs, run, "takeover", half)
            if cell:
                yield row(f"**Torim**, {run}, {half}", counted(Count(cell["of"] - cell["hits"], cell["of"])))
    for each in FULL_DUPLEX_BENCH:
        yield row(each.system, f"{digits(each.synthetic)} synthetic, {digits(each.candor)} Candor")


def sources() -> Iterator[str]:
    """Where the others' figures are from, and what differs."""
    yield f"**τ-voice**: {published.TAU_VOICE_RULES}. Figures: " + "; ".join(f"{each.system}: {each.source}" for each in TAU_VOICE) + "."
    yield from _differs(published.TAU_VOICE_DIFFERS)
    yield f"**eot-bench**: {published.EOT_BENCH_SOURCE}."
    yield from _differs(published.EOT_BENCH_DIFFERS)
    yield f"**Full-Duplex-Bench**: {published.FULL_DUPLEX_BENCH_SOURCE}."
    yield from _differs(published.FULL_DUPLEX_BENCH_DIFFERS)
    yield f"**EVA**: {published.EVA_SOURCE}."
    yield from _differs(published.EVA_DIFFERS)


def _differs(points: Iterable[str]) -> Iterator[str]:
    yield ""
    yield from (f"- {point}" for point in points)
    yield ""


# -- What went wrong ------------------------------------------------------------------------------


def missed_table(runs: Json, run: str, metrics: Iterable[str]) -> Iterator[str]:
    """How many events of each kind went wrong, by metric and half."""
    yield from head("", "half", "kind: missed of events")
    for metric in metrics:
        for half, groups in sorted(runs.get(run, {}).get(metric, {}).get("halves", {}).items()):
            kinds = [
                f"{group}: {cell['of'] - cell['hits']} of {cell['of']}"
                for group, cell in groups.items()
                if len(group) > _TAG and group != ALL
            ]
            yield row(metric, half, "; ".join(kinds))
