"""How a worker's process begins, with a real Redis."""

import asyncio

import pytest

from common.bus import Delivery, WorkerBus
from common.config import Settings
from common.errors import ConfigError, TorimError, VendorError
from common.redis_bus import RedisGatewayBus
from common.stage import work
from common.vendors import Choice

LIMIT_S = 10.0


class Vendor:
    """A vendor that warms up as it is told."""

    def __init__(self, failure: TorimError | None = None, *, warms_up: bool = True) -> None:
        self.closed = False
        self.warming = asyncio.Event()
        self._failure = failure
        self._warms_up = warms_up

    async def warm_up(self) -> None:
        self.warming.set()
        if not self._warms_up:
            await asyncio.get_running_loop().create_future()
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        self.closed = True


async def handle(delivery: Delivery, bus: WorkerBus) -> None:
    raise AssertionError("there is nothing to do")


async def serve(vendor: Vendor, draining: asyncio.Event, url: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        await work("llm", Choice("fake", "test"), vendor, handle, 1, Settings(redis_url=url), draining)


async def until_alive(url: str, draining: asyncio.Event) -> None:
    """Return, and drain the worker, once its stage is alive."""
    bus = RedisGatewayBus(url)
    while "llm" not in await bus.stages_alive():  # noqa: ASYNC110 - liveness can only be asked for
        await asyncio.sleep(0.005)
    draining.set()
    await bus.close()


async def test_a_stage_is_alive_once_its_vendor_is_warm(redis_url: str) -> None:
    draining, vendor = asyncio.Event(), Vendor()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(vendor, draining, redis_url))
        await until_alive(redis_url, draining)
    assert vendor.warming.is_set()


async def test_a_vendor_that_cannot_be_reached_does_not_keep_the_stage_from_living(redis_url: str) -> None:
    draining, vendor = asyncio.Event(), Vendor(VendorError("fake", "connection", retryable=True))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(vendor, draining, redis_url))
        await until_alive(redis_url, draining)
    assert vendor.closed


async def test_a_refused_key_ends_the_start(redis_url: str) -> None:
    with pytest.RaisesGroup(ConfigError):
        await serve(Vendor(ConfigError("OPENAI_API_KEY: refused")), asyncio.Event(), redis_url)


async def test_a_start_that_fails_closes_the_vendor(redis_url: str) -> None:
    vendor = Vendor(ConfigError("OPENAI_API_KEY: refused"))
    with pytest.RaisesGroup(ConfigError):
        await serve(vendor, asyncio.Event(), redis_url)
    assert vendor.closed


async def test_a_drain_does_not_wait_for_a_vendor_that_warms_up(redis_url: str) -> None:
    draining, vendor = asyncio.Event(), Vendor(warms_up=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(vendor, draining, redis_url))
        await vendor.warming.wait()
        draining.set()
    assert vendor.closed


async def test_an_end_at_once_does_not_wait_for_a_vendor_that_warms_up(redis_url: str) -> None:
    vendor = Vendor(warms_up=False)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve(vendor, asyncio.Event(), redis_url))
        await vendor.warming.wait()
        serving.cancel()
    assert serving.cancelled()
