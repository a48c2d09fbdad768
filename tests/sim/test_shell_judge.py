"""Of a simulated call through the shell the judge complains, too, and whatever goes wrong in it is told with its seed."""

import asyncio

from gateway.records.format import Header
from gateway.records.recorder import Recorder, Unrecorded
from tests.sim.broken_rule import BrokenRule
from tests.sim.shell import ShellCall, simulate
from tests.sim.shell_calls import run_calls

_LEFT: list[asyncio.Task[None]] = []


def leaves_a_task(header: Header) -> Recorder:
    """A recorder that begins something and never ends it."""
    _LEFT.append(asyncio.get_running_loop().create_task(asyncio.sleep(3600.0)))
    return Unrecorded()


async def leaves_tasks(seed: int) -> ShellCall:
    """A call in which each stream leaves one."""
    return await simulate(seed, leaves_a_task, hostile=False)


async def breaks(seed: int) -> ShellCall:
    """A call that breaks a rule in one task, and dies in another."""
    if seed == 3:
        rules = BaseExceptionGroup("two", [BrokenRule("seed 3: a rule"), ZeroDivisionError("by none")])
        raise BaseExceptionGroup("tasks", [rules])
    return await simulate(seed, hostile=False)


def test_no_task_may_outlive_a_call() -> None:
    assert run_calls([1], leaves_tasks).outcome.broken == ["seed 1: 1 tasks outlive the call"]


def test_a_call_that_breaks_is_told_with_its_seed_and_the_others_go_on() -> None:
    calls = run_calls([1, 3, 5], breaks)
    assert (calls.outcome.broken, calls.outcome.calls) == (["seed 3: a rule", "seed 3: ZeroDivisionError('by none')"], 2)
