"""From a run to its figures: what was lost, how late replies were, and what the faults were.

*Late* is how much more of the time until a reply was over passed without it, and without a tool at work, than in the median case of the
quiet beginning: it counts a late first word and a gap in the middle alike, of long replies and short ones. What answers keys is not
counted: no pause ends them. Who goes on with the reply of a worker that died looks things up again, which is late.
A turn that felt more than one fault is in a row of its own.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.aim import PHASES
from tests.chaos.costs import COSTS, Strike, unexcused
from tests.chaos.deeds import Deed, deeds_of, was_dropped
from tests.chaos.desk import Errand
from tests.chaos.director import Judged, Run
from tests.chaos.judge import Verdict
from tests.chaos.talk import ACTIONS, part

QUIET, BESIDE, SEVERAL = "quiet beginning", "beside faults", "several faults"
BESIDE_KILLS = ("stall", "duplicate", "cut", "pause", "restart", "tail", "empty", "master", "frozen", "gateway")
GOAL_MS = 2000
"""So much later may replies be at p95, after kills."""
ROWS = (QUIET, BESIDE, *(f"kill {phase}" for phase in PHASES), *BESIDE_KILLS, SEVERAL)
OWN_CLOCK = "the caller's own clock stood still"
_COLUMNS = ("first_sound_ms", "late_ms", "late_without_tools_ms", "silence_ms")
LONG_MS = 5000
"""From here on a reply is long."""
COMPLAINTS = {
    "no": "lost",
    "doubled": "doubled",
    "stale": "stale",
    "missing": "missing",
    "cut": "cut short",
    "begun": "begun twice",
    "out": "out of order",
    "unknown": "unknown sentence",
    "words": "two attempts' words mixed",
    "torn": "a sentence in two attempts' words",
    "voices": "two workers' voices mixed",
    "leaked": "went on over the caller",
    "beep": "beep",
    "silence": "silence",
    "unsure": "told that nobody knows whether a tool did its work",
    "undone": "told that a tool did what it did not do",
    "twice": "done twice by a tool",
    "left": "action lost",
    "redone": "action carried out twice",
    "unasked": "action that the caller had stopped",
}
"""First word of a complaint: what the report calls it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A caller's turn with all that belongs to it."""

    call: str
    at_s: float
    """Of the run, when the caller's words ended."""
    row: str
    verdict: Verdict
    strikes: tuple[Strike, ...]
    complaints: tuple[str, ...]
    """Those that no fault excuses."""
    deeds: tuple[Deed, ...]

    @property
    def told_of_trouble(self) -> bool:
        """Whether a fault cost it its reply, or some of it, as it may."""
        return not (self.verdict.answered or self.complaints or self.verdict.unsure)


def turns_of(run: Run) -> list[Turn]:
    """All turns of all calls."""
    errands = defaultdict[str, list[Errand]](list)
    for errand in run.errands:
        errands[errand.call].append(errand)
    return [turn for judged in run.calls for turn in _of_call(run, judged, errands[judged.heard.call])]


def _of_call(run: Run, judged: Judged, errands: Sequence[Errand]) -> Iterator[Turn]:
    deeds = deeds_of(judged.heard, judged.verdicts, errands)
    return (_turn(run, judged, verdict, done) for verdict, done in zip(judged.verdicts, deeds, strict=True))


def _turn(run: Run, judged: Judged, verdict: Verdict, deeds: tuple[Deed, ...]) -> Turn:
    began_s, call = judged.heard.began_s, judged.heard.call
    begin_s, until_s = began_s + verdict.begin_ms / 1000, began_s + verdict.until_ms / 1000
    strikes = tuple(strike for strike in run.strikes if strike.hits(call, begin_s, until_s))
    row = _row(strikes, quiet=until_s < run.quiet_until_s)
    about = [deed.complaint for deed in deeds if deed.complaint]
    complaints = unexcused(verdict, strikes, about, caller_late_ms=judged.heard.slowest_tick_ms)
    return Turn(call, began_s + verdict.end_ms / 1000 - run.began_s, row, verdict, strikes, tuple(complaints), deeds)


