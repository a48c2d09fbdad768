"""A run of the bench that nobody measured, for tests of what is told of one."""

from dataclasses import replace

from tests.bench.load.figures import Spread
from tests.bench.load.level import FrameTimes, Level
from tests.bench.load.parts import answers, parts_of
from tests.bench.load.result import Machine, Result, Steps

MACHINE = Machine("a processor", 2, "6.1", "3.11.7", (0.1, 0.2, 0.3))
QUICK, SLOW = Spread(50, 101.0, 103.0, 105.0, 110.0), Spread(50, 200.0, 350.0, 400.0, 500.0)
TIMES = FrameTimes(
    lead_ms=Spread(9, 148.0, 160.0, 163.0, 165.0), least_lead_ms=110.0, lateness_ms=Spread(9, 0.0, 8.0, 10.0, 38.0), frames=9, underruns=0,
    underruns_over_5_ms=0, of_these_beside_a_stall=0, longest_gap_ms=0.0, tick_lateness_ms={"p50": 1.0, "p99": 2.0, "largest": 5.0},
)  # fmt: skip


def level(server: str, calls: int, cpu_s: float = 0.15, clear: Spread = QUICK) -> Level:
    """One that reached its goals, but for what is said."""
    return Level(
        server=server, calls=calls, seconds=30, cpu_s_per_call_minute=cpu_s, core_busy=0.3, waited=0.01, memory_mb=80, memory_mb_before=70,
        onset_to_clear_ms=clear, voice_to_voice_ms=Spread(50, 805.0, 820.0, 830.0, 840.0), own_share_ms=Spread(50, 5.0, 20.0, 30.0, 40.0),
        frame_times=TIMES, stalls_over_5_ms=0, longest_stall_ms=1.0, caller_latest_ms=2.0, utterances=50, unanswered=0, not_cleared=0,
        frames_after_clear=0, calls_lost=0, load_before=0.1, redis_cpu_ms_per_answer=2.0,
    )  # fmt: skip


def result() -> Result:
    """Which reached every goal up to 150 calls, and did not hold at 200."""
    log = "EVENT call=CA1 turn=1 WATERFALL gap_ms=1216 wait_ms=800 publish_ms=2 asr_hop_ms=1 asr_ms=100 gate_ms=0 first_frame_ms=1\n"
    bare = [level("bare loop", 10, 0.2), level("bare loop", 110, 0.1), level("bare loop", 150, 0.08)]
    gateway = [level("gateway with drafts", 10), level("gateway with drafts", 150), level("gateway with drafts", 200, clear=SLOW)]
    no_drafts = [replace(level("gateway", 10), parts_ms=parts_of(answers(log)))]
    return Result(
        "2026-11-23T01:00Z",
        MACHINE,
        "short",
        bare=bare,
        gateway=gateway,
        no_drafts=no_drafts,
        steps=[Steps("asr", 9, 900, 2000)],
        ready_s=[4],
    )


BUSY = replace(
    level("gateway with drafts", 150), callers_busy=0.4, redis_cpu_ms_per_answer=60.0,
    worker_cpu_ms_per_answer={"asr": 30.0, "llm": 60.0, "tts": 90.0},
    workers_waited={"asr": 0.1, "llm": 0.2, "tts": 0.3}, load_level=1,
)  # fmt: skip
"""The rated level, of which it is known what the other core did."""
