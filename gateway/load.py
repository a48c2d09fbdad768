"""Whether the workers are behind: what is given up for it, and in which order.

    calm ──(0.2 s)──▶ behind: the calls make no drafts ──(BUSY_AFTER_SEC)──▶ overloaded: new calls are refused, too
      ◀──────────────────────────────(caught up)──────────────────────────────┘

The sign is the age of the oldest entry that no worker has read: a queue that moves is no load, however
long it is. Where the bus does not answer, nobody reads either, so its silence counts alike, and has a name of its own: it is
no worker that is missing then. Who was refused once is not let in before the workers caught up: calls would come in and be refused by
turns.

Of a cluster a shard may be away alone. A call is in the shard that its id says, so no other one can take it: after as long a silence the
new calls of this shard are refused, and those of the others are not.
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from common import metrics
from common.bus import Backlog
from common.errors import BusUnavailable

BEHIND_S = 0.2
_PERIOD_S = 0.5


class Level(IntEnum):
    """How loaded the workers are."""

    CALM = 0
    BEHIND = 1
    OVERLOADED = 2


class Bus(Protocol):
    """The one thing that is asked."""

    async def backlog(self) -> Backlog:
        """How far they are behind."""


class Load:
    """How loaded the workers are now, and whether there is room; at first there is."""

    def __init__(self, busy_after_s: float, most_calls: int | None = None, shard_of: Callable[[str], int] = lambda call: 0) -> None:
        """``most_calls`` that the gateway may have; None: they are not counted. ``shard_of``: of a call, by its id."""
        metrics.begin_at_0(metrics.REFUSED, "overloaded", "redis_away", "too_many_calls")
        self.level = Level.CALM
        self._busy_after_s = busy_after_s
        self._most_calls = most_calls
        self._answered_at_s = 0.0
        self._answers = True
        self._shard_of = shard_of
        self._away_since_s: dict[int, float] = {}
        """Shards that do not answer while others do."""
        self._looked_at_s = 0.0

    def why_busy(self, calls: int, call: str) -> str:
        """Why a gateway that has so many calls does not take this new one; empty: it does."""
        if self._most_calls is not None and calls >= self._most_calls:
            return "too_many_calls"
        if self.level is Level.OVERLOADED:
            return "overloaded" if self._answers else "redis_away"
        away_since_s = self._away_since_s.get(self._shard_of(call), self._looked_at_s)
        return "redis_away" if self._looked_at_s - away_since_s > self._busy_after_s else ""

    async def watch(self, bus: Bus, tell: Callable[[bool], object]) -> None:
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

    async def _age_s(self, bus: Bus) -> float:
        clock = asyncio.get_running_loop().time
        try:
            backlog = await bus.backlog()
        except BusUnavailable:
            self._answers = False
            return BEHIND_S + clock() - self._answered_at_s
        self._answered_at_s = self._looked_at_s = clock()
        self._answers = True
        self._away_since_s = {shard: self._away_since_s.get(shard, clock()) for shard in backlog.away}
        return backlog.age_s
