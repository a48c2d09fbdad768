"""Work that outlives its entry, in the workers' loop on a virtual clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from common import effects as module
from common.bus import Delivery, TurnClosed, TurnNews, WorkerBus
from common.config import Settings
from common.effects import Effects, TooManyEffects
from common.messages import Head, Transcript
from common.worker import run_worker
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run

CALL, GATEWAY = "call-1", "gateway-1"
TAKES_S = 3.0


@dataclass
class Clerk:
    """A handler with one piece of work that has effects."""

    effects: Effects = field(default_factory=Effects)
    takes_s: float = TAKES_S
    error: Exception | None = None
    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    """What the handler came to know of it."""

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        self.answered.append(await self.effects.shielded(self._work))
        await bus.commit("llm", delivery, [])

    async def _work(self) -> str:
        self.began.append(now_s())
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        self.ended.append(now_s())
        return "done"


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def one_entry() -> MemoryBus:
    bus = MemoryBus()
    await bus.take_call(CALL, GATEWAY, "stream-1", "en")
    await bus.publish("llm", Transcript(head=Head(call=CALL, turn=0, gateway=GATEWAY), utterance=1, text="book it"))
    return bus


async def beside_a_worker(
    clerk: Clerk, bus: MemoryBus, then: Callable[["asyncio.Task[None]", asyncio.Event], Awaitable[None]], *, drain_s: float = 8.0
) -> None:
    """A worker with this clerk, and what happens to it."""
    draining = asyncio.Event()
    settings = Settings(drain_sec=drain_s)
    async with asyncio.TaskGroup() as group:
        worker = group.create_task(run_worker("llm", bus, clerk.handle, 4, settings, draining, name="one", effects=clerk.effects))
        await then(worker, draining)
        draining.set()


def scenario(
    clerk: Clerk, then: Callable[[MemoryBus, "asyncio.Task[None]", asyncio.Event], Awaitable[None]], *, drain_s: float = 8.0
) -> tuple[Clerk, MemoryBus]:
    async def play() -> MemoryBus:
        bus = await one_entry()
        await beside_a_worker(clerk, bus, lambda worker, draining: then(bus, worker, draining), drain_s=drain_s)
        return bus

    return clerk, run(play())


async def raise_the_turn(bus: MemoryBus, worker: "asyncio.Task[None]", draining: asyncio.Event) -> None:
    await asyncio.sleep(1)
    await bus.close_turn(CALL, TurnClosed(0, "interrupted"), 1)
    await asyncio.sleep(10)


async def wait(bus: MemoryBus, worker: "asyncio.Task[None]", draining: asyncio.Event) -> None:
    await asyncio.sleep(10)


async def drain_soon(bus: MemoryBus, worker: "asyncio.Task[None]", draining: asyncio.Event) -> None:
    await asyncio.sleep(1)
    draining.set()


async def cancel_soon(bus: MemoryBus, worker: "asyncio.Task[None]", draining: asyncio.Event) -> None:
    await asyncio.sleep(1)
    worker.cancel()


# The shield


def test_the_handler_hears_of_the_result() -> None:
    clerk, _ = scenario(Clerk(), wait)
    assert clerk.answered == ["done"]


def test_work_goes_on_when_its_turn_is_raised_past() -> None:
    clerk, _ = scenario(Clerk(), raise_the_turn)
    assert clerk.ended == pytest.approx([TAKES_S])


def test_its_handler_does_not_go_on() -> None:
    clerk, _ = scenario(Clerk(), raise_the_turn)
    assert clerk.answered == []


def test_its_entry_is_nobodys_work_any_more() -> None:
    _, bus = scenario(Clerk(), raise_the_turn)
    assert bus.unfinished("llm") == 0


def test_its_failure_is_the_handlers() -> None:
    clerk, bus = scenario(Clerk(error=ValueError("no")), wait)
    assert (len(clerk.began), bus.dead["llm"][0][0]) == (2, "ValueError")


def test_a_failure_that_nobody_waits_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    scenario(Clerk(error=ValueError("secret")), raise_the_turn)
    assert [record.getMessage() for record in caplog.records if "unheard" in record.getMessage()] == [
        "what=effects_failed_unheard error=ValueError"
    ]


def test_there_is_a_limit_to_what_runs() -> None:
    async def play() -> int:
        effects, refused = Effects(), 0
        async with asyncio.TaskGroup() as group:
            effects.begin(group, lambda: None)
            asking = [group.create_task(effects.shielded(lambda: asyncio.sleep(1))) for _ in range(module.LIMIT)]
            await asyncio.sleep(0)
            try:
                await effects.shielded(lambda: asyncio.sleep(1))
            except TooManyEffects:
                refused += 1
            await asyncio.wait(asking)
        return refused

    assert run(play()) == 1


# The worker's end


def test_a_drain_waits_for_work_whose_turn_is_over() -> None:
    async def raise_and_drain(bus: MemoryBus, worker: "asyncio.Task[None]", draining: asyncio.Event) -> None:
        await asyncio.sleep(1)
        await bus.close_turn(CALL, TurnClosed(0, "interrupted"), 1)
        draining.set()

    clerk, _ = scenario(Clerk(), raise_and_drain)
    assert clerk.ended == pytest.approx([TAKES_S])


def test_a_drain_finishes_an_entry_with_its_work() -> None:
    clerk, bus = scenario(Clerk(), drain_soon)
    assert (clerk.answered, bus.unfinished("llm")) == (["done"], 0)


def test_work_that_outlasts_the_drain_is_cut_off() -> None:
    clerk, _ = scenario(Clerk(), drain_soon, drain_s=1.0)
    assert (clerk.began, clerk.ended, clerk.effects.running) == ([0.0], [], 0)


def test_its_entry_is_handed_back() -> None:
    _, bus = scenario(Clerk(), drain_soon, drain_s=1.0)
    assert bus.unfinished("llm") == 1


def test_a_worker_that_is_told_to_end_at_once_waits_for_no_work() -> None:
    clerk, _ = scenario(Clerk(), cancel_soon)
    assert (clerk.ended, clerk.effects.running) == ([], 0)


# Word of commits


def heard_at(turn: int) -> float:
    """When one who waits for 5 s for turn 1 goes on, if this turn is committed after a second."""

    async def play() -> float:
        effects = Effects()
        async with asyncio.TaskGroup() as group:
            group.create_task(_after_a_second(effects, turn))
            await effects.until_committed(CALL, 1, 5.0)
            return now_s()

    return run(play())


async def _after_a_second(effects: Effects, turn: int) -> None:
    await asyncio.sleep(1)
    effects.committed(CALL, turn)


def test_a_commit_is_heard() -> None:
    assert heard_at(turn=1) == 1.0


def test_the_commit_of_another_turn_is_not_waited_for() -> None:
    assert heard_at(turn=2) == 5.0


class Patient:
    """A handler that waits for the commit of its turn."""

    def __init__(self) -> None:
        self.effects = Effects()
        self.heard: list[float] = []

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        await self.effects.until_committed(CALL, delivery.message.head.turn, 5.0)
        self.heard.append(now_s())
        await bus.commit("llm", delivery, [])


class DeafBus(MemoryBus):
    """A bus that brings no news."""

    async def news(self) -> AsyncIterator[TurnNews]:
        await asyncio.Event().wait()
        yield TurnNews(CALL, 0, "over")


async def patience(bus: MemoryBus) -> float:
    """When a handler hears that turn 1 is committed, which it is after a second."""
    patient = Patient()
    await bus.take_call(CALL, GATEWAY, "stream-1", "en")
    await bus.close_turn(CALL, TurnClosed(0, "replied"), 1)
    await bus.publish("llm", Transcript(head=Head(call=CALL, turn=1, gateway=GATEWAY), utterance=1, text="book it"))
    draining = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_worker("llm", bus, patient.handle, 4, Settings(), draining, effects=patient.effects))
        await asyncio.sleep(1)
        await bus.commit_turn(CALL, 1, "", 1)
        await asyncio.sleep(6)
        draining.set()
    return patient.heard[0]


def test_a_handler_hears_of_a_commit_at_once() -> None:
    assert run(patience(MemoryBus())) == 1.0


def test_a_handler_hears_of_a_commit_whose_news_was_missed_within_300_ms() -> None:
    assert 1.0 <= run(patience(DeafBus())) <= 1.3
