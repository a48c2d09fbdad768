"""One clock for all calls: absolute, caught up with within the lead, never re-based by a late tick."""

import asyncio

from prometheus_client import REGISTRY

from gateway.pacer import Pacer
from gateway.playout import FRAME_S, LEAD_S
from tests import virtual_clock


def ticks_of(seconds: float, stalls: dict[int, float] | None = None) -> tuple[list[float], Pacer]:
    """When a call was ticked, where tick n takes ``stalls[n]`` seconds of everybody's time."""
    times: list[float] = []

    async def main() -> Pacer:
        pacer, loop = Pacer(), asyncio.get_running_loop()
        assert isinstance(loop, virtual_clock.VirtualLoop)

        def tick(now: float) -> None:
            times.append(round(now, 6))
            loop._jumping.now_s += (stalls or {}).get(len(times), 0.0)

        pacer.join(tick)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(pacer.run())
            await asyncio.sleep(seconds)
            running.cancel()
        return pacer

    pacer = virtual_clock.run(main())
    return times, pacer


def test_ticks_come_every_20_ms() -> None:
    times, _ = ticks_of(0.1)
    assert times[:4] == [0.02, 0.04, 0.06, 0.08]


def test_a_late_tick_does_not_move_those_behind_it() -> None:
    times, _ = ticks_of(0.2, {1: 0.05})
    assert 0.1 in times


def test_missed_ticks_are_made_up_for_within_the_lead() -> None:
    times, pacer = ticks_of(0.2, {1: 0.05})
    assert pacer.late_ticks == 0
    assert times[:4] == [0.02, 0.07, 0.07, 0.08]


def test_a_stall_beyond_the_lead_is_skipped_and_counted() -> None:
    times, pacer = ticks_of(1.0, {1: LEAD_S + 3 * FRAME_S})
    assert pacer.late_ticks == 1
    assert times[2] > times[1]


def test_lateness_is_that_of_waking_up_and_not_the_work_of_a_tick_that_ends_in_time() -> None:
    late_s, took_s = counted("torim_tick_lateness_seconds_sum"), counted("torim_tick_seconds_sum")
    ticks_of(0.1, {1: 0.015})
    assert (round(counted("torim_tick_lateness_seconds_sum") - late_s, 6), round(counted("torim_tick_seconds_sum") - took_s, 6)) == (
        0,
        0.015,
    )


def test_a_tick_that_takes_longer_than_a_frame_makes_the_next_one_late() -> None:
    late_s = counted("torim_tick_lateness_seconds_sum")
    ticks_of(0.1, {1: 0.03})
    assert round(counted("torim_tick_lateness_seconds_sum") - late_s, 6) == 0.01


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


def test_a_call_that_left_is_not_ticked() -> None:
    ticked: list[float] = []

    async def main() -> None:
        pacer = Pacer()
        pacer.join(ticked.append)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(pacer.run())
            await asyncio.sleep(0.05)
            pacer.leave(ticked.append)
            ticked.clear()
            await asyncio.sleep(1)
            running.cancel()

    virtual_clock.run(main())
    assert ticked == []
