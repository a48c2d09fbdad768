"""The pictures of a run."""

from collections.abc import Callable, Iterator, Sequence

from tests.bench.load.chart import Series, bars, lines
from tests.bench.load.figures import ENOUGH
from tests.bench.load.goals import CALLS_GOAL, CLEAR_GOALS_MS, CPU_GOAL
from tests.bench.load.level import Level
from tests.bench.load.parts import VENDORS_MS
from tests.bench.load.result import Result
from tests.bench.load.servers import END_OF_TURN_S

_NAMES = ("p50", f"p99 or, of fewer than {ENOUGH} values, the largest")


def pictures(result: Result) -> Iterator[tuple[str, str, str]]:
    """Name, what it shows, and the SVG of each."""
    yield "cpu", "CPU seconds per call-minute", _cpu(result)
    yield "clear", "From a caller's onset over the bot to `clear` on the wire", _clear(result)
    yield "voice-to-voice", "From a caller's last voiced frame to the first one of the answer", _voice_to_voice(result)
    if (busiest := _with_parts(result)) is not None:
        yield "own-share", f"Our own share of a turn at {busiest.calls} calls, by part", _own_share(busiest)


def _points(levels: Sequence[Level], of: Callable[[Level], float | None]) -> list[tuple[float, float]]:
    return [(level.calls, y) for level in levels if (y := of(level)) is not None and level.calls > 1]


def _cpu(result: Result) -> str:
    series = [
        Series(name, _points(levels, lambda level: level.cpu_s_per_call_minute))
        for name, levels in (
            ("gateway", result.gateway),
            ("bare loop", result.bare),
            ("with Silero", result.silero),
            ("as shipped", result.shipped),
        )
        if levels
    ]
    return lines("CPU seconds per call-minute", "calls on one core", "s", series, (f"goal at {CALLS_GOAL} calls", CPU_GOAL))


def _clear(result: Result) -> str:
    series = [
        Series(f"{name} {share}", _points(levels, of), dashed=share == "p99", colour=colour)
        for colour, (name, levels) in enumerate((("gateway", result.gateway), ("bare loop", result.bare)))
        for share, of in (("p50", lambda level: level.onset_to_clear_ms.p50), ("p99", _clear_p99))
    ]
    return lines("Onset over the bot to clear", "calls on one core", "ms", series, ("goal, p99", CLEAR_GOALS_MS["p99"]))


def _clear_p99(level: Level) -> float | None:
    return level.onset_to_clear_ms.p99 if level.onset_to_clear_ms.count >= ENOUGH else None


def _voice_to_voice(result: Result) -> str:
    rows = [
        (f"{name}, {level.calls} calls", level.voice_to_voice_ms.p50, level.voice_to_voice_ms.tail)
        for name, levels in (
            ("drafts on", result.gateway),
            ("drafts off", result.no_drafts),
            ("bare loop", result.bare),
        )  # nothing holds the others' end of turn to those 800 ms
        for level in levels
        if level.voice_to_voice_ms.p50 is not None and level.voice_to_voice_ms.tail is not None
    ]
    return bars("Voice to voice", f"ms; end of turn {1000 * END_OF_TURN_S:g}, vendors {VENDORS_MS}", rows, _NAMES)


def _with_parts(result: Result) -> Level | None:
    """The largest level without drafts that held, else the smallest one."""
    found = [level for level in result.no_drafts if any(part.count for part in (level.parts_ms or {}).values())]
    held = [level for level in found if level.held]
    return held[-1] if held else next(iter(found), None)


def _own_share(level: Level) -> str:
    assert level.parts_ms is not None
    rows = [(name, part.p50, part.tail) for name, part in level.parts_ms.items() if part.p50 is not None and part.tail is not None]
    return bars(f"Our own share of a turn at {level.calls} calls", "ms", rows, _NAMES)
