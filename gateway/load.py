"""Whether the workers are behind: what is given up for it, and in which order.

    calm ──(0.2 s)──▶ behind: the calls make no drafts ──(BUSY_AFTER_SEC)──▶ overloaded: new calls are refused, too
      ◀──────────────────────────────(caught up)──────────────────────────────┘

The sign is the age of the oldest entry that no worker has read: a queue that moves is no load, however
long it is. Where the bus does not answer, nobody reads either, so its silence counts alike, and has a name of its own: it is
no worker that is missing then. Who was refused once
is not let in before the workers caught up: calls would come in and be refused by turns.
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from common import metrics
from common.errors import BusUnavailable

BEHIND_S = 0.2
_PERIOD_S = 0.5


class Level(IntEnum):
    """How loaded the workers are."""

    CALM = 0
    BEHIND = 1
    OVERLOADED = 2


class Backlog(Protocol):
    """The one thing that is asked."""

    async def backlog_s(self) -> float:
        """Age of the oldest unread entry of all stages; 0 if there is none."""


class Load:
    """How loaded the workers are now, and whether there is room; at first there is."""

    def __init__(self, busy_after_s: float, most_calls: int | None = None) -> None:
        """``most_calls`` that the gateway may have; None: they are not counted."""
        metrics.begin_at_0(metrics.REFUSED, "overloaded", "redis_away", "too_many_calls")
        self.level = Level.CALM
        self._busy_after_s = busy_after_s
        self._most_calls = most_calls
        self._answered_at_s = 0.0
        self._answers = True

    def why_busy(self, calls: int) -> str:
        """Why a gateway that has so many calls takes no new one; empty: it does."""
        if self._most_calls is not None and calls >= self._most_calls:
            return "too_many_calls"
        if self.level is not Level.OVERLOADED:
            return ""
        return "overloaded" if self._answers else "redis_away"

    async def watch(self, bus: Backlog, tell: Callable[[bool], object]) -> None:
        """Look, for ever; ``tell`` hears each change of whether they are behind at all."""
        self._answered_at_s = asyncio.get_running_loop().time()
        while True:
            was, self.level = self.level, self._level(await self._age_s(bus))
            metrics.LOAD_LEVEL.set(self.level)
            if (was is Level.CALM) is not (self.level is Level.CALM):
                tell(self.level is not Level.CALM)
            await asyncio.sleep(_PERIOD_S)

    def _level(self, age_s: float) -> Level:
        if age_s < BEHIND_S:
            return Level.CALM
        return Level.OVERLOADED if self.level is Level.OVERLOADED or age_s > self._busy_after_s else Level.BEHIND

    async def _age_s(self, bus: Backlog) -> float:
        clock = asyncio.get_running_loop().time
        try:
            age_s = await bus.backlog_s()
        except BusUnavailable:
            self._answers = False
            return BEHIND_S + clock() - self._answered_at_s
        self._answered_at_s = clock()
        self._answers = True
        return age_s
