"""The workers' loop on a virtual clock over the bus in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY

from common.bus import Delivery, Output, Renewal, TurnClosed, WorkerBus
from common.config import Settings
from common.errors import BusUnavailable, VendorError
from common.messages import Head, Sentence, Stage, StageFailed, Transcript, Utterance
from common.rhythm import Claims, Rhythm
from common.worker import READERS_END_S, run_worker
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run

CALL, GATEWAY, STREAM, FENCE = "call-1", "gateway-1", "stream-1", 1
SETTINGS = Settings()


def utterance(turn: int = 0, number: int = 1) -> Utterance:
    return Utterance(head=Head(call=CALL, turn=turn, gateway=GATEWAY), utterance=number)


def transcript_of(delivery: Delivery) -> Transcript:
    return Transcript(head=delivery.message.head, utterance=1, text="hello")


async def answer(delivery: Delivery, bus: WorkerBus) -> None:
    await bus.commit("asr", delivery, [Output(None, transcript_of(delivery))])


class Handler:
    """A handler that can be looked at: what it began, was cancelled at, and how many ran at a time."""

    def __init__(self, takes_s: float = 0.0, error: Exception | None = None) -> None:
        self._takes_s = takes_s
        self._error = error
        self._running = 0
        self.most_at_once = 0
        self.attempts: list[int] = []
        self.began_s: list[float] = []
        self.cancelled_s: list[float] = []

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        self.attempts.append(delivery.attempt)
        self.began_s.append(now_s())
        try:
            await asyncio.sleep(self._takes_s)
            if self._error is not None:
                raise self._error
            await answer(delivery, bus)
        except asyncio.CancelledError:
            self.cancelled_s.append(now_s())
            raise
        finally:
            self._running -= 1


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def house() -> MemoryBus:
    bus = MemoryBus()
    await bus.take_call(CALL, GATEWAY, STREAM, "en")
    return bus


async def replies(bus: MemoryBus, count: int) -> list[object]:
    """The first replies to the gateway, which are owed within a virtual minute."""
    found: list[object] = []
    async with asyncio.timeout(60):
        async for delivery in bus.replies(GATEWAY):
            found.append(delivery.message)
            if len(found) == count:
                break
    return found


async def with_worker(
    bus: WorkerBus,
    handle: Callable[[Delivery, WorkerBus], Awaitable[None]],
    then: Coroutine[Any, Any, Any],
    *,
    slots: int = 4,
    name: str = "one",
    settings: Settings = SETTINGS,
) -> Any:
    """What ``then`` returns while a worker runs beside it, which is drained in the end."""
    draining = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_worker("asr", bus, handle, slots, settings, draining, name=name))
        try:
            return await then
        finally:
            draining.set()


async def seconds(span_s: float) -> None:
    await asyncio.sleep(span_s)


# Working


def test_a_worker_answers_what_is_published() -> None:
    async def scenario() -> object:
        bus = await house()
        await bus.publish("asr", utterance())
        return await with_worker(bus, Handler().handle, replies(bus, 1))

    assert run(scenario()) == [Transcript(head=utterance().head, utterance=1, text="hello")]


def test_no_more_entries_are_worked_on_than_there_are_slots() -> None:
    async def scenario() -> int:
        bus, stage = await house(), Handler(takes_s=1)
        for number in range(8):
            await bus.publish("asr", utterance(number=number))
        await with_worker(bus, stage.handle, replies(bus, 8), slots=3)
        return stage.most_at_once

    assert run(scenario()) == 3


def test_the_backlog_stays_where_others_can_take_it() -> None:
    async def scenario() -> Delivery | None:
        bus = await house()
        for number in range(4):
            await bus.publish("asr", utterance(number=number))

        async def other_worker() -> Delivery | None:
            await asyncio.sleep(1)
            return await bus.take("asr", "other")

        found: Delivery | None = await with_worker(bus, Handler(takes_s=5).handle, other_worker(), slots=2)
        return found

    assert run(scenario()).message == utterance(number=2)  # type: ignore[union-attr]  # None fails as well


# What is counted


def counted(name: str, **labels: str) -> float:
    """A sample of the metrics; 0 while nothing was counted."""
    return REGISTRY.get_sample_value(name, {"stage": "asr", **labels}) or 0.0


def test_what_was_worked_on_is_counted_by_its_outcome_and_time() -> None:
    async def scenario() -> None:
        bus = await house()
        await bus.publish("asr", utterance())
        await with_worker(bus, Handler(takes_s=0.3).handle, replies(bus, 1))

    before = [counted(f"torim_work_seconds_{what}", outcome="done") for what in ("count", "sum")]
    run(scenario())
    after = [counted(f"torim_work_seconds_{what}", outcome="done") for what in ("count", "sum")]
    assert [now - was for now, was in zip(after, before, strict=True)] == pytest.approx([1, 0.3], abs=0.01)


def test_redeliveries_and_dead_letters_are_counted() -> None:
    async def scenario() -> None:
        bus = await house()
        await bus.publish("asr", utterance())
        await with_worker(bus, Handler(error=VendorError("v", "http_500", retryable=True)).handle, replies(bus, 1))

    names = ("torim_redeliveries_total", "torim_dead_letters_total")
    before = [counted(name) for name in names]
    run(scenario())
    assert [counted(name) - was for name, was in zip(names, before, strict=True)] == [2, 1]


def test_slots_are_free_again_once_the_work_is_done() -> None:
    async def scenario() -> float:
        bus = await house()
        await bus.publish("asr", utterance())
        busy: float = await with_worker(bus, Handler(takes_s=1).handle, busy_after(0.5))
        return busy

    async def busy_after(span_s: float) -> float:
        await asyncio.sleep(span_s)
        return counted("torim_slots_busy")

    assert (run(scenario()), counted("torim_slots_busy")) == (1, 0)


# Several shards


class ShardedBus(MemoryBus):
    """A bus of two shards: the entries of the second are those of another stage."""

    shards = 2

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        return await super().take(_STAGE_OF[shard], worker, held=held)

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        return await super().reclaim(_STAGE_OF[shard], worker, silence_s=silence_s, held=held)

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        return await super().renew(_STAGE_OF[shard], worker, deliveries)

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], *, counts: bool = False) -> None:
        for delivery in deliveries:
            await super().hand_back(stage_of(delivery), worker, [delivery], counts=counts)


_STAGE_OF: tuple[Stage, Stage] = ("asr", "llm")


def stage_of(delivery: Delivery) -> Stage:
    return "asr" if isinstance(delivery.message, Utterance) else "llm"


async def sharded_house(of_each_shard: int) -> ShardedBus:
    """So many entries in each shard."""
    bus = ShardedBus()
    await bus.take_call(CALL, GATEWAY, STREAM, "en")
    for number in range(of_each_shard):
        await bus.publish("asr", utterance(number=number))
        await bus.publish("llm", Transcript(head=Head(call=CALL, turn=number, gateway=GATEWAY), utterance=number, text="hello"))
    return bus


def test_every_shard_is_read() -> None:
    async def scenario() -> set[Stage]:
        seen = set[Stage]()

        async def handle(delivery: Delivery, bus: WorkerBus) -> None:
            seen.add(stage_of(delivery))
            await bus.drop(stage_of(delivery), delivery)

        await with_worker(await sharded_house(1), handle, seconds(1))
        return seen

    assert run(scenario()) == {"asr", "llm"}


def test_what_a_reader_finds_when_others_filled_the_slots_is_handed_back_uncounted() -> None:
    async def scenario() -> tuple[int, list[int]]:
        bus, most, running, attempts = await sharded_house(3), 0, 0, list[int]()

        async def handle(delivery: Delivery, bus: WorkerBus) -> None:
            nonlocal most, running
            running += 1
            most = max(most, running)
            attempts.append(delivery.attempt)
            await asyncio.sleep(0.4)  # longer than an entry waits for a slot
            await bus.drop(stage_of(delivery), delivery)
            running -= 1

        await with_worker(bus, handle, seconds(5), slots=1)
        return most, attempts

    assert run(scenario()) == (1, [1] * 6)


# Failing


def test_a_vendor_that_fails_is_asked_as_often_as_the_stage_allows() -> None:
    async def scenario() -> list[int]:
        bus, stage = await house(), Handler(error=VendorError("v", "http_500", retryable=True))
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, replies(bus, 1))
        return stage.attempts

    assert run(scenario()) == [1, 2, 3]


def test_another_attempt_begins_within_half_a_second() -> None:
    async def scenario() -> float:
        bus, stage = await house(), Handler(error=VendorError("v", "http_500", retryable=True))
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, replies(bus, 1))
        return stage.began_s[1] - stage.began_s[0]

    assert run(scenario()) <= 0.5


def test_the_gateway_hears_of_a_stage_that_gave_up() -> None:
    async def scenario() -> object:
        bus = await house()
        await bus.publish("asr", utterance())
        return await with_worker(bus, Handler(error=VendorError("v", "http_500", retryable=True)).handle, replies(bus, 1))

    assert run(scenario()) == [StageFailed(head=utterance().head, stage="asr", error="http_500", utterance=1)]


@pytest.mark.parametrize(("error", "attempts"), [(VendorError("v", "http_400", retryable=False), [1]), (ValueError("bug"), [1, 2, 3])])
def test_what_cannot_succeed_fails_at_once_and_a_bug_after_its_attempts(error: Exception, attempts: list[int]) -> None:
    async def scenario() -> list[int]:
        bus, stage = await house(), Handler(error=error)
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, replies(bus, 1))
        return stage.attempts

    assert run(scenario()) == attempts


def test_a_worker_goes_on_after_a_bug() -> None:
    async def scenario() -> object:
        bus = await house()

        async def handle(delivery: Delivery, bus: WorkerBus) -> None:
            if delivery.message == utterance(number=1):
                raise ValueError
            await answer(delivery, bus)

        for number in (1, 2):
            await bus.publish("asr", utterance(number=number))
        return await with_worker(bus, handle, replies(bus, 1))

    assert run(scenario()) == [Transcript(head=utterance().head, utterance=1, text="hello")]


def test_a_handler_that_hangs_is_ended_and_fails() -> None:
    async def scenario() -> list[float]:
        bus, stage = await house(), Handler(takes_s=1_000)
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, seconds(200))
        return stage.cancelled_s

    assert len(run(scenario())) == 3


def test_an_entry_that_kills_its_workers_is_given_up() -> None:
    async def scenario() -> object:
        bus, stage = await house(), Handler()
        await bus.publish("asr", utterance())
        victim = await bus.take("asr", "victim")
        assert victim is not None
        for _ in range(2):
            await bus.hand_back("asr", "victim", [victim], counts=True)
            await bus.reclaim("asr", "victim")
        return await with_worker(bus, stage.handle, replies(bus, 1))

    assert run(scenario()) == [StageFailed(head=utterance().head, stage="asr", error="worker_died", utterance=1)]


def test_a_stage_that_gave_up_on_a_sentence_names_it() -> None:
    async def scenario() -> object:
        bus = await house()
        spoken = Sentence(head=Head(call=CALL, turn=0, seq=2, take=1, gateway=GATEWAY), text="Hello.")
        await bus.publish("tts", spoken)
        async with asyncio.TaskGroup() as group:
            handle = Handler(error=VendorError("v", "http_400", retryable=False)).handle
            task = group.create_task(run_worker("tts", bus, handle, 1, SETTINGS))
            heard = await replies(bus, 1)
            task.cancel()
        return heard

    failed = Head(call=CALL, turn=0, seq=2, take=1, gateway=GATEWAY)
    assert run(scenario()) == [StageFailed(head=failed, stage="tts", error="http_400")]


def test_work_that_redis_broke_off_is_done_again() -> None:
    async def scenario() -> list[int]:
        bus, attempts = await house(), list[int]()

        async def handle(delivery: Delivery, bus: WorkerBus) -> None:
            attempts.append(delivery.attempt)
            if delivery.attempt == 1:
                raise BusUnavailable("TimeoutError")
            await answer(delivery, bus)

        await bus.publish("asr", utterance())
        await with_worker(bus, handle, replies(bus, 1))
        return attempts

    assert run(scenario()) == [1, 2]


def test_work_that_an_outage_broke_off_is_taken_up_by_its_own_worker_when_that_is_over() -> None:
    async def scenario() -> tuple[list[float], list[int]]:
        bus, began_s, attempts = await house(), list[float](), list[int]()

        async def handle(delivery: Delivery, bus: WorkerBus) -> None:
            began_s.append(now_s())
            attempts.append(delivery.attempt)
            if len(attempts) == 1:
                await asyncio.sleep(0.5)
                raise BusUnavailable("ConnectionError")
            await answer(delivery, bus)

        async def outage() -> None:
            await asyncio.sleep(0.1)
            bus.unreachable = True
            await asyncio.sleep(0.6)
            bus.unreachable = False
            await replies(bus, 1)

        await bus.publish("asr", utterance())
        await with_worker(bus, handle, outage())
        return began_s, attempts

    began_s, attempts = run(scenario())
    assert (attempts, began_s[1] < 1.0) == ([1, 1], True)


# Stopping what is not wanted any more


async def cancelled_after_s(bus: MemoryBus, close: Callable[[], Awaitable[None]]) -> float:
    """How long after ``close`` a long piece of work is cancelled."""
    stage = Handler(takes_s=30)
    await bus.publish("asr", utterance())

    async def scenario() -> float:
        await asyncio.sleep(1.1)
        await close()
        closed_s = now_s()
        await asyncio.sleep(2)
        return stage.cancelled_s[0] - closed_s

    after_s: float = await with_worker(bus, stage.handle, scenario())
    return after_s


class DeafBus(MemoryBus):
    """Its news never arrive."""

    def _tell(self, news: object) -> None:
        pass


def test_work_of_a_turn_that_is_over_is_cancelled_by_renewal_alone_within_300_ms() -> None:
    async def scenario() -> float:
        bus = DeafBus()
        return await cancelled_after_s(bus, lambda: bus.close_turn(CALL, TurnClosed(0, "interrupted"), FENCE))

    assert 0 < run(scenario()) <= 0.3


def test_work_of_a_turn_that_is_over_is_cancelled_at_once_by_the_news() -> None:
    async def scenario() -> float:
        bus = await house()
        return await cancelled_after_s(bus, lambda: bus.close_turn(CALL, TurnClosed(0, "interrupted"), FENCE))

    assert run(scenario()) == 0


def test_work_of_a_call_that_is_over_is_cancelled() -> None:
    async def scenario() -> float:
        bus = await house()
        return await cancelled_after_s(bus, lambda: bus.close_call(CALL, FENCE))

    assert run(scenario()) == 0


class HastyBus(MemoryBus):
    """Turn 0 is over at the very moment when work of it is read."""

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        delivery = await super().take(stage, worker, shard, held=held)
        if delivery is not None:
            await self.close_turn(CALL, TurnClosed(0, "interrupted"), FENCE)
        return delivery


def test_work_that_was_over_before_its_first_step_gives_its_slot_back() -> None:
    async def scenario() -> tuple[list[int], int, float]:
        bus, stage = HastyBus(), Handler(takes_s=30)
        await bus.take_call(CALL, GATEWAY, STREAM, "en")
        await bus.publish("asr", utterance())

        async def left() -> tuple[list[int], int, float]:
            await asyncio.sleep(3)
            return stage.attempts, bus.unfinished("asr"), counted("torim_slots_busy")

        found: tuple[list[int], int, float] = await with_worker(bus, stage.handle, left(), slots=1)
        return found

    assert run(scenario()) == ([2], 0, 0)


def test_cancelled_work_is_nobodys_any_more() -> None:
    async def scenario() -> int:
        bus = await house()
        await cancelled_after_s(bus, lambda: bus.close_turn(CALL, TurnClosed(0, "interrupted"), FENCE))
        return bus.unfinished("asr")

    assert run(scenario()) == 0


def test_work_that_another_worker_took_over_is_cancelled() -> None:
    async def scenario() -> float:
        bus, stage = await house(), Handler(takes_s=30)
        await bus.publish("asr", utterance())

        async def steal() -> None:
            await asyncio.sleep(0.1)
            owned = [Delivery("0-1", utterance())]
            await bus.hand_back("asr", "one", owned)
            await bus.reclaim("asr", "thief")
            await asyncio.sleep(0.4)

        await with_worker(bus, stage.handle, steal())
        return stage.cancelled_s[0]

    assert run(scenario()) <= 0.1 + 0.3


# Workers that die, drain or lose Redis


def test_the_work_of_a_dead_worker_is_done_by_another_within_one_and_a_half_seconds() -> None:
    async def scenario() -> float:
        bus, stage = await house(), Handler()
        await bus.publish("asr", utterance())
        await bus.take("asr", "dead")
        died_s = now_s()
        await with_worker(bus, stage.handle, replies(bus, 1))
        return stage.began_s[0] - died_s

    assert 1.0 <= run(scenario()) <= 1.5


def test_a_long_piece_of_work_is_not_taken_over() -> None:
    async def scenario() -> list[int]:
        bus, stage = await house(), Handler(takes_s=10)
        await bus.publish("asr", utterance())

        async def beside() -> None:
            await with_worker(bus, stage.handle, replies(bus, 1), name="two")

        await with_worker(bus, stage.handle, beside())
        return stage.attempts

    assert run(scenario()) == [1]


def test_a_drained_worker_finishes_what_it_holds() -> None:
    async def scenario() -> int:
        bus, stage = await house(), Handler(takes_s=5)
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, seconds(1))
        return bus.unfinished("asr")

    assert run(scenario()) == 0


def test_a_drained_worker_hands_back_what_takes_too_long_without_counting_it() -> None:
    async def scenario() -> Delivery | None:
        bus, stage = await house(), Handler(takes_s=50)
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, seconds(1))
        return await bus.reclaim("asr", "two")

    found = run(scenario())
    assert found is not None
    assert found.attempt == 1


def test_a_drained_worker_ends_within_its_time() -> None:
    async def scenario() -> float:
        bus, stage = await house(), Handler(takes_s=50)
        await bus.publish("asr", utterance())
        await with_worker(bus, stage.handle, seconds(1), settings=Settings(drain_sec=3))
        return now_s()

    assert run(scenario()) <= 1 + 3 + 0.3


def test_a_drained_worker_ends_without_redis() -> None:
    async def scenario() -> float:
        bus, stage = await house(), Handler(takes_s=50)
        await bus.publish("asr", utterance())

        async def lose_redis() -> None:
            await asyncio.sleep(1)
            bus.unreachable = True

        await with_worker(bus, stage.handle, lose_redis())
        return now_s()

    assert run(scenario()) <= 1 + 8 + 3 + 0.3


class SilentBus(MemoryBus):
    """Of a server that does not answer reads any more, nor says no."""

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        await asyncio.Event().wait()
        return None


@pytest.mark.parametrize(("drain_s", "ends_s"), [(3.0, 3.0), (0.0, READERS_END_S)])
def test_a_drained_worker_waits_for_no_read_beyond_its_time(drain_s: float, ends_s: float) -> None:
    async def scenario() -> float:
        await with_worker(SilentBus(), Handler().handle, seconds(1), settings=Settings(drain_sec=drain_s))
        return now_s()

    assert run(scenario()) <= 1 + ends_s + 0.3


def test_a_drained_worker_takes_nothing_new() -> None:
    async def scenario() -> int:
        bus, stage = await house(), Handler(takes_s=2)
        await bus.publish("asr", utterance())
        draining = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(run_worker("asr", bus, stage.handle, 4, SETTINGS, draining))
            await asyncio.sleep(1)
            draining.set()
            await asyncio.sleep(0.5)
            await bus.publish("asr", utterance(number=2))
        return len(stage.began_s)

    assert run(scenario()) == 1


def test_a_worker_that_is_cancelled_ends_at_once() -> None:
    async def scenario() -> float:
        bus, stage = await house(), Handler(takes_s=50)
        await bus.publish("asr", utterance())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run_worker("asr", bus, stage.handle, 4, SETTINGS))
            await asyncio.sleep(1)
            task.cancel()
        return now_s()

    assert run(scenario()) == 1


def test_a_worker_goes_on_when_redis_is_back() -> None:
    async def scenario() -> object:
        bus = await house()

        async def outage() -> list[object]:
            bus.unreachable = True
            await asyncio.sleep(4)
            bus.unreachable = False
            await bus.publish("asr", utterance())
            return await replies(bus, 1)

        return await with_worker(bus, Handler().handle, outage())

    assert run(scenario()) == [Transcript(head=utterance().head, utterance=1, text="hello")]


class CountingBus(MemoryBus):
    """Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        self.asked += 1
        return await super().take(stage, worker, shard, held=held)

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        self.asked += 1
        return await super().renew(stage, worker, deliveries, shard)