def _row(strikes: Sequence[Strike], *, quiet: bool) -> str:
    if not strikes:
        return QUIET if quiet else BESIDE
    if len(strikes) > 1:
        return SEVERAL
    return f"kill {strikes[0].what}" if strikes[0].kind == "kill" else strikes[0].kind


def late_ms(turns: Iterable[Turn]) -> dict[str, list[int]]:
    """How late the replies were, by row, however long they were; none without a quiet beginning."""
    waited = [(turn.row, ms) for turn in turns if (ms := turn.verdict.waited_ms) is not None and not turn.verdict.keys]
    quiet = [ms for row, ms in waited if row == QUIET]
    found: dict[str, list[int]] = defaultdict(list)
    for row, ms in waited if quiet else ():
        found[row].append(ms - round(statistics.median(quiet)))
    return dict(found)


def figures(run: Run) -> dict[str, Any]:
    """All of it, for JSON."""
    turns = turns_of(run)
    complaints = Counter(COMPLAINTS[one.split(" ")[0]] for turn in turns for one in turn.complaints)
    late, without_tools = late_ms(turns), late_ms(_without_tools(turns))
    return {
        "seed": run.seed,
        "tree": run.tree,
        "seconds": round(run.ended_s - run.began_s),
        "calls": len(run.calls),
        "turns": len(turns),
        "answered": sum(turn.verdict.answered for turn in turns),
        "cut_in_on": sum(turn.verdict.cut_in_on for turn in turns),
        "told_of_trouble": sum(turn.told_of_trouble for turn in turns),
        "told_after": Counter(kind for turn in turns if turn.told_of_trouble for kind in _excuses(turn)),
        "complaints": {name: complaints[name] for name in COMPLAINTS.values()},
        "long_replies": _long_replies(turns),
        "gone_on_with": {
            "words": sum(turn.verdict.words_change > 0 for turn in turns),
            "voices": sum(turn.verdict.voices_change > 0 for turn in turns),
            "forgotten": run.gone_on_with,
        },
        "tools": _tools(turns),
        "actions": _actions(turns),
        "handed_over": sum(judged.heard.handed_over for judged in run.calls),
        "turned_away": sum(judged.heard.turned_away for judged in run.calls),
        "dropped_calls": sum(was_dropped(judged.heard, judged.verdicts) for judged in run.calls),
        "violations": sum(len(judged.heard.violations) for judged in run.calls),
        "kills": run.kills(),
        "kills_by_phase": {phase: sum(one.kind == "kill" and one.what == phase for one in run.strikes) for phase in PHASES},
        "kills_in_commit": Counter(one.moment for one in run.strikes if one.kind == "kill" and one.what == "commit"),
        "stalls_by_phase": Counter(one.what for one in run.strikes if one.kind == "stall"),
        "other_faults": {kind: sum(one.kind == kind for one in run.strikes) for kind in BESIDE_KILLS},
        "first_sound_ms": {row: _spread(_first_sounds(turns, row)) for row in ROWS if _first_sounds(turns, row)},
        "silence_ms": {row: _spread([turn.verdict.silence_ms for turn in turns if turn.row == row]) for row in ROWS if late.get(row)},
        "late_ms": {row: _spread(late[row]) for row in ROWS if row in late},
        "late_without_tools_ms": {row: _spread(without_tools[row]) for row in ROWS if row in without_tools},
        "late_of_kills_ms": _spread(_of_kills(late)),
        "late_of_kills_without_tools_ms": _spread(_of_kills(without_tools)),
        "longest_silence_ms": max((turn.verdict.silence_ms for turn in turns), default=0),
        "slowest_tick_ms": max((judged.heard.slowest_tick_ms for judged in run.calls), default=0),
        "load_mean": statistics.fmean(run.loads) if run.loads else 0.0,
        "load_max": max(run.loads, default=0.0),
        "memory_before_mb": run.memory_before_mb,
        "memory_most_mb": run.memory_most_mb,
        "memory_after_mb": run.memory_after_mb,
        "left_behind": run.left_behind,
    }


