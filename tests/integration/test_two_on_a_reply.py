"""Two workers on one reply, on a virtual clock over the bus in memory: the caller gets it, once, and no fallback phrase."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from common.bus import Delivery, Renewal
from common.config import Settings
from common.messages import Head, Message, ReplyEnded, Sentence, Stage, StageFailed, Transcript
from common.worker import run_worker
from llm_worker.vendors.base import Piece, Prompt
from llm_worker.worker import LlmWorker
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run

CALL, GATEWAY = "call-1", "gateway-1"
ASKED = Transcript(head=Head(call=CALL, turn=0, gateway=GATEWAY, language="en"), utterance=1, text="hello")


class SlowModel:
    """Says its sentences at a caller's pace."""

    def __init__(self, name: str, sentences: int, pause_s: float) -> None:
        self._name, self._sentences, self._pause_s = name, sentences, pause_s
        self.asked = asyncio.Event()

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.asked.set()
        for number in range(len(prompt.spoken), self._sentences):
            await asyncio.sleep(self._pause_s)
            begins_next = "Then" if number + 1 < self._sentences else ""  # what shows that a sentence is over
            yield f" {self._name} says number {number} of it. {begins_next}"


class StallingBus(MemoryBus):
    """Its worker "one" renews nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.awake = asyncio.Event()

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        if worker == "one":
            await self.awake.wait()
        return await super().renew(stage, worker, deliveries, shard)


def start(group: asyncio.TaskGroup, bus: MemoryBus, name: str, model: SlowModel) -> "asyncio.Task[None]":
    """A worker with one slot."""
    worker = LlmWorker(model, "fake", Settings())
    return group.create_task(run_worker("llm", bus, worker.handle, 1, Settings(), name=name, effects=worker.effects))


async def told(bus: MemoryBus, running: list["asyncio.Task[None]"]) -> list[Message]:
    """What the gateway gets within 15 s, after which the workers end."""
    found: list[Message] = []

    async def listen() -> None:
        replies = bus.replies(GATEWAY)
        while True:
            found.append((await anext(replies)).message)

    async with asyncio.TaskGroup() as group:
        listening = group.create_task(listen())
        await asyncio.sleep(15)
        for task in (listening, *running):
            task.cancel()
    return found


def kinds(messages: list[Message]) -> list[object]:
    """The numbers of the sentences, and what else there is."""
    return [each.head.seq if isinstance(each, Sentence) else type(each) for each in messages]


def test_a_long_reply_whose_question_came_twice_is_said_once_and_to_its_end() -> None:
    async def scenario() -> list[Message]:
        bus = MemoryBus()
        await bus.take_call(CALL, GATEWAY, "stream-1", "en")
        async with asyncio.TaskGroup() as group:
            running = [start(group, bus, name, SlowModel(name, 12, 0.7)) for name in ("one", "two")]
            for _ in range(2):
                await bus.publish("llm", ASKED)
            return await told(bus, running)

    assert kinds(run(scenario())) == [*range(12), ReplyEnded]


def test_a_worker_that_wakes_with_a_sentence_does_not_stop_the_one_that_took_over() -> None:
    async def scenario() -> list[Message]:
        bus, slow, quick = StallingBus(), SlowModel("one", 3, 1.6), SlowModel("two", 3, 0.8)
        await bus.take_call(CALL, GATEWAY, "stream-1", "en")
        async with asyncio.TaskGroup() as group:
            running = [start(group, bus, "one", slow)]
            await bus.publish("llm", ASKED)
            await slow.asked.wait()
            running.append(start(group, bus, "two", quick))
            group.create_task(wake(bus, quick))
            return await told(bus, running)

    async def wake(bus: StallingBus, quick: SlowModel) -> None:
        await quick.asked.wait()
        await asyncio.sleep(0.7)  # the one that stalled has said a sentence by now
        bus.awake.set()

    heard = run(scenario())
    assert (kinds(heard), any(isinstance(each, StageFailed) for each in heard)) == ([0, 1, 2, ReplyEnded], False)
