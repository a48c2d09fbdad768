"""The few sentences that matter most of a run, which its page begins with."""

from collections.abc import Iterator

from tests.bench.load.goals import CALLS_GOAL, RATIO_GOAL, VOICE_GOALS_MS, in_time, told_pairs
from tests.bench.load.level import Level
from tests.bench.load.reference import REFERENCE_CALLS
from tests.bench.load.result import Machine, Result, at_calls
from tests.bench.load.servers import SETTINGS
from tests.bench.load.table import three

_REFERENCE_CPU, _NEAR = 0.12, 0.3
"""A bare loop on websockets, on such cores, at ``REFERENCE_CALLS``, and how near ours has to be to it."""


def verdict(result: Result) -> Iterator[str]:
    """Where it was measured, and what came of it."""
    machine = result.machine
    load = ", ".join(f"{each:.1f}" for each in machine.load)
    yield (
        f"{result.at}, {result.form} form; {machine.told}; "
        f"load of the last 1, 5 and 15 minutes when it began: {load}; commit {result.commit or 'not noted'}."
    )
    yield ""
    yield _rated(result)
    yield from _answers_in_time(result)
    yield from _about_the_other_core(result.rated)
    yield _as_shipped(result)
    if result.pairs:
        yield f"- At {CALLS_GOAL} calls the gateway takes {told_pairs(result.pairs)}; the goal is {RATIO_GOAL:g}."
    yield from _about_the_bare_loop(result)
    busiest = max((level.waited for level in result.gateway), default=0.0)
    if busiest > 0.05:
        yield (
            f"- The machine was shared: the gateway was ready to run and had no core for up to {busiest:.0%} of the time. "
            "Latencies and the rated load are worse than on a machine of its own; CPU looks lower, since what comes late is done together."
        )


def _rated(result: Result) -> str:
    rated = result.rated
    if rated is None:
        return "- **No level held.**"
    at_the_end = " or more: no level failed" if rated is result.gateway[-1] else ""
    settings = ", ".join(f"`{name}={SETTINGS[name]}`" for name in ("VAD", "ENDPOINTING", "GREETING", "DEDUP_SEC"))
    return f"- **Rated load: {rated.calls} calls a core{at_the_end}.** Measured with {settings}."


def _answers_in_time(result: Result) -> Iterator[str]:
    """A level holds however late its answers are, so the rated load does not tell that they were in time."""
    rated = result.rated
    if rated is None:
        return
    what = "voice to voice over what end of turn and vendors take: " + ", ".join(
        f"{name} <= {ms:g} ms" for name, ms in VOICE_GOALS_MS.items()
    )
    most = result.rated_with(in_time)
    told = "at no load that was measured" if most is None else "at that load too" if most is rated else f"up to {most.calls} calls"
    late = "" if most is rated else f"; at {rated.calls} calls that was {three(rated.own_share_ms)}"
    yield f"- Answers were in time {told} ({what}{late})."


def _as_shipped(result: Result) -> str:
    """The settings that most people have: they are measured at few loads, so that they have no rated one."""
    if not result.shipped:
        return "- As shipped (Silero, an end of turn that goes by the words, a greeting) no load was measured."
    loads = (
        f"{level.calls} calls {'held' if level.held else '**did not hold**'} ({level.cpu_s_per_call_minute:.3f})"
        for level in result.shipped
    )
    return (
        f"- As shipped (Silero, an end of turn that goes by the words, a greeting): {', '.join(loads)}; in brackets CPU s per call-minute."
    )


def _about_the_other_core(rated: Level | None) -> Iterator[str]:
    if rated is None or rated.workers_busy is None or rated.redis_busy is None:
        return
    callers = f"{rated.callers_busy:.0%}" if rated.callers_busy is not None else "not noted"
    shares = f"workers {rated.workers_busy:.0%}, Redis {rated.redis_busy:.0%}, callers {callers}"
    waited = f"; workers waited for it up to {max(rated.workers_waited.values()):.0%} of the time" if rated.workers_waited else ""
    behind = "; at times the gateway took them to be behind, and made no drafts" if rated.load_level else ""
    yield f"- At the rated load the other core, which is the bench's own, was shared out so: {shares}{waited}{behind}."


def _about_the_bare_loop(result: Result) -> Iterator[str]:
    bare = at_calls(result.bare, REFERENCE_CALLS)
    if bare is None:
        return
    cost = bare.cpu_s_per_call_minute
    fits = abs(cost - _REFERENCE_CPU) <= _NEAR * _REFERENCE_CPU
    word = "within" if fits else f"{cost / _REFERENCE_CPU:.2f} times, so not within"
    here = "" if fits else f" Here it had one of {_cores(result.machine)}."
    takes, near = f"{cost:.3f} CPU seconds per call-minute at {REFERENCE_CALLS} calls", f"{100 * _NEAR:g} %"
    yield f"- The bare loop takes {takes}: {word} {near} of the reference's {_REFERENCE_CPU}, whose callers said half as much.{here}"


def _cores(machine: Machine) -> str:
    clock = f"at {machine.mhz:.0f} MHz" if machine.mhz else "whose clock was not noted"
    return f"{machine.cores} cores of {machine.name}, {clock}"