def _of_kills(late: Mapping[str, Sequence[int]]) -> list[int]:
    return [one for row, values in late.items() if row.startswith("kill ") for one in values]


def _without_tools(turns: Iterable[Turn]) -> list[Turn]:
    """Those that no tool made longer, and all of the quiet beginning."""
    return [turn for turn in turns if turn.row == QUIET or not turn.verdict.work_ms]


def _long_replies(turns: Iterable[Turn]) -> dict[str, int]:
    """How many turns had a long reply, and how many of these felt that a worker died, by phase."""
    strikes = [turn.strikes for turn in turns if turn.verdict.length_ms >= LONG_MS]
    died: dict[str, int] = {
        phase: sum(any(one.kind == "kill" and one.what == phase for one in felt) for felt in strikes) for phase in PHASES
    }
    return {"turns": len(strikes), **died}


def _excuses(turn: Turn) -> set[str]:
    """The kinds of the faults that it felt, and that may cost it its reply; if there were none, it was the caller's machine."""
    return {strike.kind for strike in turn.strikes if COSTS[strike.kind].may_be_told} or {OWN_CLOCK}


def _tools(turns: Sequence[Turn]) -> dict[str, int]:
    """How often tools were used, and what came of those with effects."""
    used = [turn.verdict for turn in turns if turn.verdict.code is not None and part(turn.verdict.code).tool]
    outcomes = Counter(deed.outcome for turn in turns for deed in turn.deeds if deed.what not in ACTIONS)
    counted = {outcome: outcomes[outcome] for outcome in ("once", "twice", "undone", "unknown")}
    return {"turns": len(used), **counted, "unsure": sum(verdict.unsure for verdict in used)}


def _actions(turns: Sequence[Turn]) -> dict[str, dict[str, int]]:
    """What came of the actions, by name."""
    outcomes = Counter((deed.what, deed.outcome) for turn in turns for deed in turn.deeds)
    return {name: {outcome: outcomes[name, outcome] for outcome in ("done", "left", "redone", "unasked", "unknown")} for name in ACTIONS}


def _first_sounds(turns: Iterable[Turn], row: str) -> list[int]:
    found = [turn.verdict for turn in turns if turn.row == row]
    return [verdict.late_ms - verdict.work_ms for verdict in found if verdict.late_ms is not None and not verdict.keys]


def _spread(values: Sequence[int]) -> dict[str, int]:
    if not values:
        return {"n": 0}
    cuts = statistics.quantiles(values, n=20, method="inclusive") if len(values) > 1 else [values[0]] * 19
    return {"n": len(values), "p50": round(cuts[9]), "p95": round(cuts[18]), "max": max(values)}


# -- For people -----------------------------------------------------------------------------------


def complaints_of(run: Run) -> Iterator[str]:
    """Each complaint in a line of its own, with what the turn felt."""
    for turn in turns_of(run):
        if turn.complaints:
            felt = ", ".join(f"{one.kind} {one.what} {one.moment}".rstrip() for one in turn.strikes) or "no fault"
            yield f"{turn.at_s:.1f} s, call {turn.call}, after {felt}: {'; '.join(turn.complaints)} (heard {turn.verdict.phrases})"
    for judged in run.calls:
        if was_dropped(judged.heard, judged.verdicts):
            yield f"call {judged.heard.call} was dropped: {judged.heard.why}"


def tables(found: dict[str, Any]) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| what the callers heard | |"
    yield "|---|---:|"
    yield from (f"| {name} | {value} |" for name, value in _outcomes(found))
    yield ""
    yield "| turns that felt (ms: p50 / p95 / max) | n | first sound | late | late, where no tool is used | longest silence |"
    yield "|---|---:|---:|---:|---:|---:|"
    for row in ROWS:
        if row in found["first_sound_ms"]:
            shown = " | ".join(_shown(found[name].get(row, {"n": 0})) for name in _COLUMNS)
            yield f"| {row} | {found['first_sound_ms'][row]['n']} | {shown} |"
    late, without_tools = found["late_of_kills_ms"], found["late_of_kills_without_tools_ms"]
    yield f"| *kills alone* | {late['n']} | | {_shown(late)} | {_shown(without_tools)} | |"
    yield ""
    yield from _against_the_goal(found)
    yield "| memory, MB | before | most | after |"
    yield "|---|---:|---:|---:|"
    before, most, after = (found[f"memory_{when}_mb"] for when in ("before", "most", "after"))
    yield from (f"| {name} | {before[name]:.1f} | {most.get(name, 0):.1f} | {after.get(name, 0):.1f} |" for name in before)
    yield ""
    left = ", ".join(f"{name} {count}" for name, count in found["left_behind"].items())
    yield f"Left in Redis when the last call was over: {left}."


