"""A server that stands still: what asks it gives up when it said it would, on a clock that jumps."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from common.errors import BusUnavailable
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_gateway_bus import FAREWELL_S
from common.redis_link import CLOSE_LIMIT_S, READ_MARGIN_S, RETRIES_LIMIT_S, WRITE_LIMIT_S, WRITERS
from common.streams import Pace
from tests.contract.house import CALL, sentence, to_gateway, utterance
from tests.virtual_clock import run

AT_ONCE = 2 * WRITERS
"""Twice as many as there are connections, so that half of them wait for one."""
_NEARLY_S = 0.01
_CREEPS_S = 0.7


async def _stand_still(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A node that shakes hands, tells that all slots are its own, and answers nothing else."""
    port = writer.get_extra_info("sockname")[1]
    slots = f"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{port}\r\n"
    while asked := await reader.read(4096):
        writer.write(asked.count(b"SETINFO") * b"+OK\r\n" + asked.count(b"SLOTS") * slots.encode())
    writer.close()


async def _creep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server each of whose answers takes its time: of the entries that look abandoned none can be had."""
    abandoned = b"".join(b"*4\r\n$3\r\n%d-0\r\n$3\r\ntwo\r\n:9000\r\n:1\r\n" % number for number in range(1, 9))
    try:
        while asked := await reader.read(4096):
            await asyncio.sleep(0 if b"SETINFO" in asked else _CREEPS_S)
            writer.write(asked.count(b"SETINFO") * b"+OK\r\n" + asked.count(b"XPENDING") * b"*8\r\n" + asked.count(b"XPENDING") * abandoned)
            writer.write(asked.count(b"XCLAIM") * b"*0\r\n")
    finally:
        writer.close()


def took_s(ask: Callable[[str], Awaitable[None]], serve: Callable[..., Awaitable[None]] = _stand_still) -> float:
    """How long ``ask`` took, of the port of such a server."""

    async def scenario() -> float:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
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
        lambda bus: bus.spend_token(CALL, "token"),
        lambda bus: bus.stages_alive(),
        lambda bus: bus.backlog(),
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


@pytest.mark.parametrize(
    ("ask", "limit_s"),
    [
        (lambda bus: bus.reclaim("asr", "one", silence_s=1), WRITE_LIMIT_S),
        (lambda bus: bus.take("asr", "one"), Pace().block_ms / 1000 + READ_MARGIN_S),
    ],
)
def test_what_takes_a_worker_several_steps_has_one_limit(ask: Callable[[RedisWorkerBus], Awaitable[object]], limit_s: float) -> None:
    async def after_trouble(port: str) -> None:
        bus, clock = RedisWorkerBus(f"redis://127.0.0.1:{port}"), asyncio.get_running_loop().time
        await given_up(bus.reclaim("asr", "one", silence_s=1))
        began_s = clock()
        await given_up(ask(bus))
        assert clock() - began_s < limit_s + _NEARLY_S

    took_s(after_trouble, _creep)


def test_the_shards_of_a_cluster_are_left_all_at_once() -> None:
    async def leave(port: str) -> None:
        bus = RedisGatewayBus(f"redis+cluster://127.0.0.1:{port}")
        for presence in bus._presences:
            presence.gateway = "gateway-1"
        await bus.close()

    assert took_s(leave) < FAREWELL_S + CLOSE_LIMIT_S + _NEARLY_S
