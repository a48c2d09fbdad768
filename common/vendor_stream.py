"""Reading what a vendor streams: under a deadline, and never left open behind us.

An ``async for`` over a vendor's stream has two faults: it waits for ever, and a loop that is left
early leaves the stream, its socket and its price to the garbage collector.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from common.errors import VendorError

IN_VAIN_S = 0.75
"""Whoever gives a vendor up that said nothing for so long holds it against the connection; sooner a caller may just have cut in.

Shorter than the time that the first two vendors of a stage have (``common/lineup.py``)."""
CLOSE_LIMIT_S = 0.5
"""What a stream may take to be closed; one that takes longer is left as it is."""

T = TypeVar("T")


@asynccontextmanager
async def closing(stream: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """``stream``, closed at the end of the block however it is left."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_LIMIT_S):
                    await stream.aclose()


async def next_piece(stream: AsyncIterator[T], deadline_s: float, vendor: str) -> T | None:
    """The next piece; None at the end of the stream. A stream that was late is closed by that.

    Args:
        deadline_s: on the event loop's clock.

    Raises:
        VendorError: ``timeout``, retryable; or whatever the vendor says.
    """
    try:
        async with asyncio.timeout_at(deadline_s):
            return await anext(stream, None)
    except TimeoutError:
        raise VendorError(vendor, "timeout", retryable=True) from None