def _against_the_goal(found: dict[str, Any]) -> Iterator[str]:
    """What the goal says of the figures: it is of vendors that take 350 ms at most, so of turns without a tool that is slower."""
    alone, by_row = found["late_of_kills_without_tools_ms"], found["late_without_tools_ms"]
    if not alone["n"]:
        return
    over = [f"{row} {found['p95']}" for row, found in by_row.items() if row.startswith("kill ") and found["p95"] > GOAL_MS]
    verdict = "met" if alone["p95"] <= GOAL_MS else "missed"
    phases = f"; over it by themselves: {', '.join(over)} ms" if over else ", and in each phase by itself"
    yield (
        "A turn that felt more than one fault counts in *several faults* alone; *kills alone* are the turns that felt one kill and "
        f"nothing else, {alone['n']} of them without a tool. The goal is {GOAL_MS} ms at p95 where vendors take 350 ms at most, "
        f"so without the look-up: {verdict} over all phases ({alone['p95']} ms){phases}."
    )
    yield ""


def _outcomes(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "calls", found["calls"]
    yield "times that a call went on at another gateway", found["handed_over"]
    yield "new calls told that there is no room, while work stood still", found["turned_away"]
    yield "calls dropped", found["dropped_calls"]
    yield "turns", found["turns"]
    yield "heard the one reply, whole and once", found["answered"]
    yield "of these, cut in on by the caller", found["cut_in_on"]
    long = found["long_replies"]
    yield "replies of 5 s and more", long["turns"]
    yield "of these, a worker died while it streamed them", long["streaming"]
    yield "of these, a worker died while it spoke them", long["synthesis"]
    yield "replies that went on in another attempt's words", found["gone_on_with"]["words"]
    yield "replies with a sentence that went on in another worker's voice", found["gone_on_with"]["voices"]
    yield "replies that Redis forgot in their middle, and that a gateway had gone on with", found["gone_on_with"]["forgotten"]
    yield "told of trouble, the reply begun anew, or gone on with over the caller, where a fault may cost that", found["told_of_trouble"]
    yield from ((f"of these, after: {kind}", count) for kind, count in sorted(found["told_after"].items()))
    tools, actions = found["tools"], found["actions"]
    yield "turns with a tool", tools["turns"]
    yield "of these, told that nobody knows whether it did its work", tools["unsure"]
    yield "done by tools in the world, once", tools["once"]
    yield "twice (where Redis forgot), or lost though the caller was told it was done", f"{tools['twice']}, {tools['undone']}"
    yield "not done, and nobody was told that it was: the caller cut in, or was told of the trouble", tools["unknown"]
    yield from ((f"actions: {name}, done", counts["done"]) for name, counts in actions.items())
    yield (
        "actions lost, doubled, or carried out though the caller had cut in",
        ", ".join(str(sum(counts[outcome] for counts in actions.values())) for outcome in ("left", "redone", "unasked")),
    )
    unknown = sum(counts["unknown"] for counts in actions.values())
    yield "actions of which nothing can be told: their replies were not heard to the end", unknown
    yield from found["complaints"].items()
    yield "protocol violations", found["violations"]
    yield "longest silence, ms", found["longest_silence_ms"]
    yield "lateness of the callers' own clock at worst, ms", found["slowest_tick_ms"]


def _shown(spread: dict[str, int]) -> str:
    return f"{spread['p50']} / {spread['p95']} / {spread['max']}" if spread["n"] else ""
