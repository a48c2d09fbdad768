"""The three workers in one process, on one bus: what the gateway would send and what it would get.

The bus is ``fakeredis`` or a real server; workers' loops run four times as fast as in production, so that a takeover
takes a quarter of a second. What tells a stall from a death is as fast: else a machine that stands still for a moment makes
workers take over from the living, until an entry has no attempt left. Nothing waits for a time, everything for what arrives.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from asr_worker.vendors.base import Transcriber
from asr_worker.worker import AsrWorker
from common import usage
from common.bus import Delivery, TurnClosed
from common.config import Settings
from common.effects import Effects
from common.messages import (
    Action,
    Head,
    Message,
    Piece,
    ReplyEnded,
    Sentence,
    SpeechChunk,
    Stage,
    StageFailed,
    ToolEnded,
    ToolStarted,
    Transcript,
    Utterance,
)
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_link import Connect, connect
from common.rhythm import Rhythm
from common.streams import Pace
from common.worker import Handler, run_worker
from llm_worker.tools import Toolbox
from llm_worker.vendors.base import Model
from llm_worker.worker import LlmWorker
from tests.deaf_bus import DeafBus
from tests.failing_bus import FailingBus, Fault
from tests.servers import fake_connect
from tts_worker.vendors.base import Voice
from tts_worker.worker import TtsWorker

CALL, GATEWAY, STREAM = "call-1", "gateway-1", "stream-1"
AUDIO = b"\x55" * 8000
LIMIT_S = 30.0
"""Far more than anything here takes."""
IN_MEMORY = pytest.param("fakeredis", marks=pytest.mark.long)
"""The second server of whole calls, which `make check` leaves out: their replies take their time."""
_PACE = Pace(block_ms=20, min_idle_ms=250, slow_ms=75, slowest_ms=250, settling_ms=0)
_POLLING = replace(_PACE, poll_ms=5)
_RHYTHM = Rhythm(renew_s=0.06, reclaim_s=0.06, beat_s=1.0, slow_s=0.075, calm_s=0.25, slowest_s=0.25, abandoned_s=0.75)

M = TypeVar("M", Action, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolEnded, ToolStarted, Transcript)


@dataclass(slots=True)
class Server:
    """Where a bus connects to."""

    url: str
    connect: Connect = connect
    pace: Pace = _PACE
    fault: Fault | None = None
    """What fails in the workers' buses."""
    deaf: bool = False
    """Whether workers hear no news."""
    rhythm: Rhythm = _RHYTHM
    """Of the workers' loops."""
    clock_s: Callable[[], float] = time.monotonic
    """What workers take for the time."""

    def gateway(self) -> RedisGatewayBus:
        """A gateway's half of the bus."""
        return RedisGatewayBus(self.url, pace=self.pace, connect=self.connect)

    def worker(self) -> RedisWorkerBus:
        """A worker's half of the bus."""
        if self.fault is not None:
            return FailingBus(self.url, self.fault, pace=self.pace, connect=self.connect)
        return (DeafBus if self.deaf else RedisWorkerBus)(self.url, pace=self.pace, connect=self.connect, clock_s=self.clock_s)


def fake_server() -> Server:
    """``fakeredis``, whose blocking reads are broken, so that it is polled."""
    return Server("redis://fake", fake_connect(), _POLLING)


