"""The page of a run: every table, what went wrong, the curves, and the others' figures with their sources."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.turns.chapter import PAGE, put
from tests.bench.turns.cut_pauses import cut_table, why_table
from tests.bench.turns.missed_events import listed, missed_page
from tests.bench.turns.pictures import latency_against_cut_offs, shares_over_length, yield_against_ignoring
from tests.bench.turns.published import TAU_VOICE_CHOICE
from tests.bench.turns.report import (
    OURS,
    PANEL,
    beside_eot_bench,
    beside_full_duplex_bench,
    beside_tau_voice,
    counted,
    groups_table,
    head,
    latencies_table,
    missed_table,
    rates_table,
    row,
    scores_table,
    sources,
)
from tests.bench.turns.results import Json
from tests.bench.turns.scored import Count
from tests.bench.turns.sweep import CURVED, operating_points

FOLDER = Path("docs/benchmarks/turns")
MISSED = "missed-events.md"
PLAIN_RUNS, GUIDE_RUNS = ("duck", "hold"), ("duck, guide", "hold, guide")
_BY_GROUP = ("R_Y", "S_BC", "S_VT", "S_ND", "resumes", "R_R 2 s", "cut-off", "takeover", "answer whole")
_HALF = "tuning"


def page(results: Json) -> str:
    """All of it as Markdown."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Json) -> Iterator[str]:
    runs, made = results["runs"], results["made"]["runs"]
    yield from (
        "# Turn-taking, scored like the published benchmarks",
        "",
        f"Written by `make bench-turns ARGS=--write`, {_of(results, 'runs')}: {made['calls']} calls in {len(runs)} runs, "
        f"{made['line_h']:.1f} h on the line in {made['took_s'] / 60:.0f} minutes (the clock of the calls is virtual: a busy machine "
        "changes these minutes, and no figure; [another processor does](stage.md)). What the words mean, and what follows: "
        "[turn-taking.md](../../turn-taking.md#scored-like-the-published-benchmarks); [what is played](material.md), [and how](stage.md). "
        "A share stands with its events and the 95 % interval "
        "(Wilson, of times that something happens Byar, of means the normal one; of a half's few voices, so for other speakers it is wider "
        "than it says); of fewer than 30 events only the counts. What *had no occasion* (the bot did not speak where it should have) is "
        "no event of the share. *guide*: the vendors take as long as in Twilio's latency guide, else no time.",
        "",
    )
    yield from _where()
    for wanted, heading in ((PLAIN_RUNS, "Vendors that take no time"), (GUIDE_RUNS, "Vendors as slow as Twilio's guide has them")):
        names = _there(runs, wanted)
        if not names:
            continue
        yield from ("", f"## {heading}", "")
        yield from scores_table(runs, names, PANEL)
        yield ""
        yield from scores_table(runs, names, OURS)
        yield ""
        yield from latencies_table(runs, names)
        yield ""
        yield from rates_table(runs, names)
    yield from _beside(results)
    yield from _by_group(runs)
    yield from _went_wrong(runs)
    yield from _cut_pauses(results)
    yield from _curves(results)
    yield from ("", "## Sources, and what differs", "")
    yield from sources()


def _where() -> Iterator[str]:
    yield from (
        "- goals, met and missed, and why the defaults are what they are: "
        "[turn-taking.md](../../turn-taking.md#scored-like-the-published-benchmarks)",
        "- what was missed: [how many of each kind](#what-went-wrong), [each by its name](missed-events.md), "
        "[what they are, with timelines, and what was tried](missed.md)",
        "- [curves of the settings](#curves), [others' figures](#beside-what-others-published), "
        "[their sources, and what differs](#sources-and-what-differs)",
        "- [speakers that nothing was chosen on](third.md)",
        "",
    )


def _went_wrong(runs: Json) -> Iterator[str]:
    yield from ("", "## What went wrong", "")
    yield from ("[Each event by its name](missed-events.md); [what they are, and what was tried](missed.md).", "")
    for run in _there(runs, (*PLAIN_RUNS, *GUIDE_RUNS)):
        yield from ("", f"Run *{run}*:", "")
        yield from missed_table(runs, run, listed(run))


def _of(results: Json, block: str) -> str:
    """When a block of the results was measured, from which commit, and on what if that was noted."""
    made = results["made"][block]
    return ", ".join([made["at"], f"commit {made['commit']}", *([made["processor"]] if "processor" in made else [])])


