"""A worker's entries stay its own while its event loop is too busy to renew them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import pytest

from common.bus import Delivery, Renewal, WorkerBus
from common.config import Settings
from common.errors import BusUnavailable
from common.messages import Stage
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_link import Connect, connect
from common.rhythm import Claims, Rhythm
from common.standby import SignsOfLife, Standby
from common.streams import Pace
from common.worker import run_worker
from tests.contract.house import CALL, GATEWAY, STREAM, next_reply, to_gateway, transcript, utterance

LIMIT_S = 30.0
RHYTHM = Rhythm(look_s=0.02, handler_limit_s=60.0)
PACE = Pace(block_ms=20, min_idle_ms=300, slow_ms=75)
RIVALRY = Rhythm(renew_s=0.02, slow_s=PACE.slow_ms / 1000, calm_s=PACE.min_idle_ms / 1000, abandoned_s=LIMIT_S)
"""A rival's rhythm: as every worker, it tells a machine that stood still from a worker that died."""


def signs(handler_limit_s: float = 60.0) -> SignsOfLife:
    return SignsOfLife(Rhythm(look_s=0.2, handler_limit_s=handler_limit_s))


# Whether the loop is too busy


def test_a_loop_that_gives_signs_of_life_is_not_too_busy() -> None:
    made = signs()
    for _ in range(3):
        made.give()
        assert not made.missing()


def test_a_loop_without_a_sign_since_the_last_look_is_too_busy() -> None:
    made = signs()
    made.give()
    assert [made.missing(), made.missing(), made.missing()] == [False, True, True]


def test_a_loop_that_goes_on_is_not_too_busy_any_more() -> None:
    made = signs()
    made.missing()
    made.give()
    assert not made.missing()


def test_a_loop_that_hangs_for_longer_than_a_handler_may_take_is_given_up() -> None:
    made = signs(handler_limit_s=0.6)
    assert [made.missing() for _ in range(5)] == [True, True, True, False, False]


def test_a_loop_that_was_given_up_is_waited_for_again_once_it_went_on() -> None:
    made = signs(handler_limit_s=0.2)
    for _ in range(3):
        made.missing()
    made.give()
    assert [made.missing(), made.missing(), made.missing()] == [False, True, False]


# On a real server, in real time


async def claims(url: str, span_s: float) -> list[Delivery]:
    """The first that another worker, in a loop of its own, gets of what looks silent within this time."""
    bus, found, calm = RedisWorkerBus(url, pace=PACE), list[Delivery](), Claims(RIVALRY)
    now_s = asyncio.get_running_loop().time
    calm.renewed(now_s(), 0.0)
    until_s = now_s() + span_s
    while not found and now_s() < until_s:
        began_s = now_s()
        if calm.least_silence_s(began_s) == 0:
            found += [delivery for delivery in [await bus.reclaim("asr", "rival")] if delivery is not None]
        calm.renewed(now_s(), now_s() - began_s)
        await asyncio.sleep(RIVALRY.renew_s)
    await bus.close()
    return found


def block(work: Callable[[], None]) -> None:
    """Hold the loop up until a thread has done ``work``."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


class Busy:
    """A handler that holds its loop up while a rival claims what it can, for four times as long as a silent worker keeps its entries."""

    def __init__(self, url: str, span_s: float = 4 * PACE.min_idle_ms / 1000) -> None:
        self._url, self._span_s = url, span_s
        self.attempts: list[int] = []
        self.claimed: list[Delivery] = []

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        self.attempts.append(delivery.attempt)
        block(lambda: self.claimed.extend(asyncio.run(claims(self._url, self._span_s))))
        await bus.commit("asr", delivery, [to_gateway(transcript())])


async def answered(url: str, handle: Callable[[Delivery, WorkerBus], Awaitable[None]], second_bus: Callable[[], WorkerBus]) -> object:
    """What the gateway gets of a worker that is ended behind it."""
    gateway, bus, draining = RedisGatewayBus(url, pace=PACE), RedisWorkerBus(url, pace=PACE), asyncio.Event()
    await gateway.take_call(CALL, GATEWAY, STREAM, "en")
    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
        group.create_task(run_worker("asr", bus, handle, 1, Settings(), draining, rhythm=RHYTHM, second_bus=second_bus))
        await gateway.publish("asr", utterance())
        reply = await next_reply(gateway.replies(GATEWAY))
        draining.set()
    await bus.close()
    await gateway.close()
    return reply.message


@pytest.mark.e2e
async def test_a_handler_that_holds_the_loop_up_keeps_its_entry_and_answers_once(redis_url: str) -> None:
    busy = Busy(redis_url)
    reply = await answered(redis_url, busy.handle, partial(RedisWorkerBus, redis_url, pace=PACE))
    assert (reply, busy.attempts, busy.claimed) == (transcript(), [1], [])


@pytest.mark.e2e
async def test_a_handler_that_holds_the_loop_up_loses_its_entry_where_nobody_stands_in(redis_url: str) -> None:
    busy = Busy(redis_url, LIMIT_S / 2)
    await answered(redis_url, busy.handle, partial(IdleBus, redis_url))
    assert [delivery.attempt for delivery in busy.claimed] == [2]


@pytest.mark.e2e
async def test_the_thread_ends_with_its_worker(redis_url: str) -> None:
    await answered(redis_url, Busy(redis_url).handle, partial(RedisWorkerBus, redis_url, pace=PACE))
    assert "standby" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.e2e
async def test_a_thread_that_does_not_end_is_not_waited_for() -> None:
    may_end = threading.Event()

    def made_late() -> WorkerBus:
        may_end.wait()
        return RedisWorkerBus("unix:///nowhere")

    standby = Standby(made_late, "asr", "one", [], RHYTHM)
    try:
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await standby.stand_by()
        assert "standby" in {thread.name for thread in threading.enumerate()}
    finally:
        may_end.set()


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("error", "line"), [(BusUnavailable("TimeoutError"), "what=standby_unreachable"), (ValueError("bug"), "what=standby_failed")]
)
async def test_what_goes_wrong_in_the_thread_is_told(redis_url: str, caplog: pytest.LogCaptureFixture, error: Exception, line: str) -> None:
    await answered(redis_url, Busy(redis_url).handle, partial(IdleBus, redis_url, error))
    assert line in caplog.text


class IdleBus(RedisWorkerBus):
    """A second bus, a fake in one thing: it renews nothing, and may fail at that."""

    def __init__(self, url: str, error: Exception | None = None, *, pace: Pace | None = None, connect: Connect = connect) -> None:
        super().__init__(url, pace=pace, connect=connect)
        self._error = error

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        if self._error is not None:
            raise self._error
        return Renewal(frozenset(), frozenset(), frozenset())
