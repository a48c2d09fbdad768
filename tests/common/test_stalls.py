"""A server or a worker that stands still for a while, on a real server in real time: nobody takes work that somebody does."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from common import streams
from common.bus import Delivery, Output, WorkerBus
from common.config import Settings
from common.messages import Transcript, Utterance
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.worker import run_worker
from tests.contract.house import CALL, GATEWAY, STREAM, utterance

pytestmark = pytest.mark.e2e

HELD = 12
"""Entries, half of them with each worker."""
_LIMIT_S = 30.0


@dataclass
class Stage:
    """A handler that holds what it gets until it is told to go on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    attempts: Counter[int] = field(default_factory=Counter)
    """Of each utterance, by its number."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        message = delivery.message
        assert isinstance(message, Utterance)
        self.attempts[message.utterance] += 1
        self.changed.set()
        await self.go_on.wait()
        transcript = Transcript(head=message.head, utterance=message.utterance, text="hello", piece=message.piece)
        await bus.commit("asr", delivery, [Output(None, transcript)])

    async def until_held(self, count: int) -> None:
        """Wait until so many entries have begun."""
        while len(self.attempts) < count:
            self.changed.clear()
            await self.changed.wait()


@dataclass
class Bench:
    """Two workers on a server that can be paused."""

    gateway: RedisGatewayBus
    server: Redis
    stage: Stage

    async def publish(self, number: int) -> None:
        """Another piece of work."""
        await self.gateway.publish("asr", utterance(number=number, piece="segment", seq=number))

    async def pause(self, seconds: float) -> None:
        """Return when the server answers again."""
        await self.server.client_pause(round(1000 * seconds))
        await self.server.set(streams.gateway_alive(streams.ONE_TAG, GATEWAY), "1", ex=streams.ALIVE_TTL_S)  # as its reader says

    async def results(self, count: int) -> list[int]:
        """The utterances that the gateway got words of."""
        found: list[int] = []
        async for delivery in self.gateway.replies(GATEWAY):
            assert isinstance(delivery.message, Transcript)
            found.append(delivery.message.utterance)
            if len(found) == count:
                break
        return found


@asynccontextmanager
async def bench(url: str) -> AsyncIterator[Bench]:
    """A gateway with a call, and two workers with half of the slots each."""
    gateway, one, two = RedisGatewayBus(url), RedisWorkerBus(url), RedisWorkerBus(url)
    await gateway.take_call(CALL, GATEWAY, STREAM, "en")
    stage = Stage()
    async with asyncio.timeout(_LIMIT_S), Redis.from_url(url) as server, asyncio.TaskGroup() as group:
        running = [group.create_task(run_worker("asr", bus, stage.handle, HELD, Settings())) for bus in (one, two)]
        yield Bench(gateway, server, stage)
        for task in running:
            task.cancel()
    for each in (gateway, one, two):
        await each.close()


@pytest.mark.parametrize("seconds", [0.6, 1.2, 1.9, 4.0])
async def test_a_server_that_stands_still_makes_nobody_take_anothers_work(redis_url: str, seconds: float) -> None:
    async with bench(redis_url) as made:
        for number in range(HELD):
            await made.publish(number)
        await made.stage.until_held(HELD)
        await made.pause(seconds)
        await made.pause(1.2)  # a second stall, while everybody comes back from the first
        await made.publish(HELD)
        await made.stage.until_held(HELD + 1)
        made.stage.go_on.set()
        results = await made.results(HELD + 1)
        assert (max(made.stage.attempts.values()), sorted(results)) == (1, list(range(HELD + 1)))


def compute(seconds: float) -> None:
    """Be busy without a pause, as a model in pure Python would be."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(1_000))


async def test_a_worker_that_computes_for_long_in_a_thread_keeps_its_work(redis_url: str) -> None:
    began: list[int] = []

    async def handle(delivery: Delivery, bus: WorkerBus) -> None:
        began.append(delivery.attempt)
        await asyncio.to_thread(compute, 2.5)
        await bus.commit("asr", delivery, [])
        ended.set()

    ended = asyncio.Event()
    gateway, one, two = RedisGatewayBus(redis_url), RedisWorkerBus(redis_url), RedisWorkerBus(redis_url)
    await gateway.take_call(CALL, GATEWAY, STREAM, "en")
    async with asyncio.timeout(_LIMIT_S), asyncio.TaskGroup() as group:
        running = [group.create_task(run_worker("asr", bus, handle, 1, Settings())) for bus in (one, two)]
        await gateway.publish("asr", utterance())
        await ended.wait()
        for task in running:
            task.cancel()
    for each in (gateway, one, two):
        await each.close()
    assert began == [1]