def test_a_redis_that_is_away_is_asked_five_times_a_second_at_the_most_by_each_loop() -> None:
    async def scenario() -> int:
        bus = CountingBus()
        await bus.take_call(CALL, GATEWAY, STREAM, "en")
        await bus.publish("asr", utterance())

        async def outage() -> int:
            await asyncio.sleep(1)
            bus.unreachable = True
            await asyncio.sleep(1)
            before = bus.asked
            await asyncio.sleep(20)
            return bus.asked - before

        asked: int = await with_worker(bus, Handler(takes_s=60).handle, outage(), settings=Settings(drain_sec=0))
        return asked

    assert 20 < run(scenario()) <= 2 * 5 * 20


@pytest.mark.parametrize("outage_s", [1.5, 1.6, 1.7, 1.8, 1.9, 4.0])
def test_after_an_outage_live_workers_keep_their_entries(outage_s: float) -> None:
    async def scenario() -> list[int]:
        bus, stage = await house(), Handler(takes_s=8)
        for number in range(4):
            await bus.publish("asr", utterance(number=number))

        async def outage() -> None:
            await asyncio.sleep(1)
            bus.unreachable = True
            await asyncio.sleep(outage_s)
            bus.unreachable = False
            await asyncio.sleep(3)

        async def beside() -> None:
            await asyncio.sleep(0.13)  # the two do not keep step
            for number in range(4, 8):
                await bus.publish("asr", utterance(number=number))
            await with_worker(bus, stage.handle, outage(), name="two", slots=8)

        await with_worker(bus, stage.handle, beside(), slots=4)
        return stage.attempts

    assert run(scenario()) == 8 * [1]


