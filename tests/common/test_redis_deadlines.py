"""A server that stands still: what asks it gives up when it said it would, on a clock that jumps."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from common.errors import BusUnavailable
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_gateway_bus import FAREWELL_S
from common.redis_link import RETRIES_LIMIT_S, WRITE_LIMIT_S, WRITERS
from tests.contract.house import CALL, sentence, to_gateway, utterance
from tests.virtual_clock import run

AT_ONCE = 2 * WRITERS
"""Twice as many as there are connections, so that half of them wait for one."""
_NEARLY_S = 0.01


async def _stand_still(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A node that shakes hands, tells that all slots are its own, and answers nothing else."""
    port = writer.get_extra_info("sockname")[1]
    slots = f"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{port}\r\n"
    while asked := await reader.read(4096):
        writer.write(asked.count(b"SETINFO") * b"+OK\r\n" + asked.count(b"SLOTS") * slots.encode())
    writer.close()


def took_s(ask: Callable[[str], Awaitable[None]]) -> float:
    """How long ``ask`` took, of the port of a server that stands still."""

    async def scenario() -> float:
        async with await asyncio.start_server(_stand_still, "127.0.0.1", 0) as server:
            began_s = asyncio.get_running_loop().time()
            await ask(f"{server.sockets[0].getsockname()[1]}")
            return asyncio.get_running_loop().time() - began_s

    return run(scenario())


async def given_up(asking: Awaitable[object]) -> None:
    with pytest.raises(BusUnavailable):
        await asking


async def given_up_soon(asking: Sequence[Awaitable[object]]) -> None:
    """One half comes a second after the other, which has all connections."""

    async def one(number: int, ask: Awaitable[object]) -> float:
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(number // WRITERS)
        began_s = clock()
        await given_up(ask)
        return clock() - began_s

    assert max(await asyncio.gather(*(one(number, ask) for number, ask in enumerate(asking)))) < WRITE_LIMIT_S + _NEARLY_S


def test_many_that_publish_at_once_give_up_after_ten_seconds_not_one_after_the_other() -> None:
    async def publish(port: str) -> None:
        bus = RedisGatewayBus(f"redis://127.0.0.1:{port}")
        await asyncio.gather(*(given_up(bus.publish("asr", utterance(number=number))) for number in range(AT_ONCE)))

    assert RETRIES_LIMIT_S / 2 < took_s(publish) < RETRIES_LIMIT_S + _NEARLY_S


@pytest.mark.parametrize(
    "ask",
    [
        lambda bus: bus.record(CALL, {"what": "TURN"}),
        lambda bus: bus.reconnect(CALL),
        lambda bus: bus.keep_token("secret", CALL),
        lambda bus: bus.take_token("secret"),
        lambda bus: bus.stages_alive(),
        lambda bus: bus.backlog_s(),
    ],
)
def test_what_is_tried_once_is_given_up_after_two_seconds_however_many_do(ask: Callable[[RedisGatewayBus], Awaitable[object]]) -> None:
    async def once(port: str) -> None:
        bus = RedisGatewayBus(f"redis://127.0.0.1:{port}")
        await given_up_soon([ask(bus) for _ in range(AT_ONCE)])

    took_s(once)


def test_sound_is_given_up_after_two_seconds_however_much_there_is() -> None:
    async def send(port: str) -> None:
        bus = RedisWorkerBus(f"redis://127.0.0.1:{port}")
        await given_up_soon([bus.send(to_gateway(sentence())) for _ in range(AT_ONCE)])

    took_s(send)


def test_the_shards_of_a_cluster_are_left_all_at_once() -> None:
    async def leave(port: str) -> None:
        bus = RedisGatewayBus(f"redis+cluster://127.0.0.1:{port}")
        for presence in bus._presences:
            presence.gateway = "gateway-1"
        await bus.close()

    assert took_s(leave) < FAREWELL_S + _NEARLY_S
