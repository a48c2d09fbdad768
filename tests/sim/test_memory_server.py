"""How the server in memory fails: away for a while, its tail or everything forgotten; and what the buses make of it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from common.bus import Output, TurnClosed
from common.errors import BusUnavailable
from common.messages import Head, Sentence, SpeechChunk
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run

CALL, GATEWAY = "call-1", "gateway-1"
HEAD = Head(call=CALL, turn=0, gateway=GATEWAY)
SENTENCE = Sentence(head=HEAD, text="Hello.")


def while_it(trouble: Callable[[MemoryBus], Awaitable[None]], act: Callable[[MemoryBus], Awaitable[object]]) -> MemoryBus:
    """A bus with a call, on which ``act`` was done 0.1 s after trouble began, and which is well again."""

    async def scenario() -> MemoryBus:
        bus = MemoryBus()
        await bus.take_call(CALL, GATEWAY, "stream-1", "en")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_await(trouble(bus)))
            await asyncio.sleep(0.1)
            await act(bus)
        return bus

    return run(scenario())


async def _await(awaitable: Awaitable[None]) -> None:
    await awaitable


def close(turn: int) -> Callable[[MemoryBus], Awaitable[object]]:
    return lambda bus: bus.close_turn(CALL, TurnClosed(turn, "replied", "", "Hello."), 1)


def test_a_write_outlasts_a_server_that_hangs() -> None:
    bus = while_it(lambda bus: bus.server.hang(5.0), close(0))
    assert [past.turn for past in bus.history_of(CALL)] == [0]


def test_what_was_asked_of_a_server_that_hangs_happens_when_it_is_back() -> None:
    bus = while_it(lambda bus: bus.server.hang(5.0), lambda bus: bus.publish("tts", SENTENCE))
    assert bus.unfinished("tts") > 1


def test_a_write_that_is_tried_once_gives_up_on_a_server_that_hangs() -> None:
    async def give_up(bus: MemoryBus) -> None:
        with pytest.raises(BusUnavailable):
            await bus.record(CALL, {"name": "X"})

    while_it(lambda bus: bus.server.hang(5.0), give_up)


def test_a_server_that_restarts_forgets_its_tail() -> None:
    bus = while_it(lambda bus: bus.server.restart(1.0, tail_s=0.5), close(0))
    assert (bus.history_of(CALL), bus.server.lost_turns) == ([], {(CALL, 0)})


def test_a_server_that_restarts_keeps_what_is_older_than_its_tail() -> None:
    async def close_before(bus: MemoryBus) -> None:
        await asyncio.sleep(0.2)
        await bus.server.restart(1.0, tail_s=0.5)

    bus = while_it(close_before, close(0))
    assert [past.turn for past in bus.history_of(CALL)] == [0]


def test_a_server_that_comes_back_empty_is_told_of_the_call_with_the_next_publication() -> None:
    bus = while_it(lambda bus: bus.server.restart_empty(0.05), lambda bus: bus.publish("tts", SENTENCE))
    assert bus.is_committed(CALL, 0)


def test_a_reply_that_was_read_does_not_come_again_after_the_server_forgot_that() -> None:
    async def scenario() -> int:
        bus = MemoryBus()
        replies = bus.replies(GATEWAY)
        await bus.publish("tts", SENTENCE)
        await bus.send(Output(None, SpeechChunk(head=HEAD, offset_bytes=0)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.server.restart(0.1, tail_s=0.2))
            await asyncio.sleep(0.1)
            await anext(replies)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.0):
                await anext(replies)
        return bus.unfinished("tts")

    assert run(scenario()) == 1
