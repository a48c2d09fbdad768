"""The timer of a call, on both loops: asyncio's own, and uvloop, which the gateway runs on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from gateway.timer import Timer

LOOPS = pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
NewLoop = Callable[[], asyncio.AbstractEventLoop]


def run(new_loop: NewLoop, ask: Callable[[Timer, float], Awaitable[None]]) -> int:
    """How often it rang for what was asked of it, at ``now``."""
    rang = list[None]()

    async def asked() -> None:
        await ask(Timer(lambda: rang.append(None)), asyncio.get_running_loop().time())

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asked())
    return len(rang)


async def what_is_due() -> None:
    """Let the loop go round until all that is due was called."""
    for _ in range(5):
        await asyncio.sleep(0)


@LOOPS
def test_a_time_that_is_over_rings_once_however_often_it_is_asked_for(new_loop: NewLoop) -> None:
    async def ask(timer: Timer, now: float) -> None:
        timer.ring_by(now - 1)
        timer.ring_by(now - 1)
        timer.ring_by(now - 2)
        await what_is_due()

    assert run(new_loop, ask) == 1


@LOOPS
def test_an_earlier_time_moves_it(new_loop: NewLoop) -> None:
    async def ask(timer: Timer, now: float) -> None:
        timer.ring_by(now + 60)
        timer.ring_by(now)
        await what_is_due()

    assert run(new_loop, ask) == 1


@LOOPS
def test_a_later_time_does_not_move_it(new_loop: NewLoop) -> None:
    async def ask(timer: Timer, now: float) -> None:
        timer.ring_by(now)
        timer.ring_by(now + 60)
        await what_is_due()

    assert run(new_loop, ask) == 1


@LOOPS
def test_it_rings_again_when_it_is_asked_again(new_loop: NewLoop) -> None:
    async def ask(timer: Timer, now: float) -> None:
        timer.ring_by(now)
        await what_is_due()
        timer.ring_by(now)
        await what_is_due()

    assert run(new_loop, ask) == 2


@LOOPS
def test_stopped_it_does_not_ring(new_loop: NewLoop) -> None:
    async def ask(timer: Timer, now: float) -> None:
        timer.ring_by(now)
        timer.stop()
        await what_is_due()

    assert run(new_loop, ask) == 0
