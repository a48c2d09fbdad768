"""Which goals a run did not reach, in words: every goal that the bench can see, at the load that the goal names.

What a gateway is held against at its rated load is told at the load of the goal for CPU, too: at the rated one callers, workers
and Redis may want more than the core that they share, and then what is slow is the bench. So each time is told with what the
other core did.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from tests.bench.load.ends import no_answer
from tests.bench.load.figures import Spread
from tests.bench.load.level import HELD_CLEAR_MS, Level
from tests.bench.load.parts import LATE, SINCE_END, share_of
from tests.bench.load.result import Pair, Result, at_calls
from tests.bench.load.soaked import Soak
from tests.bench.load.soaked import shortfalls as soak_shortfalls
from tests.bench.load.table import three

CALLS_GOAL, CPU_GOAL, RATIO_GOAL, _MEMORY_GOAL_MB = 150, 0.2, 2.0, 0.3
RATIO_FROM = 50
"""Calls: with fewer, what a process costs without any counts."""
SHARE_GOALS_MS = {"p50": 10.0, "p95": 25.0, "p99": 50.0}
VOICE_GOALS_MS = {"p50": 30.0, "p95": 60.0}
"""On top of what end of turn and vendors take."""
CLEAR_GOALS_MS = {"p50": 180.0, "p99": HELD_CLEAR_MS}


def shortfalls(result: Result, soak: Soak | None = None) -> Iterator[str]:
    """Each goal that was not reached in this run, nor in the soak that is told with it; or that there is none."""
    found = [*_shortfalls(result), *(soak_shortfalls(soak) if soak else ())]
    yield from (f"- {each}" for each in found)
    if not found:
        yield "Every goal that this bench can see was reached in this run."


def _shortfalls(result: Result) -> Iterator[str]:
    rated = result.rated
    if rated is None or rated.calls < CALLS_GOAL:
        yield f"Rated load: {rated.calls if rated else 0} calls, the goal is {CALLS_GOAL}."
    counted = _counted(result)
    for level in counted:
        yield from _cost_shortfalls(level, result)
    yield from _pairs_shortfalls(result)
    for level in counted:
        yield from _sound_shortfalls(level)
    for level in result.no_drafts:
        yield from _share_shortfalls(level)
    yield from _silero_shortfalls(result)
    for level in (each for each in counted if each not in result.silero):
        yield from _time_shortfalls(level)
    if result.churn is not None and result.churn.lost:
        yield f"{result.churn.lost} of {result.churn.standing} calls were lost while others came and went, the goal is 0."


def _counted(result: Result) -> list[Level]:
    """Those up to the rated load: what lies behind it is known not to hold, and a bench that looks for a limit goes there."""
    most = max(result.rated.calls if result.rated else 0, CALLS_GOAL)
    return [level for level in (*result.gateway, *result.silero, *result.shipped, *result.no_drafts) if level.calls <= most]


def _name(level: Level) -> str:
    return f"{level.server}, {level.calls} calls"


# --- What it costs


def _cost_shortfalls(level: Level, result: Result) -> Iterator[str]:
    """Of the detector only the ratio's goal speaks: it is one to the bare loop with the same."""
    another = level in (*result.silero, *result.shipped)
    cost, times = level.cpu_s_per_call_minute, None if another else result.times_bare(level)
    if level.calls == CALLS_GOAL and cost > CPU_GOAL:
        yield f"{_name(level)}: {cost:.3f} CPU seconds per call-minute, the goal is {CPU_GOAL}."
    in_pairs = bool(result.pairs) and level in result.gateway and level.calls == CALLS_GOAL
    if level.calls >= RATIO_FROM and times is not None and times > RATIO_GOAL and not in_pairs:
        yield f"{_name(level)}: {times:.2f} times the bare loop's CPU, the goal is {RATIO_GOAL:g}."
    if level.calls >= RATIO_FROM and level.mb_per_call > _MEMORY_GOAL_MB:
        yield f"{_name(level)}: {level.mb_per_call:.2f} MB a call with its audio, the goal is {_MEMORY_GOAL_MB} and the audio."


def _pairs_shortfalls(result: Result) -> Iterator[str]:
    if result.pairs and median(pair.times for pair in result.pairs) > RATIO_GOAL:
        yield f"gateway with drafts, {CALLS_GOAL} calls: {told_pairs(result.pairs)}, the goal is {RATIO_GOAL:g}."