def test_a_worker_is_alive_while_it_runs() -> None:
    async def scenario() -> object:
        bus = await house()

        async def look() -> object:
            await asyncio.sleep(20)
            return await bus.stages_alive()

        return await with_worker(bus, Handler().handle, look())

    assert run(scenario()) == {"asr"}


def test_a_worker_that_left_is_not_alive() -> None:
    async def scenario() -> object:
        bus = await house()
        await with_worker(bus, Handler().handle, seconds(1))
        return await bus.stages_alive()

    assert run(scenario()) == frozenset()


# When a takeover is safe


def test_nothing_is_claimed_before_the_first_renewal() -> None:
    assert Claims(Rhythm()).least_silence_s(10) is None


def test_claims_are_allowed_while_renewals_come_in_time() -> None:
    claims = Claims(Rhythm())
    claims.renewed(10.0, 0.001)
    assert claims.least_silence_s(10.3) == 0


def test_nothing_is_claimed_for_a_second_after_trouble() -> None:
    claims = Claims(Rhythm())
    claims.trouble(10.0)
    claims.renewed(10.5, 0.001)
    claims.renewed(10.8, 0.001)
    assert claims.least_silence_s(10.9) is None


def test_claims_are_allowed_again_after_a_calm_second() -> None:
    claims = Claims(Rhythm())
    claims.trouble(10.0)
    claims.renewed(10.9, 0.001)
    assert claims.least_silence_s(11.0) == 0


