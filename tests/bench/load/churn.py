"""What a call's begin and end cost: calls that come and go beside those that stand.

::

    standing  |=============================================================|
    short     .                              |-| |-| |-| |-| |-| |-| |-| |-|
              | so many seconds without them | as many seconds with them    |

The server's CPU of the second half, less that of the first and what calls cost that stand, goes to the short ones. What the
others notice of it is in the gateway's own lateness, of each half.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from tests.bench.load.callers import Callers
from tests.bench.load.level import SETTLE_S
from tests.bench.load.processes import usage
from tests.bench.load.scraped import quantiles, scrape, ticks
from tests.bench.load.servers import Server

EVERY_S, LASTS_S = 0.2, 1.0
"""Five a second, five more at a time."""
_PLACES = 10
"""On the line, in turn: each is free again by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Churn:
    """What was found."""

    standing: int
    came: int
    cpu_ms_a_call: float
    """For its begin and end, without the second that it lasts."""
    lost: int
    """Of those that stand."""
    tick_lateness_ms: dict[str, float]
    """Of the gateway's clock, as upper bounds: with short calls."""
    tick_lateness_before_ms: dict[str, float]
    """Without them."""


async def measure_churn(server: Server, standing: int, seconds: float) -> Churn:
    """So many seconds without short calls, and so many with them."""
    callers = Callers(server.port, seed=standing)
    async with asyncio.TaskGroup() as tasks:
        speaking = tasks.create_task(callers.speak())
        await callers.dial(standing)
        await asyncio.sleep(SETTLE_S)
        calm = await _half(server, asyncio.sleep(seconds, 0))
        busy = await _half(server, _come_and_go(callers, standing, seconds))
        lost = sum(line.gone for line in callers.lines[:standing])
        callers.hang_up()
        await asyncio.sleep(SETTLE_S / 4)
        speaking.cancel()
    return Churn(
        standing=standing,
        came=busy.came,
        cpu_ms_a_call=round(1000 * cpu_s_a_call(calm.cpu_s, busy.cpu_s, standing * seconds, busy.came), 2),
        lost=lost,
        tick_lateness_ms=quantiles(busy.ticks),
        tick_lateness_before_ms=quantiles(calm.ticks),
    )


def cpu_s_a_call(calm_s: float, busy_s: float, call_seconds: float, came: int) -> float:
    """What each call took that came and went: ``calm_s`` were taken by so many seconds of calls that stood."""
    return (busy_s - calm_s - came * LASTS_S * calm_s / call_seconds) / came


@dataclass(frozen=True, slots=True)
class _Half:
    cpu_s: float
    ticks: dict[float, float]
    came: int


async def _half(server: Server, meanwhile: Awaitable[int]) -> _Half:
    cpu_s, before = usage(server.pid).cpu_s, ticks(await scrape(server))
    came = await meanwhile
    counted = {bound: count - before.get(bound, 0.0) for bound, count in ticks(await scrape(server)).items()}
    return _Half(usage(server.pid).cpu_s - cpu_s, counted, came)


async def _come_and_go(callers: Callers, standing: int, seconds: float) -> int:
    """How many did."""
    count = round(seconds / EVERY_S)
    async with asyncio.TaskGroup() as calls:
        for number in range(count):
            calls.create_task(_short_call(callers, standing + number % _PLACES))
            await asyncio.sleep(EVERY_S)
    return count


async def _short_call(callers: Callers, place: int) -> None:
    line = await callers.call(place)
    await asyncio.sleep(LASTS_S)
    line.hang_up()
