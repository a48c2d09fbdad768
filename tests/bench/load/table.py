"""The figures of a run as tables of Markdown, which people can read unrendered, too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.bench.load.churn import Churn
from tests.bench.load.ends import no_answer
from tests.bench.load.figures import ENOUGH, Spread
from tests.bench.load.gaps import Gaps
from tests.bench.load.level import Level
from tests.bench.load.result import Result


def tables(result: Result) -> Iterator[str]:
    """All of them, each behind its heading."""
    yield from _section("Cost and cleanness by the number of calls", _levels(result))
    yield from _section("What callers notice", _noticed(result))
    yield from _section("Frame clock", _clocks(result.levels))
    yield from _section("The other core", _other_core([*result.gateway, *result.silero, *result.shipped, *result.no_drafts]))
    yield from _section("Beside the gateway", _beside(result))


def _section(heading: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"## {heading}"
    yield ""
    yield from rows
    yield ""


def row(*cells: object) -> str:
    """One row."""
    return "| " + " | ".join("-" if cell is None else str(cell) for cell in cells) + " |"


def head(*names: str) -> Iterator[str]:
    """The first two rows."""
    yield row(*names)
    yield row(*(":--" if number == 0 else "--:" for number in range(len(names))))


def _levels(result: Result) -> Iterator[str]:
    yield from head("server", "calls", "CPU s / call-minute", "x bare loop", "core busy", "waited for the core", "MB / call", "held")
    for level in result.levels:
        times = result.times_bare(level)
        ratio = None if times is None else f"{times:.2f}"
        busy, waited = f"{level.core_busy:.0%}", f"{level.waited:.0%}"
        yield row(
            level.server,
            level.calls,
            f"{level.cpu_s_per_call_minute:.3f}",
            ratio,
            busy,
            waited,
            f"{level.mb_per_call:.2f}",
            _held(level),
        )
    yield ""
    yield "Whether a level held is not known where nobody cut in or nobody was answered."


def _held(level: Level) -> str:
    if not level.held:
        return "no"
    return "yes" if level.onset_to_clear_ms.count and level.utterances else "not known"


def _noticed(result: Result) -> Iterator[str]:
    yield from head(
        "server", "calls", "interruptions", "onset to clear", "sound after clear", "answers", "voice to voice", "own share",
        "unanswered", "extra answers", "fillers", "in place of an answer", "not cleared", "lost calls", "callers' latest",
    )  # fmt: skip
    for level in result.levels:
        share = None if level in result.silero else level.own_share_ms  # nothing holds its end of turn to where the callers' voices are cut
        cuts, times = three(level.onset_to_clear_ms), (three(level.voice_to_voice_ms), share and three(share))
        given_up = sum(no_answer(level.ends).values()) if level.ends is not None else None
        troubles = (level.unanswered, level.extra_answers, level.fillers, given_up, level.not_cleared, level.calls_lost)
        counted = (level.onset_to_clear_ms.count, cuts, level.frames_after_clear, level.utterances)
        yield row(level.server, level.calls, *counted, *times, *troubles, f"{level.caller_latest_ms:.0f}")
    yield ""
    yield f"p50 / p95 / p99 in ms; of fewer than {ENOUGH} the largest, in brackets, instead of p99. Sound after clear: frames. In place of"
    yield "an answer: turns that ended with a fallback or with nothing heard, and stages that failed, by the gateway's own word."


def three(found: Spread) -> str | None:
    """p50, p95, and the largest in brackets or p99."""
    return None if found.p50 is None else f"{found.p50:.0f} / {_tail(found)}"


def _tail(found: Spread) -> str | None:
    """The last two of them."""
    if found.p95 is None:
        return None
    return f"{found.p95:.0f} / " + (f"{found.tail:.0f}" if found.count >= ENOUGH else f"({found.tail:.0f})")


def _clocks(levels: Sequence[Level]) -> Iterator[str]:
    yield from head(
        "server", "calls", "frames", "underruns > 5 ms", "beside a stall", "longest gap", "lead p50 / least", "late p95 / p99",
        "tick late p99 / most", "stalls > 5 ms", "longest stall",
    )  # fmt: skip
    for level in levels:
        times = level.frame_times
        lead = f"{times.lead_ms.p50} / {times.least_lead_ms}" if times.lead_ms.p50 is not None else None
        gaps = (times.underruns_over_5_ms, times.of_these_beside_a_stall, times.longest_gap_ms)
        yield row(
            *(level.server, level.calls, times.frames, *gaps, lead, _tail(times.lateness_ms), _ticks(times.tick_lateness_ms)),
            *(level.stalls_over_5_ms, level.longest_stall_ms),
        )
    yield ""
    yield "Times in ms. Late is what a frame's lead is less than the level's median; the gateway sends two frames at a time, of"
    yield "which the second has 20 ms more lead. Ticks are the gateway's own"
    yield "word: the bounds of the buckets that they lie in."
    yield "A stall is the timer probe's: it ran beside the server on the same core and woke up late."


def _ticks(lateness_ms: Mapping[str, float]) -> str | None:
    return f"{lateness_ms['p99']:g} / {lateness_ms['largest']:g}" if "largest" in lateness_ms else None


def _other_core(levels: Sequence[Level]) -> Iterator[str]:
    """Whether a figure tells of the gateway or of what the bench has beside it."""
    yield from head(
        "server", "calls", "callers", "workers", "Redis", "together", "asr / llm / tts waited", "CPU ms per answer, asr / llm / tts",
        "Redis CPU ms per answer", "load level",
    )  # fmt: skip
    for level in levels:
        busy = (level.callers_busy, level.workers_busy, level.redis_busy, level.other_core_busy)
        waited, cost = _stages(level.workers_waited, ".0%"), _stages(level.worker_cpu_ms_per_answer, "g")
        yield row(level.server, level.calls, *map(_percent, busy), waited, cost, level.redis_cpu_ms_per_answer, level.load_level)
    yield ""
    yield "Shares of the core that callers, workers and Redis have together, and of the time in which a worker could have run and did not."
    yield "Near 100 % the bench is its own limit: what is slow then need not be the gateway. The load level is the gateway's word, the"
    yield "highest of those that it told every five seconds: with 1, workers are behind, and there are no drafts."


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


def _stages(values: Mapping[str, float] | None, form: str) -> str | None:
    return " / ".join(format(each, form) for each in values.values()) if values else None


def _beside(result: Result) -> Iterator[str]:
    yield from head("what", "figure")
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


# --- Our own share


def parts_table(result: Result) -> Iterator[str]:
    """Our own share by part, as the gateway itself tells it."""
    levels = [level for level in result.no_drafts if level.parts_ms]
    if not levels:
        return
    yield "## Our own share of a turn, by part"
    yield ""
    yield from head("part", *(f"{level.calls} calls" for level in levels))
    for name in levels[0].parts_ms or {}:
        yield row(name, *(three(level.parts_ms[name]) for level in levels if level.parts_ms))
    yield ""
    yield "p50 / p95 / p99 in ms, without drafts, out of the gateway's `WATERFALL` events (whole milliseconds)."
    yield ""


def gaps_table(result: Result) -> Iterator[str]:
    """Whether what it tells is what the callers waited."""
    found = [(level, level.gaps) for level in result.levels if level.gaps is not None]
    if not found:
        return
    yield "## The gaps that the gateway tells, less those that callers measured"
    yield ""
    yield from head("server", "calls", "answers", "p50, ms", "p5 / p95", "least / most", "answers of which it told none")
    for level, gaps in found:
        yield row(level.server, level.calls, gaps.answers, gaps.p50, *_spans(gaps), gaps.untold)
    yield ""
    yield "Of each answer `gap_ms` of its `WATERFALL` event, which is the sum of its steps, less voice to voice on the wire: below 0 it"
    yield "tells less than was waited, as the ways to and from the gateway are no part of it."
    yield ""


def _spans(gaps: Gaps) -> Sequence[str | None]:
    return [None if low is None else f"{low} / {high}" for low, high in ((gaps.p5, gaps.p95), (gaps.least, gaps.most))]
