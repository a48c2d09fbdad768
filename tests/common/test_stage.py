"""How a worker's process begins: with a real Redis, and where only time passes on a virtual clock."""

import asyncio

import pytest

from common.bus import Delivery, WorkerBus
from common.config import Settings
from common.errors import ConfigError, TorimError, VendorError
from common.messages import Stage
from common.redis_bus import RedisGatewayBus
from common.stage import setting_of, warm_up, work
from common.vendors import Choice
from tests.virtual_clock import run

LIMIT_S = 10.0
UNREACHABLE = VendorError("fake", "connection", retryable=True)


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


class Away:
    """A vendor that cannot be reached until its so-many-th warm-up."""

    def __init__(self, failures: int) -> None:
        self._failures = failures
        self.tried_s: list[float] = []

    async def warm_up(self) -> None:
        self.tried_s.append(asyncio.get_running_loop().time())
        if len(self.tried_s) <= self._failures:
            raise UNREACHABLE

    async def close(self) -> None:
        pass


class Stuck(Vendor):
    """A vendor that does not close."""

    async def close(self) -> None:
        await asyncio.get_running_loop().create_future()


async def handle(delivery: Delivery, bus: WorkerBus) -> None:
    raise AssertionError("there is nothing to do")


async def serve(vendor: Vendor | Away, draining: asyncio.Event, url: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        await work("llm", Choice("fake", "test"), vendor, handle, 1, Settings(redis_url=url), draining)


async def until_alive(url: str, draining: asyncio.Event) -> None:
    """Return, and drain the worker, once its stage is alive."""
    bus = RedisGatewayBus(url)
    try:
        while "llm" not in await bus.stages_alive():  # noqa: ASYNC110 - liveness can only be asked for
            await asyncio.sleep(0.005)
        draining.set()
    finally:
        await bus.close()


async def test_a_stage_is_alive_once_its_vendor_is_warm(redis_url: str) -> None:
    draining, vendor = asyncio.Event(), Vendor()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(vendor, draining, redis_url))
        await until_alive(redis_url, draining)
    assert vendor.warming.is_set()


def test_a_vendor_that_cannot_be_reached_is_tried_again_after_longer_and_longer_pauses() -> None:
    vendor = Away(failures=6)
    run(warm_up("llm", Choice("fake", "test"), vendor, Settings()))
    assert vendor.tried_s == [0, 1, 3, 7, 15, 30, 45]


def test_each_failure_names_the_vendor_and_the_setting_that_leads_to_it(caplog: pytest.LogCaptureFixture) -> None:
    run(warm_up("llm", Choice("openai", "test"), Away(failures=2), Settings(llm_base_url="http://here")))
    told = [record.getMessage().rsplit(" ", 1)[0] for record in caplog.records if record.levelname == "ERROR"]
    assert told == 2 * ["stage=llm vendor=openai what=not_warm error=connection see=LLM_BASE_URL"]


@pytest.mark.parametrize(
    ("stage", "vendor", "settings", "named"),
    [
        ("asr", "openai", Settings(), "OPENAI_API_KEY"),
        ("asr", "openai", Settings(asr_base_url="http://a", openai_base_url="http://b", llm_base_url="http://c"), "ASR_BASE_URL"),
        ("llm", "openai", Settings(openai_base_url="http://b", asr_base_url="http://a"), "OPENAI_BASE_URL"),
        ("tts", "openai", Settings(tts_openai_base_url="http://a", openai_base_url="http://b"), "TTS_OPENAI_BASE_URL"),
        ("llm", "openai_2", Settings(), "OPENAI_2_BASE_URL"),
        ("tts", "google", Settings(), "GOOGLE_APPLICATION_CREDENTIALS"),
        ("tts", "google", Settings(tts_base_url="http://a"), "TTS_BASE_URL"),
        ("asr", "whisper", Settings(), "WHISPER_MODEL"),
        ("tts", "local", Settings(), "TTS_VENDOR"),
    ],
)
def test_every_vendor_has_a_setting_that_leads_to_it(stage: Stage, vendor: str, settings: Settings, named: str) -> None:
    assert setting_of(stage, Choice(vendor, "test"), settings) == named


async def test_a_stage_does_not_live_before_its_vendor_can_be_reached(redis_url: str) -> None:
    draining, vendor = asyncio.Event(), Away(failures=1)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(vendor, draining, redis_url))
        await until_alive(redis_url, draining)
    assert len(vendor.tried_s) == 2


async def test_a_drain_does_not_wait_for_the_next_try(redis_url: str) -> None:
    draining, vendor = asyncio.Event(), Vendor(UNREACHABLE)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(vendor, draining, redis_url))
        await vendor.warming.wait()
        draining.set()
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


def test_a_vendor_that_does_not_close_does_not_hold_the_end_up(caplog: pytest.LogCaptureFixture) -> None:
    async def end() -> None:
        draining = asyncio.Event()
        draining.set()
        await serve(Stuck(warms_up=False), draining, "unix:///nowhere")

    run(end())
    assert "stage=llm what=vendor_left_open" in caplog.text
