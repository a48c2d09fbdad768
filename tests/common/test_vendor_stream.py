"""What a vendor streams is closed behind its reader, within a limit."""

import asyncio
from collections.abc import AsyncIterator

from common.vendor_stream import CLOSE_LIMIT_S, closing
from tests.virtual_clock import run


async def pieces(ends: list[float], closes_s: float) -> AsyncIterator[str]:
    """A stream that notes when it was closed, and takes its time for it."""
    try:
        yield "one"
        yield "two"
    finally:
        await asyncio.sleep(closes_s)
        ends.append(asyncio.get_running_loop().time())


def left_early(closes_s: float) -> tuple[list[float], float]:
    """When a stream was closed that its reader left after a piece, and when the reader went on."""

    async def scenario() -> tuple[list[float], float]:
        ends: list[float] = []
        async with closing(pieces(ends, closes_s)) as stream:
            await anext(stream)
        return ends, asyncio.get_running_loop().time()

    return run(scenario())


def test_a_stream_that_is_left_early_is_closed() -> None:
    assert left_early(0.1) == ([0.1], 0.1)


def test_a_stream_that_does_not_close_is_left_as_it_is() -> None:
    assert left_early(100.0) == ([], CLOSE_LIMIT_S)