def told_pairs(pairs: Sequence[Pair]) -> str:
    """How many times the bare loop's CPU it is, as often as that was measured."""
    times = sorted(pair.times for pair in pairs)
    return f"{median(times):.2f} times the bare loop's CPU (median of {len(times)} pairs, {times[0]:.2f} to {times[-1]:.2f})"


def _silero_shortfalls(result: Result) -> Iterator[str]:
    """No goal is its own: what it costs is told beside the detector's that the goals are of."""
    names = {"Silero, the detector that is shipped": result.silero, "All as shipped, Silero too": result.shipped}
    for name, level in ((name, level) for name, levels in names.items() for level in levels):
        beside, times = at_calls(result.gateway, level.calls), result.times_bare(level)
        if beside:
            more = level.cpu_s_per_call_minute / beside.cpu_s_per_call_minute
            loop = f", {times:.2f} times the bare loop's" if times is not None else ""
            cost = f"{more:.2f} times webrtcvad's CPU at {level.calls} calls{loop}"
            yield f"{name}: {cost}; the goal of {RATIO_GOAL:g} is webrtcvad's."


# --- What callers notice


def _sound_shortfalls(level: Level) -> Iterator[str]:
    times = level.frame_times
    yield from _over(f"{_name(level)}: onset to clear", level.onset_to_clear_ms, CLEAR_GOALS_MS)
    none = {
        "frames of sound after a clear": level.frames_after_clear,
        "interruptions that were not cleared": level.not_cleared,
        "utterances without an answer": level.unanswered,
        "answers to utterances that were answered": level.extra_answers,
        "fillers before an answer": level.fillers,
        **{f"times `{how}`": count for how, count in no_answer(level.ends).items()},
        "calls lost": level.calls_lost,
        "underruns over 5 ms while the machine was on time": times.underruns_over_5_ms - times.of_these_beside_a_stall,
    }
    yield from (f"{_name(level)}: {count} {what}, the goal is 0." for what, count in none.items() if count)


def _share_shortfalls(level: Level) -> Iterator[str]:
    """What the goal says: from the end of turn to the first frame, less what vendors are set to, as the gateway and the workers tell it.

    Beside it what it is on the wire, which has the way between gateway and callers in it.
    """
    parts, goals = level.parts_ms or {}, " / ".join(f"{goal:g}" for goal in SHARE_GOALS_MS.values())
    share, wire = share_of(parts), level.own_share_ms
    if share is not None and any(_over("", share, SHARE_GOALS_MS)):
        largest = sorted(((name, parts[name]) for name in (*SINCE_END, LATE) if name in parts), key=lambda each: -(each[1].p50 or 0))[:3]
        most = ", ".join(f"{name} {spread.p50:g}" for name, spread in largest)
        yield (
            f"Own share without drafts at {level.calls} calls, by the gateway's own parts: {three(share)} ms, the goal is {goals}; "
            f"of p50 most: {most}{_other_core(level)}."
        )
    if share is not None and any(_over("", wire, SHARE_GOALS_MS)):
        told = f"{three(wire)} ms, by its parts {three(share)}; the goal is {goals}"
        yield f"Own share without drafts at {level.calls} calls, on the wire: {told}."


def _time_shortfalls(level: Level) -> Iterator[str]:
    """On the wire; where there are parts, ``_share_shortfalls`` tells the share."""
    more, rest = level.own_share_ms, _other_core(level)
    yield from _over(f"{_name(level)}: voice to voice over what end of turn and vendors take", more, VOICE_GOALS_MS, rest)
    if level.parts_ms is None:
        yield from _over(f"{_name(level)}: own share on the wire", more, SHARE_GOALS_MS, rest)


def in_time(level: Level) -> bool:
    """Whether its answers were, on the wire."""
    return level.own_share_ms.count > 0 and not any(_over("", level.own_share_ms, VOICE_GOALS_MS))


def _over(what: str, found: Spread, goals_ms: dict[str, float], rest: str = "") -> Iterator[str]:
    """A line for each percentile that is over its own goal."""
    for name, goal in goals_ms.items():
        value: float | None = getattr(found, name)
        if value is not None and value > goal:
            yield f"{what}, {name}: {value:.0f} ms, the goal is {goal:g}{rest}."


def _other_core(level: Level) -> str:
    """What the bench's own core did meanwhile, where it is known."""
    busy, waited = level.other_core_busy, level.workers_waited
    if busy is None or not waited:
        return ""
    return f"; the other core was {busy:.0%} busy, and workers waited for it up to {max(waited.values()):.0%} of the time"
