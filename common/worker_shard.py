"""A worker's part in one shard of the bus: how it gets work there, what it holds of it, and how it keeps that.

A shard may have a server of its own, so each has trouble of its own: what is away in one of them stops neither
the reading nor the takeovers in the others. Ids tell deliveries apart within a shard.
"""

import asyncio
import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from common import streams
from common.bus import Delivery, Renewal, TurnNews, WorkerBus
from common.errors import BusUnavailable
from common.messages import Stage
from common.rhythm import Claims, Rhythm

logger = logging.getLogger("torim.common")


@dataclass(slots=True)
class Held:
    """A delivery that is worked on."""

    delivery: Delivery
    task: "asyncio.Task[Any]"
    stopped: Literal["", "lost", "stale"] = ""


class Shard:
    """One a worker and shard."""

    def __init__(self, number: int, stage: Stage, bus: WorkerBus, worker: str, rhythm: Rhythm) -> None:
        self.held: dict[str, Held] = {}
        self.number = number
        self._stage: Stage = stage
        self._bus = bus
        self._worker = worker
        self._rhythm = rhythm
        self._claims = Claims(rhythm)
        self._random = random.Random(f"{worker} {number}")
        self._reclaim_at_s = 0.0
        self._reachable = True

    # Getting work

    async def next(self) -> Delivery | None:
        """An entry whose worker fell silent, if it is time to look for one; else one that nobody read."""
        now_s = _now_s()
        silence_s = self._claims.least_silence_s(now_s)
        if now_s >= self._reclaim_at_s and silence_s is not None:
            found = await self._bus.reclaim(self._stage, self._worker, self.number, silence_s=silence_s, held=self.held.keys())
            self._claims.answered(_now_s(), _now_s() - now_s)
            if found is not None:
                return found
            self._reclaim_at_s = now_s + self._rhythm.reclaim_s * self._random.uniform(0.8, 1.2)
        return await self._bus.take(self._stage, self._worker, self.number, held=self.held.keys())

    # Keeping it, or letting it go

    def works_on(self, delivery: Delivery) -> bool:
        """Whether it is in hand already. What was handed back may come again before its task is let go."""
        return delivery.id in self.held and not self.held[delivery.id].task.done()

    def let_go(self, held: Held) -> None:
        """Its task is over."""
        if self.held.get(held.delivery.id) is held:
            del self.held[held.delivery.id]

    async def renew(self) -> Renewal:
        """Say that all that is held is worked on; what is not any more is stopped."""
        began_s = _now_s()
        deliveries = [held.delivery for held in self.held.values()]
        renewal = await self._bus.renew(self._stage, self._worker, deliveries, self.number)
        self._claims.renewed(_now_s(), _now_s() - began_s)
        self._stop(renewal.lost, "lost")
        self._stop(renewal.stale, "stale")
        return renewal

    def turn_over(self, news: TurnNews) -> None:
        """Stop what belongs to a turn that is over."""
        self._stop([id_ for id_, held in self.held.items() if _is_over(held.delivery, news)], "stale")

    def _stop(self, ids: Iterable[str], why: Literal["lost", "stale"]) -> None:
        for id_ in ids:
            held = self.held.get(id_)
            if held is not None and not held.stopped:
                logger.info("%s what=stopped why=%s", about(self._stage, held.delivery), why)
                held.stopped = why
                held.task.cancel()

    # Whether its server is there

    def unreachable(self, trouble: BusUnavailable) -> None:
        """It was not: nothing is claimed for a while."""
        self._claims.trouble(_now_s())
        if self._reachable:
            logger.warning("worker=%s shard=%d what=bus_unreachable error=%s", self._worker, self.number, trouble)
        self._reachable = False

    def reached(self) -> None:
        """It was."""
        if not self._reachable:
            logger.info("worker=%s shard=%d what=bus_reachable", self._worker, self.number)
        self._reachable = True


def about(stage: Stage, delivery: Delivery) -> str:
    """How log lines of a delivery begin."""
    head = delivery.message.head
    return f"call={head.call} turn={head.turn} stage={stage} seq={head.seq} attempt={delivery.attempt}"


def _is_over(delivery: Delivery, news: TurnNews) -> bool:
    message = delivery.message
    if message.head.call != news.call or message.head.turn > news.turn:
        return False
    return news.turn == streams.LAST_TURN or streams.stale_by_turn(message)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
