"""Where calls go whose streams have ended: Redis tells it to whatever gateway is asked; until it is there, this one remembers.

A stream ends once its last writes are done, or given up where Redis is away (``CLOSE_S`` in ``gateway/call.py``), and then Twilio asks.
So a transfer needs no Redis where its own gateway is asked. Another one that is asked meanwhile knows nothing of it: there the call
goes on with the bot.
"""

import asyncio
from collections.abc import Awaitable, Callable

from common.errors import NotOwner
from common.streams import TRANSFER_TTL_S

_CAPACITY = 10_000


class Transfers:
    """Those of one gateway's calls that Redis does not have yet."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, float]] = {}
        """By call, in order, and until when it counts."""

    def keep(self, call: str, destination: bytes) -> None:
        """The call is transferred."""
        self.forget(call)
        self._kept[call] = destination, _now_s() + TRANSFER_TTL_S
        if len(self._kept) > _CAPACITY:
            del self._kept[next(iter(self._kept))]

    def keeps(self, call: str) -> bool:
        """Whether it is neither written nor told."""
        return call in self._kept

    def forget(self, call: str) -> None:
        """Redis knows it now, or the call is here again."""
        self._kept.pop(call, None)

    async def written(self, call: str, write: Awaitable[None]) -> None:
        """Let it be written; refused or done, it is no affair of this gateway's memory any more."""
        try:
            await write
        except NotOwner:
            self.forget(call)
            raise
        self.forget(call)

    async def take(self, call: str, ask: Callable[[str], Awaitable[bytes | None]]) -> bytes | None:
        """Where the call goes, told once; ``ask`` asks Redis."""
        destination, until_s = self._kept.pop(call, (b"", 0.0))
        return destination if _now_s() < until_s else await ask(call)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
