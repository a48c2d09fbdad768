"""Scripted vendors in order, on a virtual clock."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.errors import TorimError, VendorError
from common.lineup import Lineup
from common.vendor_stream import Working, alive
from tests.virtual_clock import run

DOWN = VendorError("v", "http_500", retryable=True)
REFUSED = VendorError("v", "http_401", retryable=False)
WAIT = VendorError("v", "http_429", retryable=True, wait_s=30.0)
FILTERED = VendorError("v", "http_400", retryable=False, blame="request")
NO_SUCH_MODEL = VendorError("v", "http_404", retryable=False, blame="settings")
CALLING = Working(15.0, on="book")


class Sign:
    """Of life."""


SIGN = Sign()
Step = str | float | Exception | Working | Sign
"""A piece, a pause in seconds, a failure, or what shows that it is at work."""


class Scripted:
    """A vendor that follows its scripts, one a request; the last one is used again."""

    def __init__(self, *scripts: list[Step], warm: TorimError | None = None) -> None:
        self.asked_at_s: list[float] = []
        self.closed = False
        self.left = 0
        """Requests that were left before their end."""
        self._scripts = list(scripts) or [[]]
        self._warm = warm

    async def warm_up(self) -> None:
        if self._warm is not None:
            raise self._warm

    async def answer(self) -> AsyncIterator[str | Working]:
        self.asked_at_s.append(asyncio.get_running_loop().time())
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        try:
            for step in script:
                match step:
                    case str() | Working():
                        yield step
                    case float():
                        await asyncio.sleep(step)
                    case Sign():
                        alive()
                    case error:
                        raise error
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise

    async def word(self) -> str:
        async for piece in self.answer():
            return str(piece)
        return ""

    async def close(self) -> None:
        self.closed = True


def times(count: int, *steps: Step) -> list[Step]:
    return count * list(steps)


def lineup(*vendors: Scripted, may_be_empty: bool = True, servers: dict[str, str] | None = None) -> Lineup[Scripted]:
    names = ("first", "second", "third")
    return Lineup("llm", list(zip(names, vendors, strict=False)), may_be_empty=may_be_empty, servers=servers)


def sounds_s(piece: str | Working) -> float | None:
    """A tenth of a second a letter."""
    return len(piece) / 10 if isinstance(piece, str) else None


async def heard(line: Lineup[Scripted], into: list[str] | None = None) -> tuple[list[str], float]:
    """What came, and when it was through."""
    got = [] if into is None else into
    async for piece in line.stream(lambda vendor: vendor.answer(), sounds_s):
        if isinstance(piece, str):
            got.append(piece)
    return got, asyncio.get_running_loop().time()


async def worded(line: Lineup[Scripted]) -> tuple[str, float]:
    """The answer in one piece, and when it came."""
    return await line.ask(lambda vendor: vendor.word()), asyncio.get_running_loop().time()


def failure(line: Lineup[Scripted]) -> tuple[VendorError, float]:
    """How a request fails, and when."""

    async def fails() -> tuple[VendorError, float]:
        with pytest.raises(VendorError) as failed:
            await heard(line)
        return failed.value, asyncio.get_running_loop().time()

    return run(fails())