def test_nothing_is_claimed_when_the_own_renewal_is_late() -> None:
    claims = Claims(Rhythm())
    claims.renewed(10.0, 0.001)
    assert claims.least_silence_s(10.7) is None


def test_a_slow_renewal_is_trouble() -> None:
    claims = Claims(Rhythm())
    claims.renewed(10.0, 0.4)
    assert claims.least_silence_s(10.1) is None


def test_a_process_that_stood_still_claims_nothing_at_first() -> None:
    claims = Claims(Rhythm())
    claims.renewed(10.0, 0.001)
    claims.renewed(15.0, 0.001)
    assert claims.least_silence_s(15.1) is None


def slow_renewals(took_s: float, count: int) -> Claims:
    """From 10 s on, each a quarter of a second after the answer to the one before."""
    claims = Claims(Rhythm())
    for number in range(count):
        claims.renewed(10 + number * (0.25 + took_s), took_s)
    return claims


def test_where_the_server_stays_slow_only_a_long_silence_tells() -> None:
    assert slow_renewals(0.5, 6).least_silence_s(13.8) == Rhythm().abandoned_s


def test_nothing_is_claimed_while_it_is_new_that_the_server_is_slow() -> None:
    assert slow_renewals(0.5, 3).least_silence_s(11.6) is None


