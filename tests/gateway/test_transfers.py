"""Where a call goes is remembered until Redis has it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from common.errors import BusUnavailable, NotOwner
from common.streams import TRANSFER_TTL_S
from gateway.transfers import Transfers
from tests import virtual_clock

T = TypeVar("T")


async def redis_knows(call: str) -> bytes | None:
    return b"what Redis says"


async def no_redis(call: str) -> bytes | None:
    raise BusUnavailable("ConnectionError")


async def write() -> None: ...


async def refuse() -> None:
    raise NotOwner("transfer_call")


async def fail() -> None:
    raise BusUnavailable("ConnectionError")


def after_keeping(then: Callable[[Transfers], Awaitable[T]]) -> T:
    async def main() -> T:
        transfers = Transfers()
        transfers.keep("CA1", b"office")
        return await then(transfers)

    return virtual_clock.run(main())


def test_what_redis_does_not_have_is_told_from_memory() -> None:
    assert after_keeping(lambda transfers: transfers.take("CA1", no_redis)) == b"office"


def test_it_is_told_once() -> None:
    async def twice(transfers: Transfers) -> list[bytes | None]:
        return [await transfers.take("CA1", redis_knows) for _ in range(2)]

    assert after_keeping(twice) == [b"office", b"what Redis says"]


def test_of_another_call_redis_is_asked() -> None:
    assert after_keeping(lambda transfers: transfers.take("CA2", redis_knows)) == b"what Redis says"


def test_what_is_written_redis_tells() -> None:
    async def written(transfers: Transfers) -> bytes | None:
        await transfers.written("CA1", write())
        return await transfers.take("CA1", redis_knows)

    assert after_keeping(written) == b"what Redis says"


def test_a_write_that_fails_is_remembered() -> None:
    async def failed(transfers: Transfers) -> bytes | None:
        with pytest.raises(BusUnavailable):
            await transfers.written("CA1", fail())
        return await transfers.take("CA1", no_redis)

    assert after_keeping(failed) == b"office"


def test_a_call_that_another_stream_has_goes_nowhere_from_here() -> None:
    async def refused(transfers: Transfers) -> bool:
        with pytest.raises(NotOwner):
            await transfers.written("CA1", refuse())
        return transfers.keeps("CA1")

    assert after_keeping(refused) is False


def test_a_call_that_is_here_again_goes_nowhere() -> None:
    async def again(transfers: Transfers) -> bool:
        transfers.forget("CA1")
        return transfers.keeps("CA1")

    assert after_keeping(again) is False


def test_a_transfer_that_nobody_asked_for_is_forgotten_in_time() -> None:
    async def late(transfers: Transfers) -> bytes | None:
        await asyncio.sleep(TRANSFER_TTL_S + 1)
        return await transfers.take("CA1", redis_knows)

    assert after_keeping(late) == b"what Redis says"


def test_memory_has_a_limit() -> None:
    async def many(transfers: Transfers) -> list[bool]:
        for number in range(10_000):
            transfers.keep(f"CB{number}", b"office")
        return [transfers.keeps(call) for call in ("CA1", "CB0", "CB9999")]

    assert after_keeping(many) == [False, True, True]
