"""Two workers on one reply, or on one sentence of it, on a virtual clock over the bus in memory: the caller gets it, once, and no
fallback phrase."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from common.bus import Delivery, Emitted, Output, Renewal
from common.config import Settings
from common.messages import Action, Head, Message, ReplyEnded, Sentence, SpeechChunk, Stage, StageFailed, Transcript
from common.worker import run_worker
from gateway.playout import Playout
from gateway.turn.reply import Reply
from llm_worker.vendors.base import ActionRequest, Model, Piece, Prompt
from llm_worker.worker import LlmWorker
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run
from tts_worker.vendors.base import SpeechRequest
from tts_worker.worker import TtsWorker

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


class ShortModel:
    """All that it has to say, at once."""

    def __init__(self, *says: Piece, then: asyncio.Event | None = None) -> None:
        """``then``: set behind it."""
        self._says, self._then = says, then
        self.asked = asyncio.Event()

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.asked.set()
        for piece in self._says:
            yield piece
        if self._then is not None:
            self._then.set()
            await asyncio.sleep(0.5)


class Voice:
    """A second of sound, made in half of it."""

    def __init__(self, fill: bytes, then: asyncio.Event | None = None) -> None:
        """``then``: set when its sound is there but for the end."""
        self._fill, self._then = fill, then
        self.asked = asyncio.Event()

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        self.asked.set()
        for _ in range(10):
            await asyncio.sleep(0.05)
            yield self._fill * 800
        if self._then is not None:
            self._then.set()
            await asyncio.sleep(0.02)


class StallingBus(MemoryBus):
    """Its worker "one" renews and commits nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.awake = asyncio.Event()

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        if worker == "one":
            await self.awake.wait()
            await asyncio.sleep(0.05)  # its commit comes first
        return await super().renew(stage, worker, deliveries, shard)

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        if delivery.worker == "one":
            await self.awake.wait()
        return await super().commit(stage, delivery, outputs, reply)


def start(group: asyncio.TaskGroup, bus: MemoryBus, name: str, model: Model) -> "asyncio.Task[None]":
    """A worker with one slot."""
    worker = LlmWorker(model, "fake", Settings())
    return group.create_task(run_worker("llm", bus, worker.handle, 1, Settings(), name=name, effects=worker.effects))


def start_voice(group: asyncio.TaskGroup, bus: MemoryBus, name: str, voice: Voice) -> "asyncio.Task[None]":
    """One that speaks, with one slot."""
    return group.create_task(run_worker("tts", bus, TtsWorker(voice, "fake").handle, 1, Settings(), name=name))


async def told(bus: MemoryBus, running: list["asyncio.Task[None]"]) -> list[Message]:
    """What the gateway gets within 15 s, after which the workers end."""
    return [reply.message for reply in await replies_of(bus, running)]


async def replies_of(bus: MemoryBus, running: list["asyncio.Task[None]"]) -> list[Delivery]:
    """The same, with its sound."""
    found: list[Delivery] = []

    async def listen() -> None:
        replies = bus.replies(GATEWAY)
        while True:
            found.append(await anext(replies))

    async with asyncio.TaskGroup() as group:
        listening = group.create_task(listen())
        await asyncio.sleep(15)
        for task in (listening, *running):
            task.cancel()
    return found


def kinds(messages: Sequence[Message]) -> list[object]:
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


def test_what_a_reply_asks_for_behind_its_last_sentence_is_done_though_a_worker_wakes_in_its_commit() -> None:
    async def scenario() -> list[Message]:
        bus = StallingBus()
        quick = ShortModel("I put you through now.", ActionRequest("hang_up"), then=bus.awake)
        slow = ShortModel("That is all I can tell you.")
        await bus.take_call(CALL, GATEWAY, "stream-1", "en")
        async with asyncio.TaskGroup() as group:
            running = [start(group, bus, "one", slow)]
            await bus.publish("llm", ASKED)
            await slow.asked.wait()
            running.append(start(group, bus, "two", quick))
            return await told(bus, running)

    assert kinds(run(scenario())) == [0, 1, Action, ReplyEnded]


def test_what_a_reply_that_sounds_asks_for_is_done_once_though_redis_forgets_it_and_its_worker_dies() -> None:
    async def scenario() -> list[Message]:
        bus, said = MemoryBus(), asyncio.Event()
        await bus.take_call(CALL, GATEWAY, "stream-1", "en")
        async with asyncio.TaskGroup() as group:
            dying = start(group, bus, "one", ShortModel("Goodbye.", ActionRequest("hang_up"), then=said))
            running = [start(group, bus, "two", ShortModel())]
            group.create_task(trouble(bus, said, dying))
            await bus.publish("llm", ASKED)
            return await told(bus, running)

    async def trouble(bus: MemoryBus, said: asyncio.Event, dying: "asyncio.Task[None]") -> None:
        await said.wait()
        await bus.send(Output(None, SpeechChunk(head=ASKED.head, offset_bytes=0), b"o" * 800))
        await asyncio.sleep(0.1)
        dying.cancel()
        bus.lose_everything()

    heard = [each for each in run(scenario()) if not isinstance(each, SpeechChunk)]
    assert kinds(heard) == [0, Action, ReplyEnded]


def test_a_sentence_is_whole_at_the_gateway_though_a_worker_wakes_in_its_commit() -> None:
    async def scenario() -> list[Delivery]:
        bus = StallingBus()
        slow, quick = Voice(b"o"), Voice(b"t", then=bus.awake)
        await bus.take_call(CALL, GATEWAY, "stream-1", "en")
        await bus.publish("tts", Sentence(head=ASKED.head, text="On Tuesday at ten."))
        async with asyncio.TaskGroup() as group:
            running = [start_voice(group, bus, "one", slow)]
            await slow.asked.wait()
            running.append(start_voice(group, bus, "two", quick))
            return await replies_of(bus, running)

    assert sound_of(run(scenario())) in [(True, voice * 8000) for voice in (b"o", b"t")]


def sound_of(replies: list[Delivery]) -> tuple[bool, bytes]:
    """What the gateway has of the sentence's sound, before it plays any of it, and whether that is all."""
    playout = Playout()
    reply = Reply(playout, b"beep", 100_000)
    reply.sentence_arrived(0, "On Tuesday at ten.")
    for each in replies:
        if isinstance(each.message, SpeechChunk):
            reply.speech_arrived(each.message, each.audio)
    (clip,) = playout.clips
    return clip.complete, bytes(clip.audio)