def test_a_server_that_takes_longer_than_a_second_stands_still() -> None:
    assert slow_renewals(1.1, 6).least_silence_s(16.8) is None


@pytest.mark.parametrize("trouble", [lambda claims: claims.trouble(13.76), lambda claims: claims.answered(13.76, 1.2)])
def test_a_stall_of_a_slow_server_begins_the_waiting_anew(trouble: Callable[[Claims], None]) -> None:
    claims = slow_renewals(0.5, 6)
    trouble(claims)
    assert claims.least_silence_s(13.8) is None


def test_nothing_is_claimed_of_a_slow_server_when_the_own_renewal_is_overdue() -> None:
    assert slow_renewals(0.5, 6).least_silence_s(15.1) is None


class SlowBus(MemoryBus):
    """Each of its renewals and takeovers takes half a second."""

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        await asyncio.sleep(0.25)
        renewal = await super().renew(stage, worker, deliveries, shard)
        await asyncio.sleep(0.25)
        return renewal

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        await asyncio.sleep(0.5)
        return await super().reclaim(stage, worker, shard, silence_s=silence_s, held=held)


def test_the_work_of_a_dead_worker_is_done_on_a_slow_server_too_and_that_of_the_living_is_left_to_them() -> None:
    async def scenario() -> tuple[list[int], float]:
        bus, long, stage = SlowBus(), Handler(takes_s=12), Handler()
        await bus.take_call(CALL, GATEWAY, STREAM, "en")

        async def die() -> float:
            await asyncio.sleep(6)
            await bus.publish("asr", utterance(number=2))
            await bus.take("asr", "dead")
            died_s = now_s()
            await with_worker(bus, stage.handle, replies(bus, 2), name="two")
            return stage.began_s[0] - died_s

        await bus.publish("asr", utterance(number=1))
        after_s: float = await with_worker(bus, long.handle, die(), slots=1)
        return long.attempts + stage.attempts, after_s

    attempts, after_s = run(scenario())
    assert (attempts, after_s < 6) == ([1, 2], True)
