"""The buses under contract, and messages to put on them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from common.bus import Delivery, GatewayBus, Output, WorkerBus
from common.messages import Head, Piece, Sentence, SpeechChunk, Transcript, Utterance
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_link import Connect, connect
from common.streams import Pace
from tests.servers import FAKE_URL, POLLING, fake_connect
from tests.sim.memory_bus import MemoryBus

GATEWAY, OTHER_GATEWAY = "gateway-1", "gateway-2"
CALL = "call-1"
"""Of the first shard, in a cluster too."""
STREAM = "stream-1"
Kind = Literal["memory", "fakeredis", "valkey", "redis", "cluster"]
T = TypeVar("T")

_LIMIT_S = 30.0
MIN_IDLE_S = POLLING.min_idle_ms / 1000
_QUICK = Pace(block_ms=20, min_idle_ms=POLLING.min_idle_ms, settling_ms=0)


@dataclass(frozen=True)
class House:
    """Two gateways and two workers on one bus, each with its own connections; the call is the first one's."""

    gateway: GatewayBus
    other: GatewayBus
    one: WorkerBus
    two: WorkerBus
    forget: Callable[[], Awaitable[None]]
    """Makes the server lose everything."""
    fence: int = 0
    """Of the stream that took the call first."""


@asynccontextmanager
async def house(kind: Kind, url: Callable[[], str], pace: Pace = _QUICK) -> AsyncIterator[House]:
    """A house of this kind, empty, with one open call; ``url`` is asked for only where a real server is wanted."""
    if kind == "memory":
        bus = MemoryBus(pace=pace)
        made = House(bus, bus, bus, bus, _call_later(bus.lose_everything))
    else:
        fake = replace(pace, poll_ms=POLLING.poll_ms)
        made = _redis_house(FAKE_URL, fake, fake_connect()) if kind == "fakeredis" else _redis_house(url(), pace, connect)
    made = replace(made, fence=(await made.gateway.take_call(CALL, GATEWAY, STREAM, "en")).fence)
    yield made
    for half in (made.gateway, made.other, made.one, made.two):
        await half.close()


def _redis_house(url: str, pace: Pace, connect: Connect) -> House:
    gateway, other = (RedisGatewayBus(url, pace=pace, connect=connect) for _ in range(2))
    one, two = (RedisWorkerBus(url, pace=pace, connect=connect) for _ in range(2))

    async def forget() -> None:
        for link in gateway._links:
            await link.writer.flushall()

    return House(gateway, other, one, two, forget)


def _call_later(action: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        action()

    return act


async def until(ask: Callable[[], Awaitable[T | None]], limit_s: float = _LIMIT_S) -> T:
    """What ``ask`` answers once it is not None."""
    async with asyncio.timeout(limit_s):
        while (answer := await ask()) is None:  # noqa: ASYNC110  # idle times follow the server's clock, only asking tells
            await asyncio.sleep(0.005)
    return answer


async def next_reply(replies: AsyncIterator[Delivery]) -> Delivery:
    """The next one, within the limit."""
    async with asyncio.timeout(_LIMIT_S):
        return await anext(replies)


def head(turn: int = 0, seq: int = 0, take: int = 0) -> Head:
    """Of a message of our call."""
    return Head(call=CALL, turn=turn, seq=seq, take=take, gateway=GATEWAY, language="en")


def utterance(turn: int = 0, number: int = 1, piece: Piece = "whole", seq: int = 0) -> Utterance:
    """The caller spoke."""
    return Utterance(head=head(turn, seq), utterance=number, piece=piece)


def transcript(turn: int = 0, text: str = "hello") -> Transcript:
    """What the caller said."""
    return Transcript(head=head(turn), utterance=1, text=text)


def sentence(turn: int = 0, seq: int = 0, text: str = "Hello.", take: int = 0) -> Sentence:
    """Of a reply."""
    return Sentence(head=head(turn, seq, take), text=text)


def chunk(turn: int = 0, seq: int = 0, offset_bytes: int = 0) -> SpeechChunk:
    """A piece of sound."""
    return SpeechChunk(head=head(turn, seq), offset_bytes=offset_bytes)


def to_gateway(message: Transcript | Sentence | SpeechChunk, audio: bytes = b"") -> Output:
    """To the call's gateway."""
    return Output(None, message, audio)
