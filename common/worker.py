"""The loop that the three workers share: take an entry, hand it to the stage, keep it alive, let go.

    take ──▶ handler(delivery, bus) ──▶ bus.commit          the handler's own last step
      │            │ VendorError   ──▶ handed back, so that anybody tries again; after the last attempt: fail
      │            │ cancelled     ──▶ its turn was raised past (acknowledged), or another worker owns it
      └── reclaim, every 250 ms: entries whose worker fell silent

Rules:

- Nothing is read while no slot is free: the backlog stays where others can take it. Each shard of the bus has a reader; what one
  of them finds when the others have filled the slots is handed back.
- What is held is renewed four times a second; a renewal brings the news that an entry is lost or stale, and
  ``bus.news`` brings the latter sooner. Heavy computing belongs into threads; while something holds the loop up
  all the same, a thread renews in its place: ``common/standby.py``.
- A takeover is only safe when the silence is the other worker's. After a stall everybody looks
  silent to everybody, so after any trouble, and until the own entries are renewed, nothing is claimed; each shard by itself.
- The handler asks ``bus.done`` before it calls its vendor (what is finished, stale, or for a gateway that is
  gone, is dropped instead), and limits its vendor's time itself. What still hangs after a minute counts as a failed attempt.
- ``draining`` stops the reading, never a read that is answered: an entry could be left with a reader that is gone. What is not
  finished within ``drain_sec``, the last read included, is handed back without counting as an attempt. Being cancelled (INT)
  ends at once.
- What has effects outlives its entry, whose handler may be cancelled at any time: ``common/effects.py``. A drain waits for it, too.
- The worker counts as alive from its first beat on: call ``run_worker`` when the vendor is warm.
"""

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Literal

from common import metrics
from common.bus import Delivery, WorkerBus
from common.config import Settings
from common.deadlines import waited_s
from common.effects import Effects
from common.errors import BusUnavailable, VendorError
from common.messages import Stage, StageFailed, Transcript, Utterance
from common.redis_link import Backoff
from common.rhythm import Rhythm
from common.standby import Standby
from common.streams import ATTEMPTS
from common.worker_shard import Held, Shard, about

logger = logging.getLogger("torim.common")

DRAIN_S = 8.0
READERS_END_S = 0.5
"""What readers have at least to end by themselves: twice as long as a read blocks."""
LAST_WORD_S = 1.2
"""Handing back is one, leaving the other: with a drain of 8 s below the 15 s after which a process is killed.
What is not handed back is taken over as if its worker had died."""

Outcome = Literal["done", "retried", "given_up"]
WorkEnd = Outcome | Literal["stale", "unreachable"]
Handler = Callable[[Delivery, WorkerBus], Awaitable[None]]
"""Works on one delivery and commits it."""


async def run_worker(
    stage: Stage,
    bus: WorkerBus,
    handler: Handler,
    slots: int,
    settings: Settings,
    draining: asyncio.Event | None = None,
    *,
    name: str | None = None,
    rhythm: Rhythm | None = None,
    effects: Effects | None = None,
    second_bus: Callable[[], WorkerBus] | None = None,
) -> None:
    """Work on up to ``slots`` entries at a time until ``draining`` is set, and then on what is held; closes nothing.

    ``effects`` are those that the handler uses, if it does anything that must outlive its entry. ``second_bus``
    makes one for the thread that renews while the loop is too busy; None: there is no such thread.
    """
    name = name or f"{local_names(stage, os.getpid())}{uuid.uuid4().hex[:12]}"
    worker = _Worker(stage, bus, handler, slots, name, rhythm or Rhythm(), effects or Effects(), second_bus)
    drain_s = DRAIN_S if settings.drain_sec is None else settings.drain_sec
    await worker.run(draining or asyncio.Event(), drain_s)


def local_names(stage: Stage, pid: int | None = None) -> str:
    """How the names of this machine's workers begin, or of one of its processes, so that a health check finds them."""
    return f"{stage}-{socket.gethostname()}-" + (f"{pid}-" if pid is not None else "")


