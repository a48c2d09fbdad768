"""What the bench tells of a run that is another one than the one before."""

from dataclasses import replace

from tests.bench.load.churn import Churn
from tests.bench.load.comparison import before_and_after, since
from tests.bench.load.figures import Spread
from tests.bench.load.level import Level
from tests.bench.load.parts import parts_of
from tests.bench.load.result import Result
from tests.bench.load.synthetic import BUSY, MACHINE, TIMES, level
from tests.bench.load.synthetic import result as run

KNOWN = replace(MACHINE, name="a processor (family 6, model 1)")


def result() -> Result:
    """On a processor of which one can know whether it is the same."""
    return replace(run(), machine=KNOWN)


def worse(level: Level) -> Level:
    """In everything, and by so little that it holds."""
    ticks = {"p50": 50.0, "p99": 100.0, "largest": 200.0}
    return replace(
        level,
        memory_mb=level.memory_mb_before + 0.295 * level.calls,
        frame_times=replace(TIMES, underruns_over_5_ms=900, longest_gap_ms=4.9, tick_lateness_ms=ticks),
        onset_to_clear_ms=replace(level.onset_to_clear_ms, p50=251.0, p95=253.0),
        own_share_ms=replace(level.own_share_ms, p99=1030.0),
        worker_cpu_ms_per_answer={name: 5 * ms for name, ms in (level.worker_cpu_ms_per_answer or {}).items()},
        callers_busy=0.2,
    )


def test_a_gateway_that_is_worse_in_everything_is_told_to_be_line_by_line() -> None:
    before = replace(result(), gateway=[BUSY])
    now = replace(before, gateway=[worse(BUSY)])
    assert [line for line in since(before, now) if line.startswith("| gateway")] == [
        "| gateway, 150 calls: audible underruns | 0 | 900 | inf | - | worse |",
        "| gateway, 150 calls: longest gap, ms | 0 | 4.9 | inf | - | worse |",
        "| gateway, 150 calls: ticks late p99, ms | 2 | 100 | 50.00 | - | worse |",
        "| gateway, 150 calls: own share p99, ms | 30 | 1030 | 34.33 | - | worse |",
        "| gateway, 150 calls: asr worker's CPU ms per answer | 30 | 150 | 5.00 | 5.00 | worse |",
        "| gateway, 150 calls: llm worker's CPU ms per answer | 60 | 300 | 5.00 | 5.00 | worse |",
        "| gateway, 150 calls: tts worker's CPU ms per answer | 90 | 450 | 5.00 | 5.00 | worse |",
        "| gateway, 150 calls: MB per call | 0.067 | 0.295 | 4.40 | - | worse |",
        "| gateway, 150 calls: onset to clear p50, ms | 101 | 251 | 2.49 | - | worse |",
        "| gateway, 150 calls: onset to clear p95, ms | 103 | 253 | 2.46 | - | worse |",
        "| gateway, 150 calls: share of the other core | 0.8 | 1.8 | 2.25 | 2.25 | worse |",
    ]


def test_parts_leads_and_what_calls_that_come_and_go_do_are_compared() -> None:
    def of(publish_ms: float, lead_ms: float, lost: int) -> Result:
        found, ticks = result(), {"p50": 1.0, "p99": 2.0 + lost, "largest": 5.0}
        found.no_drafts = [replace(level("gateway", 150), parts_ms=parts_of([{"publish": publish_ms}]))]
        times = replace(TIMES, lead_ms=Spread(9, lead_ms, 160.0, 163.0, 165.0), least_lead_ms=lead_ms / 2)
        found.gateway = [replace(BUSY, frame_times=times)]
        found.churn = Churn(standing=9, came=9, cpu_ms_a_call=9.0, lost=lost, tick_lateness_ms=ticks, tick_lateness_before_ms=ticks)
        return found

    told = [line for line in since(of(2.0, 150.0, 0), of(300.0, 30.0, 5)) if "worse" in line]
    names = {line.split(" | ")[0].lstrip("| ") for line in told}
    assert names >= {
        "gateway without drafts, 150 calls: own share by its parts p50, ms",
        "gateway, 150 calls: lead p50, ms",
        "gateway, 150 calls: least lead, ms",
        "while calls come and go: ticks late p99, ms",
        "while calls come and go: calls lost",
    }


