"""The figures of a run as tables of Markdown, which people can read unrendered, too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.bench.load.churn import Churn
from tests.bench.load.figures import Spread, changes
from tests.bench.load.level import Level
from tests.bench.load.result import Result, at_calls

_ENOUGH = 100
"""Fewer values have no p99."""
_REFERENCE_CALLS, _REFERENCE_CPU, _NEAR = 110, 0.12, 0.3
"""A bare loop on websockets, on such cores, at so many calls."""


def tables(result: Result) -> Iterator[str]:
    """All of them, each behind its heading."""
    yield from _section("Cost and cleanness by the number of calls", _levels(result))
    yield from _section("What callers notice", _noticed(result.levels))
    yield from _section("Frame clock", _clocks([*result.bare, *result.gateway, *result.silero]))
    yield from _section("Beside the gateway", _beside(result))


def _section(heading: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"## {heading}"
    yield ""
    yield from rows
    yield ""


def row(*cells: object) -> str:
    """One row."""
    return "| " + " | ".join("-" if cell is None else str(cell) for cell in cells) + " |"


def _head(*names: str) -> Iterator[str]:
    yield row(*names)
    yield row(*(":--" if number == 0 else "--:" for number in range(len(names))))


def _levels(result: Result) -> Iterator[str]:
    yield from _head("server", "calls", "CPU s / call-minute", "x bare loop", "core busy", "waited for the core", "MB / call", "held")
    for level in result.levels:
        bare = result.bare_beside(level)
        ratio = f"{level.cpu_s_per_call_minute / bare.cpu_s_per_call_minute:.2f}" if bare and bare.cpu_s_per_call_minute else None
        per_call = (level.memory_mb - level.memory_mb_before) / level.calls
        busy, waited = f"{level.core_busy:.0%}", f"{level.waited:.0%}"
        yield row(level.server, level.calls, f"{level.cpu_s_per_call_minute:.3f}", ratio, busy, waited, f"{per_call:.2f}", _yes(level.held))


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _noticed(levels: Sequence[Level]) -> Iterator[str]:
    yield from _head(
        "server", "calls", "interruptions", "onset to clear", "sound after clear", "answers", "voice to voice", "own share",
        "unanswered", "not cleared", "lost calls", "callers' latest",
    )  # fmt: skip
    for level in levels:
        cuts, times = level.onset_to_clear_ms, (level.voice_to_voice_ms, level.own_share_ms)
        rest = (level.unanswered, level.not_cleared, level.calls_lost, f"{level.caller_latest_ms:.0f}")
        counted = (cuts.count, _three(cuts), level.frames_after_clear, level.utterances)
        yield row(level.server, level.calls, *counted, *(_three(each) for each in times), *rest)
    yield ""
    yield f"p50 / p95 / p99 in ms; of fewer than {_ENOUGH} the largest, in brackets, instead of p99. Sound after clear: frames."


def _three(found: Spread) -> str | None:
    if found.p50 is None:
        return None
    tail = f"{found.p99:.0f}" if found.count >= _ENOUGH else f"({found.largest:.0f})"
    return f"{found.p50:.0f} / {found.p95:.0f} / {tail}"


def _clocks(levels: Sequence[Level]) -> Iterator[str]:
    yield from _head(
        "server", "calls", "frames", "underruns > 5 ms", "beside a stall", "longest gap", "lead p50 / least", "late p50 / p95 / p99",
        "tick late p99 / most", "stalls > 5 ms", "longest stall",
    )  # fmt: skip
    for level in levels:
        times = level.frame_times
        lead = f"{times.lead_ms.p50} / {times.least_lead_ms}" if times.lead_ms.p50 is not None else None
        gaps = (times.underruns_over_5_ms, times.of_these_beside_a_stall, times.longest_gap_ms)
        yield row(
            *(level.server, level.calls, times.frames, *gaps, lead, _three(times.lateness_ms), _ticks(times.tick_lateness_ms)),
            *(level.stalls_over_5_ms, level.longest_stall_ms),
        )
    yield ""
    yield "Times in ms. Ticks are the gateway's own word: the bounds of the buckets that they lie in."
    yield "A stall is the timer probe's: it ran beside the server on the same core and woke up late."


def _ticks(lateness_ms: Mapping[str, float]) -> str | None:
    return f"{lateness_ms['p99']:g} / {lateness_ms['largest']:g}" if "largest" in lateness_ms else None


def _beside(result: Result) -> Iterator[str]:
    yield from _head("what", "figure")
    for level in result.gateway:
        if level.redis_cpu_ms_per_answer is not None and level.calls >= 10:
            yield row(f"Redis CPU per answer at {level.calls} calls", f"{level.redis_cpu_ms_per_answer} ms")
    if result.churn is not None:
        yield from _churn(result.churn)
    for each in result.steps:
        yield row(f"{each.stage} worker: steps per second of its CPU", f"{each.per_cpu_s:.0f} ({each.per_s:.0f} a second here)")
    if result.ready_s:
        yield row("`make run` to ready", " / ".join(f"{each:.1f}" for each in sorted(result.ready_s)) + " s")


def _churn(found: Churn) -> Iterator[str]:
    beside = f"beside {found.standing} others"
    yield row(f"a call's begin and end, {beside} ({found.came}; {found.lost} of the others lost)", f"{found.cpu_ms_a_call} ms of CPU")
    late = " / ".join(_ticks(each) or "-" for each in (found.tick_lateness_before_ms, found.tick_lateness_ms))
    yield row("the gateway's ticks, late p99 / most, without calls that come and go / with them", f"{late} ms")


# --- In words


def verdict(result: Result) -> Iterator[str]:
    """The few sentences that matter most."""
    machine = result.machine
    load = ", ".join(f"{each:.1f}" for each in machine.load)
    yield (
        f"{result.at}, {result.form} form; {machine.name}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}; "
        f"load of the last 1, 5 and 15 minutes when it began: {load}; commit {result.commit or 'not noted'}."
    )
    yield ""
    yield _rated(result)
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
    return f"- **Rated load: {rated.calls} calls a core{at_the_end}.**"


def _about_the_bare_loop(result: Result) -> Iterator[str]:
    bare = at_calls(result.bare, _REFERENCE_CALLS)
    if bare is None:
        return
    cost = bare.cpu_s_per_call_minute
    fits = abs(cost - _REFERENCE_CPU) <= _NEAR * _REFERENCE_CPU
    word = "within" if fits else f"{cost / _REFERENCE_CPU:.2f} times, so not within"
    yield f"- The bare loop takes {cost:.3f} CPU seconds per call-minute at {_REFERENCE_CALLS} calls: {word} 30 % of the reference's 0.12."


def since(before: Result | None, now: Result) -> Iterator[str]:
    """What changed by more than a tenth since a result that was kept."""
    if before is None:
        yield "No earlier result is kept."
        return
    found = changes(before.figures, now.figures)
    yield f"Compared with {before.at} ({before.form} form, load {before.machine.load[0]:.1f}; now {now.machine.load[0]:.1f}):"
    yield ""
    if not found:
        yield "nothing differs by more than a tenth."
        return
    yield from _head("figure", "before", "now", "ratio")
    for change in found:
        yield row(change.name, f"{change.before:g}", f"{change.now:g}", f"{change.ratio:.2f}")


# --- Our own share, and what falls short


def parts_table(result: Result) -> Iterator[str]:
    """Our own share by part, as the gateway itself tells it."""
    levels = [level for level in result.no_drafts if level.parts_ms]
    if not levels:
        return
    yield "## Our own share of a turn, by part"
    yield ""
    yield from _head("part", *(f"{level.calls} calls" for level in levels))
    for name in levels[0].parts_ms or {}:
        yield row(name, *(_three(level.parts_ms[name]) for level in levels if level.parts_ms))
    yield ""
    yield "p50 / p95 / p99 in ms, without drafts, out of the gateway's `WATERFALL` events (whole milliseconds)."
    yield ""


_CPU_GOAL, _RATIO_GOAL, _CALLS_GOAL, _MEMORY_GOAL_MB = 0.2, 2.0, 150, 0.3
_SHARE_GOALS_MS = (10.0, 25.0, 50.0)
_VOICE_GOAL_MS = (830.0, 860.0)


def shortfalls(result: Result) -> Iterator[str]:
    """Each goal that was not reached in this run; or that there is none."""
    found = [f"- {each}" for each in _shortfalls(result)]
    yield from found or ["Every goal was reached in this run."]


def _shortfalls(result: Result) -> Iterator[str]:
    rated = result.rated
    if rated is None or rated.calls < _CALLS_GOAL:
        yield f"Rated load: {rated.calls if rated else 0} calls, the goal is {_CALLS_GOAL}."
    level = at_calls(result.gateway, _CALLS_GOAL)
    if level is not None:
        yield from _cost_shortfalls(level, result)
    yield from _parts_shortfalls(result)
    yield from _silero_shortfalls(result)
    quiet = rated or (result.gateway[0] if result.gateway else None)
    if quiet is not None:
        yield from _time_shortfalls(quiet)


def _cost_shortfalls(level: Level, result: Result) -> Iterator[str]:
    if level.cpu_s_per_call_minute > _CPU_GOAL:
        yield f"CPU at {level.calls} calls: {level.cpu_s_per_call_minute:.3f} s per call-minute, the goal is {_CPU_GOAL}."
    bare = result.bare_beside(level)
    if bare and level.cpu_s_per_call_minute > _RATIO_GOAL * bare.cpu_s_per_call_minute:
        ratio = level.cpu_s_per_call_minute / bare.cpu_s_per_call_minute
        yield f"CPU at {level.calls} calls: {ratio:.2f} times the bare loop, the goal is {_RATIO_GOAL:g}."
    per_call_mb = (level.memory_mb - level.memory_mb_before) / level.calls
    if per_call_mb > _MEMORY_GOAL_MB:
        yield f"Memory at {level.calls} calls: {per_call_mb:.2f} MB a call with its audio, the goal is {_MEMORY_GOAL_MB} and the audio."


def _parts_shortfalls(result: Result) -> Iterator[str]:
    """Without drafts our share is on top of the vendors' time, which workers measure: of a vendor that is late it is no part."""
    for level in result.no_drafts:
        parts = dict(level.parts_ms or {})
        share = parts.pop("all of it", None)
        if level.held and share is not None and share.p50 is not None and share.p50 > _SHARE_GOALS_MS[0]:
            largest = sorted(parts.items(), key=lambda each: -(each[1].p50 or 0))[:3]
            most = ", ".join(f"{name} {spread.p50:g}" for name, spread in largest)
            goals = " / ".join(f"{goal:g}" for goal in _SHARE_GOALS_MS)
            yield f"Own share without drafts at {level.calls} calls: {_three(share)} ms, the goal is {goals}; of p50 most: {most}."


def _silero_shortfalls(result: Result) -> Iterator[str]:
    for level in result.silero:
        beside = at_calls(result.gateway, level.calls)
        if beside:
            more = level.cpu_s_per_call_minute / beside.cpu_s_per_call_minute
            yield f"Silero, the detector that is shipped: {more:.2f} times webrtcvad's CPU at {level.calls} calls; goals are webrtcvad's."


def _time_shortfalls(level: Level) -> Iterator[str]:
    share, voice = level.own_share_ms, level.voice_to_voice_ms
    goals = (("p50", share.p50, _SHARE_GOALS_MS[0]), ("p95", share.p95, _SHARE_GOALS_MS[1]), ("p99", share.p99, _SHARE_GOALS_MS[2]))
    for name, value, goal in goals:
        if value is not None and value > goal:
            yield f"Own share at {level.calls} calls, {name}: {value:.0f} ms, the goal is {goal:g}."
    for name, value, goal in (("p50", voice.p50, _VOICE_GOAL_MS[0]), ("p95", voice.p95, _VOICE_GOAL_MS[1])):
        if value is not None and value > goal:
            yield f"Voice to voice with drafts at {level.calls} calls, {name}: {value:.0f} ms, the goal is {goal:g}."