class _Worker:
    """One process's work on one stage."""

    def __init__(
        self,
        stage: Stage,
        bus: WorkerBus,
        handler: Handler,
        slots: int,
        name: str,
        rhythm: Rhythm,
        effects: Effects,
        second_bus: Callable[[], WorkerBus] | None,
    ) -> None:
        self._stage: Stage = stage
        self._bus = bus
        self._handler = handler
        self._slots = slots
        self._name = name
        self._rhythm = rhythm
        self._effects = effects
        self._shards = [Shard(number, stage, bus, name, rhythm) for number in range(bus.shards)]
        self._standby = second_bus and Standby(second_bus, stage, name, self._shards, rhythm)
        self._wake = asyncio.Event()

    async def run(self, draining: asyncio.Event, drain_s: float) -> None:
        """Work until drained."""
        async with asyncio.TaskGroup() as group:
            metrics.SLOTS.labels(self._stage).set(self._slots)
            for counter in (metrics.REDELIVERIES, metrics.DEAD_LETTERS):
                metrics.begin_at_0(counter, self._stage)
            self._effects.begin(group, self._wake.set)
            renewing = [self._renew(shard) for shard in self._shards]
            renewing += [self._standby.stand_by()] if self._standby else []
            beside = [group.create_task(each) for each in (*renewing, self._beat(), self._listen(), self._wake_when(draining))]
            reading = [group.create_task(self._consume(shard, group, draining)) for shard in self._shards]
            try:
                await draining.wait()
                ends_s = self._now_s() + drain_s
                await self._stop_reading(reading, drain_s)
                await self._drain(ends_s - self._now_s())
            finally:
                for task in beside:
                    task.cancel()
        await self._leave()

    # Getting work

    async def _consume(self, shard: Shard, group: asyncio.TaskGroup, draining: asyncio.Event) -> None:
        backoff = Backoff()
        while not draining.is_set():
            if self._busy >= self._slots:
                await self._change()
                continue
            try:
                delivery = await shard.next()
                if delivery is not None and not shard.works_on(delivery) and await self._has_slot(delivery):
                    self._begin(shard, delivery, group)
            except BusUnavailable as trouble:
                shard.unreachable(trouble)
                await asyncio.sleep(backoff.pause_s)
                continue
            backoff.reset()
            shard.reached()

    async def _has_slot(self, delivery: Delivery) -> bool:
        """Whether there is a slot still; readers of other shards may have filled them all meanwhile. Else it is handed back."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._rhythm.no_slot_s):
                while self._busy >= self._slots:
                    await self._change()
            return True
        await self._bus.hand_back(self._stage, self._name, [delivery])
        return False

    @property
    def _held(self) -> list[Held]:
        return [held for shard in self._shards for held in shard.held.values()]

    @property
    def _busy(self) -> int:
        return sum(len(shard.held) for shard in self._shards)

    async def _change(self) -> None:
        """Wait for a slot to become free, or for the drain."""
        self._wake.clear()
        await self._wake.wait()

    async def _wake_when(self, draining: asyncio.Event) -> None:
        await draining.wait()
        self._wake.set()

    # Working

    def _begin(self, shard: Shard, delivery: Delivery, group: asyncio.TaskGroup) -> None:
        """Hold it until its task is over. A task that is cancelled before its first step runs nothing of its own, no ``finally`` either."""
        task, began_s = group.create_task(self._work(shard, delivery)), self._now_s()
        held = shard.held[delivery.id] = Held(delivery, task)
        self._count_taken(delivery)
        task.add_done_callback(lambda task: self._let_go(shard, held, task, began_s))

    def _let_go(self, shard: Shard, held: Held, task: "asyncio.Task[WorkEnd]", began_s: float) -> None:
        shard.let_go(held)
        self._wake.set()
        ended = not task.cancelled() and task.exception() is None
        self._count_let_go(held.delivery, began_s, task.result() if ended else held.stopped or "abandoned")

    async def _work(self, shard: Shard, delivery: Delivery) -> WorkEnd:
        try:
            return await self._attempt(delivery)
        except asyncio.CancelledError:
            if shard.held[delivery.id].stopped != "stale":
                raise
            await self._acknowledge(delivery)
            return "stale"
        except BusUnavailable as trouble:
            shard.unreachable(trouble)  # the entry stays pending: whoever is well takes it over
            return "unreachable"

    async def _attempt(self, delivery: Delivery) -> Outcome:
        if delivery.attempt > ATTEMPTS[self._stage]:
            return await self._give_up(delivery, "worker_died")
        try:
            async with asyncio.timeout(self._rhythm.handler_limit_s):
                await self._handler(delivery, self._bus)
                return "done"
        except BusUnavailable:
            raise
        except VendorError as error:
            logger.warning("%s error=%s vendor=%s retryable=%s", about(self._stage, delivery), error.kind, error.vendor, error.retryable)
            return await self._failed(delivery, error.kind, retryable=error.retryable)
        except TimeoutError:
            logger.error("%s error=hung limit_s=%g", about(self._stage, delivery), self._rhythm.handler_limit_s)
            return await self._failed(delivery, "hung", retryable=True)
        except Exception as bug:
            logger.exception("%s error=bug", about(self._stage, delivery))
            return await self._failed(delivery, type(bug).__name__, retryable=True)

    async def _failed(self, delivery: Delivery, error: str, *, retryable: bool) -> Outcome:
        if not retryable or delivery.attempt >= ATTEMPTS[self._stage]:
            return await self._give_up(delivery, error)
        await self._bus.hand_back(self._stage, self._name, [delivery], counts=True)
        return "retried"

    async def _give_up(self, delivery: Delivery, error: str) -> Outcome:
        logger.error("%s what=gave_up error=%s", about(self._stage, delivery), error)
        await self._bus.fail(self._stage, delivery, _stage_failed(self._stage, delivery, error))
        metrics.DEAD_LETTERS.labels(self._stage).inc()
        return "given_up"

    async def _acknowledge(self, delivery: Delivery) -> None:
        with suppress(BusUnavailable):  # then somebody takes it over and finds it stale
            await self._bus.drop(self._stage, delivery)

    # Keeping what is held, or letting it go

    async def _renew(self, shard: Shard) -> None:
        backoff, pause_s = Backoff(), 0.0
        while True:
            await asyncio.sleep(pause_s)
            try:
                renewal = await shard.renew()
            except BusUnavailable as trouble:
                shard.unreachable(trouble)
                pause_s = backoff.pause_s
                continue
            backoff.reset()
            pause_s = self._rhythm.renew_s
            for id_ in renewal.committed & shard.held.keys():
                head = shard.held[id_].delivery.message.head
                self._effects.committed(head.call, head.turn)

    async def _listen(self) -> None:
        async for news in self._bus.news():
            if news.what == "over":
                for shard in self._shards:
                    shard.turn_over(news)
            else:
                self._effects.committed(news.call, news.turn)

    async def _beat(self) -> None:
        while True:
            with suppress(BusUnavailable):  # the readers tell of it
                await self._bus.beat(self._stage, self._name, self._busy / self._slots)
            await asyncio.sleep(self._rhythm.beat_s)

    async def _stop_reading(self, reading: Collection["asyncio.Task[None]"], drain_s: float) -> None:
        """Let the readers end by themselves: an entry could be left with one that is cancelled. It is, where no server answers."""
        _, late = await asyncio.wait(reading, timeout=max(drain_s, READERS_END_S))
        for task in late:
            task.cancel()

    async def _drain(self, drain_s: float) -> None:
        logger.info("worker=%s what=draining held=%d effects=%d limit_s=%g", self._name, self._busy, self._effects.running, drain_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                while self._busy or self._effects.running:
                    await self._change()
        self._effects.abandon()
        left = self._held
        for held in left:
            held.task.cancel()
        await self._last_word(lambda: self._bus.hand_back(self._stage, self._name, [held.delivery for held in left]))
        logger.info("worker=%s what=drained handed_back=%d", self._name, len(left))

    async def _leave(self) -> None:
        """Behind the last beat, which would make it alive again."""
        await self._last_word(lambda: self._bus.leave(self._stage, self._name))
        logger.info("worker=%s what=left", self._name)

    async def _last_word(self, last: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(LAST_WORD_S):
                await last()
        except (BusUnavailable, TimeoutError) as trouble:
            logger.warning("worker=%s what=left_silently error=%s", self._name, type(trouble).__name__)

    # What is counted

    def _count_taken(self, delivery: Delivery) -> None:
        metrics.SLOTS_BUSY.labels(self._stage).inc()
        if delivery.attempt > 1:
            metrics.REDELIVERIES.labels(self._stage).inc()

    def _count_let_go(self, delivery: Delivery, began_s: float, outcome: str) -> None:
        work_s = self._now_s() - began_s
        metrics.SLOTS_BUSY.labels(self._stage).dec()
        metrics.WORK_S.labels(self._stage, outcome).observe(work_s)
        if outcome == "done" and delivery.attempt == 1:  # then the handler has asked the server for its time
            metrics.WAIT_S.labels(self._stage).observe(max(0.0, waited_s(delivery, self._bus) - work_s))

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()


def _stage_failed(stage: Stage, delivery: Delivery, error: str) -> StageFailed:
    message = delivery.message
    match message:
        case Utterance() | Transcript():
            return StageFailed(head=message.head, stage=stage, error=error, utterance=message.utterance, piece=message.piece)
        case _:
            return StageFailed(head=message.head, stage=stage, error=error)