def test_of_a_load_and_of_steps_more_is_better() -> None:
    before = result()
    now = replace(before, gateway=before.gateway[:1], steps=[replace(before.steps[0], per_cpu_s=3000.0)])
    rows = list(since(before, now))
    assert "| rated load, calls | 150 | 10 | 0.07 | - | worse |" in rows
    assert "| asr worker, steps per CPU second | 2000 | 3000 | 1.50 | 1.50 | better |" in rows


# --- What is the machine's


def taking(bare: tuple[float, float], gateway: float) -> Result:
    """So much CPU at 50 and 150 calls, and at 150."""
    loops = [level("bare loop", calls, cpu_s) for calls, cpu_s in zip((50, 150), bare, strict=True)]
    return replace(result(), bare=loops, gateway=[level("gateway with drafts", 150, gateway)])


def rows(before: Result, now: Result) -> list[str]:
    return [line for line in since(before, now) if line.startswith("| gateway")]


def test_what_the_bare_loop_did_as_well_is_the_machines() -> None:
    assert rows(taking((0.1, 0.1), 0.15), taking((0.25, 0.25), 0.375)) == []


def test_a_gateway_that_takes_what_it_took_where_the_bare_loop_takes_half_is_worse() -> None:
    assert rows(taking((0.1, 0.1), 0.15), taking((0.05, 0.05), 0.15)) == [
        "| gateway, 150 calls: CPU s per call-minute | 0.15 | 0.15 | 1.00 | 2.00 | worse |"
    ]


def test_what_lies_within_the_spread_of_the_bare_loops_own_loads_is_chance() -> None:
    before, scattered = taking((0.1, 0.1), 0.15), (0.05, 0.2)
    assert rows(before, taking(scattered, 0.25)) == []
    assert rows(before, taking(scattered, 0.6)) == ["| gateway, 150 calls: CPU s per call-minute | 0.15 | 0.6 | 4.00 | 3.20 | worse |"]


def test_neither_the_bare_loop_nor_a_load_of_few_calls_has_a_row() -> None:
    now = replace(result(), bare=[level("bare loop", 10, 9.0)], gateway=[level("gateway with drafts", 10, 9.0)])
    assert not any("10 calls" in line for line in since(result(), now))


def test_what_is_worse_comes_first() -> None:
    before, now = taking((0.1, 0.1), 0.3), taking((0.1, 0.1), 0.1)
    now.gateway = [replace(now.gateway[0], onset_to_clear_ms=replace(now.gateway[0].onset_to_clear_ms, p50=160.0))]
    assert [line.rsplit("| ", 1)[1] for line in rows(before, now)] == ["worse |", "better |"]


def test_both_commits_and_machines_are_told() -> None:
    before, now = replace(result(), commit="aaa"), replace(result(), commit="bbb", machine=replace(MACHINE, name="another", cores=64))
    told = list(since(before, now))
    assert "commit aaa, a processor (family 6, model 1), 2 cores, Linux 6.1, Python 3.11.7" in told[0]
    assert "commit bbb, another, 64 cores" in told[0]
    assert told[1].startswith("**Not the same machine**: ")
    assert not any(line.startswith("**") for line in since(before, replace(before, machine=replace(KNOWN, load=(9.0, 9.0, 9.0)))))


# --- What is not measured alike


def with_onset(bare_ms: float, gateway_ms: float, made: Result) -> Result:
    """Its onset to clear (p50) at 150 calls, a rated load and ticks that are others' by as much."""
    loop, house = (
        replace(each, onset_to_clear_ms=replace(each.onset_to_clear_ms, p50=ms))
        for each, ms in ((level("bare loop", 150), bare_ms), (level("gateway with drafts", 150), gateway_ms))
    )
    return replace(made, bare=[loop], gateway=[house], ready_s=[gateway_ms])


