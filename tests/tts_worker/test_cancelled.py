"""A synthesis whose turn is raised past, in a worker on a virtual clock: no chunk leaves after the worker knows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from common.audio import BYTES_PER_MS
from common.bus import TurnClosed, TurnNews
from common.config import Settings
from common.messages import Head, Sentence
from common.worker import run_worker
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run
from tts_worker.vendors.base import SpeechRequest
from tts_worker.worker import TtsWorker

CALL, GATEWAY = "call-1", "gateway-1"
_RAISED_AT_S = 1.05


class EndlessVoice:
    """A chunk of 100 ms every 20 ms; tells when it was closed."""

    def __init__(self) -> None:
        self.closed_at_s = 0.0

    async def warm_up(self) -> None: ...

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        try:
            while True:
                await asyncio.sleep(0.02)
                yield bytes(100 * BYTES_PER_MS)
        finally:
            self.closed_at_s = asyncio.get_running_loop().time()

    async def close(self) -> None: ...


class DeafMemoryBus(MemoryBus):
    """Its news never arrive."""

    def _tell(self, news: TurnNews) -> None:
        pass


@dataclass(frozen=True)
class Stopped:
    """How a synthesis ended."""

    closed_after_s: float
    last_chunk_after_s: float


async def stopped(bus: MemoryBus) -> Stopped:
    """Raise the turn while a sentence is spoken."""
    voice, heard_at_s, loop = EndlessVoice(), list[float](), asyncio.get_running_loop()
    await bus.take_call(CALL, GATEWAY, "stream-1", "en")
    await bus.publish("tts", Sentence(head=Head(call=CALL, turn=0, gateway=GATEWAY), text="On and on."))

    async def listen() -> None:
        async for _ in bus.replies(GATEWAY):
            heard_at_s.append(loop.time())

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(run_worker("tts", bus, TtsWorker(voice, "fake").handle, 4, Settings())), group.create_task(listen())]
        await asyncio.sleep(_RAISED_AT_S)
        await bus.close_turn(CALL, TurnClosed(0, "interrupted"), 1)
        await asyncio.sleep(2.0)
        for task in running:
            task.cancel()
    return Stopped(voice.closed_at_s - _RAISED_AT_S, heard_at_s[-1] - _RAISED_AT_S)


def test_a_synthesis_stops_at_once_at_the_news() -> None:
    ended = run(stopped(MemoryBus()))
    assert (round(ended.closed_after_s, 3), ended.last_chunk_after_s <= 0) == (0.0, True)


def test_a_synthesis_stops_within_300_ms_without_the_news() -> None:
    assert 0 < run(stopped(DeafMemoryBus())).closed_after_s <= 0.3


@pytest.mark.parametrize("bus", [MemoryBus, DeafMemoryBus])
def test_no_chunk_leaves_after_the_voice_was_closed(bus: type[MemoryBus]) -> None:
    ended = run(stopped(bus()))
    assert ended.last_chunk_after_s <= ended.closed_after_s
