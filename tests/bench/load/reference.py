"""What others were measured at, as it was told to this project, and our rows beside it."""

from collections.abc import Iterator

from tests.bench.load.goals import CALLS_GOAL
from tests.bench.load.level import Level
from tests.bench.load.result import Result, at_calls
from tests.bench.load.table import head, row

_OTHERS = (
    ("bare loop on `websockets`", "0.12 (110 calls) to 0.075 (300)", "300 tried", "0.02", "100 / 102", "1311 / 1332 (no early start)"),
    ("bare loop on picows", "0.044 (600)", "600 tried", "0.03", "100 / 103", "1311 / 1333"),
    ("vocode 0.1.113", "0.18-0.36", "100 tried", "0.2", "313 / 355", "2001 / 2005"),
    ("livekit-agents 1.8.9 session, no room", "1.45-1.7", "20 tried", "7", "241 / 301", "971 / 1277 (starts the LLM early)"),
    ("Pipecat 1.14, Silero", "2.1-2.6", "24", "12", "365 / 592", "1296 / 1337"),
    ("Pipecat 1.14, webrtcvad (fires on every noise file)", "1.8", "20", "1.6", "185 / 188", "1336 / 1655"),
)
REFERENCE_CALLS = 110
"""Of the bare loop that was measured first."""
_DIFFERS = """\
All rows but those of this run were measured **elsewhere** and are given as they were reported: from the caller's side, on two cores of
a processor that is not named, the server alone on one. Alike are the end of turn (0.8 s) and the vendors' delays (1,210 ms in all
with it). Their callers had **two** exchanges a minute, ours have **four**, half of them interruptions: a call-minute of ours has more
turns, sound and work in it. "Held" is more than no underrun (see Method). "As shipped" ends turns by the words, so that its voice to
voice is of another end of turn."""


def reference(result: Result) -> Iterator[str]:
    """The table, and what differs."""
    yield "## Beside others"
    yield ""
    yield from head(
        "what", "CPU s / call-minute", "calls a core", "MB / call", "onset to clear, p50 / p99 ms", "voice to voice, p50 / p99 ms"
    )
    for cells in _OTHERS:
        yield row(*cells)
    for level in _ours(result):
        yield _row_of(level)
    yield ""
    yield _DIFFERS
    yield ""


def _ours(result: Result) -> Iterator[Level]:
    """At the reference's load, at the goal's and at the rated one, where they were measured."""
    rated = {result.rated.calls} if result.rated else set[int]()
    wanted = ((result.bare, {REFERENCE_CALLS}), (result.gateway, rated), (result.no_drafts, set[int]()), (result.shipped, set[int]()))
    for levels, more in wanted:
        found = (at_calls(levels, calls) for calls in sorted({CALLS_GOAL} | more))
        yield from (level for level in found if level is not None)


def _row_of(level: Level) -> str:
    tried = f"{level.calls} {'held' if level.held else 'did not hold'}"
    times = (
        f"{each.p50:.0f} / {each.p99:.0f}" if each.p50 is not None else None for each in (level.onset_to_clear_ms, level.voice_to_voice_ms)
    )
    return row(f"**this run: {level.server}**", f"{level.cpu_s_per_call_minute:.3f}", tried, f"{level.mb_per_call:.2f}", *times)