def test_without_family_and_model_nobody_knows_whether_it_is_the_same_processor() -> None:
    unknown = "**Not known whether it is the same processor**: "
    other = replace(result(), machine=replace(MACHINE, name="another"))
    assert list(since(run(), result()))[1].startswith(unknown)
    assert list(since(run(), run()))[1].startswith(unknown)
    assert list(since(other, result()))[1].startswith("**Not the same machine**: ")
    assert list(since(result(), replace(result(), machine=replace(KNOWN, name="a processor (family 6, model 2)"))))[1].startswith(
        "**Not the"
    )


def test_on_a_machine_that_may_be_another_times_are_judged_beside_the_bare_loops_and_what_it_has_none_of_is_not() -> None:
    before = with_onset(100.0, 100.0, run())
    assert [line for line in since(before, with_onset(200.0, 200.0, run())) if line.startswith("| ")] == []
    told = [line for line in since(before, with_onset(200.0, 600.0, run())) if line.startswith("| ") and "figure" not in line]
    assert [line for line in told if ":--" not in line] == [
        "| gateway, 150 calls: onset to clear p50, ms | 100 | 600 | 6.00 | 3.00 | worse |"
    ]


def test_across_a_change_of_the_bench_what_it_did_not_change_is_judged_alone() -> None:
    before = replace(result(), gateway=[BUSY])
    steps = [replace(before.steps[0], per_cpu_s=500.0)]
    level = replace(worse(BUSY), cpu_s_per_call_minute=0.45, redis_cpu_ms_per_answer=600.0)
    now = replace(before, gateway=[level], steps=steps, method=before.method + 1, ready_s=[400])
    told = list(since(before, now))
    assert told[1].startswith("**The bench itself changed in between**: ")
    names = [line.split(" | ")[0] for line in told if line.endswith((" worse |", " better |"))]
    assert names == [
        "| gateway, 150 calls: MB per call",
        "| asr worker, steps per CPU second",
        "| gateway, 150 calls: CPU s per call-minute",
    ]


def test_between_a_short_form_and_a_long_one_neither_counts_nor_extremes_are_compared() -> None:
    before = replace(result(), gateway=[BUSY])
    told = list(since(before, replace(before, gateway=[worse(BUSY)], form="long")))
    assert told[1].startswith("**One is of the short form, one of the long**: ")
    assert not any("underruns" in line or "longest gap" in line for line in told)
    assert "| gateway, 150 calls: onset to clear p50, ms | 101 | 251 | 2.49 | - | worse |" in told


def test_where_no_load_of_the_bare_loop_is_in_both_nothing_is_said_of_it() -> None:
    assert not any("The bare loop took" in line for line in since(replace(result(), bare=[]), result()))


# --- Before and after


def test_before_and_after_tells_whatever_changed_or_not_beside_the_bare_loop_of_the_same_run() -> None:
    first, last, now = (
        replace(result(), at=at, gateway=[level("gateway with drafts", 10), level("gateway with drafts", 150, cpu_s)])
        for at, cpu_s in (("A", 0.16), ("B", 0.16), ("C", 0.12))
    )
    told = list(before_and_after([first, replace(first, at="between"), last], now))
    assert [line for line in told if line.startswith("| 1")] == [
        "| 150 | A, short | 0.160 | 2.00 | 0.07 | 101 / 103 / (110) | 805 |",
        "| 150 | B, short | 0.160 | 2.00 | 0.07 | 101 / 103 / (110) | 805 |",
        "| 150 | C, short | 0.120 | 1.50 | 0.07 | 101 / 103 / (110) | 805 |",
    ]
    assert len([line for line in before_and_after([first], now) if line.startswith("| 1")]) == 2
    changed = "The bench itself changed in between: its times are not comparable, CPU and memory are."
    assert changed not in told
    assert changed in list(before_and_after([first, replace(last, method=first.method + 1)], now))


def test_what_lies_before_the_first_result_is_said_of_the_one_that_is_kept_alone() -> None:
    kept = replace(result(), at="2026-11-23T04:13Z")
    assert any("4228f84" in line for line in before_and_after([kept], result()))
    assert not any("4228f84" in line for line in before_and_after([result()], kept))
