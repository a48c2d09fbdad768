"""The faults of the bus in memory; what it keeps like every bus is in ``tests/contract``."""

import asyncio

import pytest

from common.bus import Output
from common.errors import BusUnavailable
from common.messages import Head, Message, Sentence, SpeechChunk
from tests.sim.memory_bus import Faults, MemoryBus
from tests.virtual_clock import run

GATEWAY = "gateway-1"
COUNT = 50


def head(number: int) -> Head:
    return Head(call="call-1", turn=0, seq=number, gateway=GATEWAY)


async def published(faults: Faults) -> list[tuple[Message, float]]:
    """Sentences as a worker gets them, and when, after ``COUNT`` were published at once."""
    bus = MemoryBus(faults=faults)
    for number in range(COUNT):
        await bus.publish("tts", Sentence(head=head(number), text="Hello."))
    found = []
    while (delivery := await bus.take("tts", "one")) is not None:
        found.append((delivery.message, asyncio.get_running_loop().time()))
    return found


def order(found: list[tuple[Message, float]]) -> list[int]:
    return [message.head.seq for message, _ in found]


def test_without_faults_everything_comes_at_once_and_in_order() -> None:
    found = run(published(Faults()))
    assert (order(found), {at_s for _, at_s in found}) == (list(range(COUNT)), {0.0})


def test_a_delay_keeps_the_order() -> None:
    assert order(run(published(Faults(seed=1, delay_s=(0.0, 0.2))))) == list(range(COUNT))


def test_a_delay_takes_its_time() -> None:
    assert all(at_s >= 0.1 for _, at_s in run(published(Faults(seed=1, delay_s=(0.1, 0.2)))))


def test_late_entries_are_overtaken_where_that_is_wanted() -> None:
    found = order(run(published(Faults(seed=1, delay_s=(0.0, 0.2), reorder=True))))
    assert (found != sorted(found), sorted(found)) == (True, list(range(COUNT)))


def test_some_work_comes_twice() -> None:
    assert COUNT < len(run(published(Faults(seed=1, duplicate_work=0.3)))) < 2 * COUNT


def test_the_same_seed_gives_the_same_faults() -> None:
    faults = Faults(seed=7, delay_s=(0.0, 0.2), reorder=True, duplicate_work=0.3)
    assert run(published(faults)) == run(published(faults))


def test_some_replies_never_come() -> None:
    async def scenario() -> int:
        bus = MemoryBus(faults=Faults(seed=1, lose_replies=0.3))
        await bus.publish("tts", Sentence(head=head(0), text="Hello."))
        for number in range(COUNT):
            await bus.send(Output(None, SpeechChunk(head=head(number), offset_bytes=0)))
        found = 0
        replies = bus.replies(GATEWAY)
        try:
            async with asyncio.timeout(1):
                async for _ in replies:
                    found += 1
        except TimeoutError:
            return found
        return -1

    assert 0 < run(scenario()) < COUNT


def test_an_unreachable_bus_refuses() -> None:
    async def scenario() -> None:
        bus = MemoryBus()
        bus.unreachable = True
        await bus.publish("tts", Sentence(head=head(0), text="Hello."))

    with pytest.raises(BusUnavailable):
        run(scenario())
