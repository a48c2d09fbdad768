"""One 20 ms clock for all calls of the process.

Theory
    The schedule is absolute: tick n is due at start + n * 20 ms. A late tick is followed by
    the next one at its own time, so lateness never adds up; what a call owes its line by then
    it sends in one go, since ``Playout.take`` counts time, not ticks. After a stall longer than
    the lead the missed ticks are skipped, not made up for.
"""

import asyncio
import logging
from collections.abc import Callable

from common import metrics
from gateway.playout import FRAME_S, LEAD_S

logger = logging.getLogger("torim.gateway")

Tick = Callable[[float], None]
_TELL_S = 10.0
"""Late ticks are told at most so often."""


class Pacer:
    """Ticks every call until it leaves."""

    def __init__(self) -> None:
        self.late_ticks = 0
        """Ticks that came more than a lead too late: a gap may have been heard."""
        self._tell_at = 0.0
        self._ticks: set[Tick] = set()
        self._somebody = asyncio.Event()

    def join(self, tick: Tick) -> None:
        """Call ``tick(now)`` every 20 ms from now on."""
        self._ticks.add(tick)
        self._somebody.set()

    def leave(self, tick: Tick) -> None:
        """No more ticks."""
        self._ticks.discard(tick)
        if not self._ticks:
            self._somebody.clear()

    async def run(self) -> None:
        """Tick for ever; stands still while there is no call."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._somebody.wait()
            due = clock() + FRAME_S
            while self._ticks:
                await asyncio.sleep(max(0.0, due - clock()))
                now = clock()
                due = self._next(due, now)
                for tick in tuple(self._ticks):
                    tick(now)
                metrics.TICK_S.observe(clock() - now)

    def _next(self, due: float, now: float) -> float:
        """When the tick behind that which was due, and comes now, is due."""
        lateness = now - due
        metrics.TICK_LATENESS_S.observe(max(0.0, lateness))
        if lateness <= LEAD_S:
            return due + FRAME_S
        self.late_ticks += 1
        if now >= self._tell_at:
            self._tell_at = now + _TELL_S
            logger.warning("what=late_tick lateness_ms=%d late_ticks=%d calls=%d", 1000 * lateness, self.late_ticks, len(self._ticks))
        return now + FRAME_S
