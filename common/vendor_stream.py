"""Reading what a vendor streams: under a deadline, and never left open behind us.

An ``async for`` over a vendor's stream has two faults: it waits for ever, and a loop that is left
early leaves the stream, its socket and its price to the garbage collector.

A vendor that is at work on what it cannot hand out yet has not stalled, and shows it by signs of life: ``Working`` among the pieces
of a stream, ``alive()`` on the way to an answer in one piece. Either gives it time until the next one, up to a limit for the whole.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from common.errors import VendorError

IN_VAIN_S = 0.75
"""Whoever gives a vendor up that said nothing for so long holds it against the connection; sooner a caller may just have cut in.

Shorter than the time that the first two vendors of a stage have (``common/lineup.py``)."""
CLOSE_LIMIT_S = 0.5
"""What a stream may take to be closed; one that takes longer is left as it is."""
GAP_S = 1.5
"""Between pieces, or signs of life; a caller's line runs dry by then (R9)."""

SOONER_S = 0.1
"""Before whoever asks gives up, vendors have failed: what is cancelled says nothing of them, and nobody would hold it against them."""

T = TypeVar("T")
_gives_up_s: ContextVar[float] = ContextVar("gives_up_s", default=math.inf)


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


@contextmanager
def given_up_after(limit_s: float) -> Iterator[float]:
    """What is asked of vendors inside of the block is given up by then, if nothing came of it: that time, on the event loop's clock."""
    gives_up_s = asyncio.get_running_loop().time() + limit_s
    before = _gives_up_s.set(gives_up_s)
    try:
        yield gives_up_s
    finally:
        _gives_up_s.reset(before)


def at_the_latest_s() -> float:
    """When vendors have to have begun, on the event loop's clock; infinite where nobody said so."""
    return _gives_up_s.get() - SOONER_S


@dataclass(frozen=True, slots=True)
class Working:
    """In place of a piece: one is being made that takes long. There is nothing in it to be heard."""

    may_take_s: float
    """All of the work, from the last piece that was one."""
    on: str = ""
    """What the work is on, if it has a name: a tool whose call is being written."""


@dataclass(frozen=True, slots=True)
class _Patience:
    limit: asyncio.Timeout
    latest_s: float


_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)


def alive() -> None:
    """Told by a vendor that works on its answer: whoever waits for it does so for ``GAP_S`` from now at least, as far as they can."""
    patience = _patience.get()
    if patience is not None and (now_limit_s := patience.limit.when()) is not None:
        then_s = asyncio.get_running_loop().time() + GAP_S
        patience.limit.reschedule(max(now_limit_s, min(then_s, patience.latest_s)))


async def next_piece(stream: AsyncIterator[T], deadline_s: float, vendor: str, latest_s: float | None = None) -> T | None:
    """The next piece; None at the end of the stream. A stream that was late is closed by that.

    Args:
        deadline_s: on the event loop's clock.
        latest_s: how far ``alive()`` may move it; None: not at all, and it goes to whoever waits further out.

    Raises:
        VendorError: ``timeout``, retryable; or whatever the vendor says.
    """
    try:
        async with asyncio.timeout_at(deadline_s) as limit:
            before = _patience.set(_patience.get() if latest_s is None else _Patience(limit, latest_s))
            try:
                return await anext(stream, None)
            finally:
                _patience.reset(before)
    except TimeoutError:
        raise VendorError(vendor, "timeout", retryable=True) from None