@dataclass
class Pipeline:
    """A gateway's view of its workers."""

    server: Server
    gateway: RedisGatewayBus
    fence: int
    """The call's owner's."""
    tasks: asyncio.TaskGroup
    settings: Settings
    language: str = "en"
    got: list[Delivery] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    on_reply: Callable[[Delivery], None] | None = None
    """Who gets to hear of each reply at once."""
    _running: list["asyncio.Task[None]"] = field(default_factory=list)

    # --- Workers

    def start_asr(self, transcriber: Transcriber) -> "asyncio.Task[None]":
        """One more ASR worker."""
        return self._start("asr", AsrWorker(transcriber, "fake", self.settings).handle)

    def start_llm(self, model: Model, tools: Toolbox | None = None) -> "asyncio.Task[None]":
        """One more LLM worker."""
        worker = LlmWorker(model, "fake", self.settings, tools)
        return self._start("llm", worker.handle, effects=worker.effects)

    def start_tts(self, voice: Voice, slots: int = 4) -> "asyncio.Task[None]":
        """One more TTS worker."""
        return self._start("tts", TtsWorker(voice, "fake").handle, slots)

    def _start(self, stage: Stage, handler: Handler, slots: int = 4, effects: Effects | None = None) -> "asyncio.Task[None]":
        task = self.tasks.create_task(self._work(stage, usage.metered(stage, handler), slots, effects))
        self._running.append(task)
        return task

    async def _work(self, stage: Stage, handler: Handler, slots: int, effects: Effects | None) -> None:
        bus = self.server.worker()
        try:
            await run_worker(stage, bus, handler, slots, self.settings, rhythm=self.server.rhythm, effects=effects)
        finally:
            await bus.close()

    # --- The gateway

    async def say(self, turn: int, *, utterance: int | None = None, piece: Piece = "whole", audio: bytes = AUDIO) -> None:
        """Publish what the caller said."""
        message = Utterance(head=self.head(turn), utterance=turn if utterance is None else utterance, piece=piece)
        await self.gateway.publish("asr", message, audio)

    async def say_text(self, turn: int, text: str) -> None:
        """Publish what the caller said, where its words are known (R6)."""
        await self.gateway.publish("llm", Transcript(head=self.head(turn), utterance=turn, text=text))

    async def close_turn(self, turn: int, *, caller: str = "", heard: str = "", how: str = "replied") -> None:
        """End a turn."""
        await self.gateway.close_turn(CALL, TurnClosed(turn, how, caller, heard), self.fence)

    def head(self, turn: int, seq: int = 0) -> Head:
        """The head of a message of the call."""
        return Head(call=CALL, turn=turn, seq=seq, gateway=GATEWAY, language=self.language)

    async def read(self) -> None:
        """Collect what the workers send."""
        async for delivery in self.gateway.replies(GATEWAY):
            if self.on_reply is not None:
                self.on_reply(delivery)
            async with self.changed:
                self.got.append(delivery)
                self.changed.notify_all()

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something among what the workers sent."""
        async with asyncio.timeout(LIMIT_S), self.changed:
            await self.changed.wait_for(happened)

    async def until_reply(self, turn: int) -> None:
        """Wait until a reply is complete, sound included."""
        await self.until(lambda: self._complete(turn))

    def _complete(self, turn: int) -> bool:
        ended = [message.sentences for message in self.all(ReplyEnded, turn)]
        done = {message.head.seq for message in self.all(SpeechChunk, turn) if message.last}
        failed = {message.head.seq for message in self.all(StageFailed, turn)}
        return bool(ended) and len(done | failed) >= ended[0]

    # --- What was got

    def all(self, kind: type[M], turn: int) -> list[M]:
        """The messages of a kind for a turn, in order."""
        return [message for message in self._messages() if isinstance(message, kind) and message.head.turn == turn]

    def texts(self, turn: int) -> list[str]:
        """The sentences of a reply, as they came."""
        return [message.text for message in self.all(Sentence, turn)]

    def sound(self, turn: int, sentence: int) -> bytes:
        """The sound of a sentence."""
        chunks = [
            d for d in self.got if isinstance(d.message, SpeechChunk) and (d.message.head.turn, d.message.head.seq) == (turn, sentence)
        ]
        return b"".join(delivery.audio for delivery in chunks)

    def _messages(self) -> Sequence[Message]:
        return [delivery.message for delivery in self.got]

    def stop(self) -> None:
        """End all workers."""
        for task in self._running:
            task.cancel()


@asynccontextmanager
async def pipeline(server: Server, settings: Settings | None = None, language: str = "en") -> AsyncIterator[Pipeline]:
    """A call on an empty pipeline; workers are the test's own to start."""
    gateway = server.gateway()
    try:
        fence = (await gateway.take_call(CALL, GATEWAY, STREAM, language)).fence
        async with asyncio.TaskGroup() as tasks:
            made = Pipeline(server, gateway, fence, tasks, settings or Settings(), language)
            reading = tasks.create_task(made.read())
            try:
                yield made
            finally:
                made.stop()
                reading.cancel()
    finally:
        await gateway.close()