def _there(runs: Json, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in runs]


def _beside(results: Json) -> Iterator[str]:
    runs = results["runs"]
    yield from ("", "## Beside what others published", "", f"τ-voice. {TAU_VOICE_CHOICE}.", "")
    yield from beside_tau_voice(runs, _there(runs, (*PLAIN_RUNS, *GUIDE_RUNS)))
    if "cut_offs" in results:
        yield from ("", f"eot-bench (English; ours: all languages, both halves apart; {_of(results, 'cut_offs')}):", "")
        own = [[f"{name}, {half}", *points] for half, curve in results["cut_offs"].items() for name, *points in operating_points(curve)]
        yield from beside_eot_bench(own)
    yield from ("", "Full-Duplex-Bench, pauses:", "")
    yield from beside_full_duplex_bench(runs, ("hold", "hold, guide"))


def _by_group(runs: Json) -> Iterator[str]:
    for kinds, heading in ((False, "By language"), (True, "By kind of sound")):
        yield from ("", f"## {heading}", "")
        for run in _there(runs, PLAIN_RUNS):
            yield from ("", f"Run *{run}*:", "")
            yield from groups_table(runs, run, _BY_GROUP, kinds=kinds)


def _cut_pauses(results: Json) -> Iterator[str]:
    runs = results.get("cut_pauses", {})
    if not runs:
        return
    yield from (
        "",
        "## Pauses that were cut off",
        "",
        f"({_of(results, 'cut_pauses')}.) Seconds count from the begin of the pause; *words came*: those of the last piece. What the "
        "reasons mean stands in "
        "`tests/bench/turns/cut_pauses.py`, what was tried on them in [missed.md](missed.md#pauses-that-are-cut-off).",
        "",
    )
    yield from why_table(runs)
    for run, found in runs.items():
        yield from ("", f"Run *{run}*:", "")
        yield from cut_table(found)


def _curves(results: Json) -> Iterator[str]:
    yield from (
        "",
        "## Curves",
        "",
        '`make bench-turns ARGS="--sweep pauses voices --write"`: all settings that it tries are below. What is drawn is the tuning half. '
        "Played at the times that stand at each table, which need not be those of the runs above. Mean latencies are kept without their "
        "spread, so they have no interval here: how wide one is stands above, at *end* and *L_Y* of the default settings.",
        "",
    )
    for name in pictures(results):
        yield from (f"![{name}]({name})", "")
    for half, curve in results.get("cut_offs", {}).items():
        yield from ("", f"Pauses, {half}, {_of(results, 'cut_offs')}:", "")
        yield from head("setting", "pauses cut off", "mean latency s")
        for each in curve:
            yield row(each["setting"], counted(Count(each["cut"], each["pauses"])), each["latency_s"])
    for half, curve in results.get("yields", {}).items():
        yield from ("", f"Over the bot, {half}, {_of(results, 'yields')}:", "")
        yield from head("setting", "L_Y s", *CURVED)
        for each in curve:
            yield row(each["setting"], each["l_y_s"] or "-", *(counted(Count(*each["counts"][metric])) for metric in CURVED))


def pictures(results: Json) -> dict[str, str]:
    """The drawings, by name of the file."""
    drawn: dict[str, str] = {}
    if _HALF in results.get("cut_offs", {}):
        drawn["latency-cut-offs.svg"] = latency_against_cut_offs(results["cut_offs"][_HALF], _HALF)
    if _HALF in results.get("yields", {}):
        curve = results["yields"][_HALF]
        drawn["yield-ignoring.svg"] = yield_against_ignoring(curve, _HALF)
        drawn |= {f"{mode}.svg": shares_over_length(curve, mode, _HALF) for mode in ("hold", "duck")}
    return drawn


def write(results: Json, folder: Path = FOLDER, chapter: Path = PAGE) -> None:
    """The page, the names of what was missed, the drawings, and what the chapter says of them."""
    chapter.write_text(put(chapter.read_text(encoding="utf-8"), results), encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(results), encoding="utf-8")
    (folder / MISSED).write_text(missed_page(results), encoding="utf-8")
    for name, drawing in pictures(results).items():
        (folder / name).write_text(drawing, encoding="utf-8")
