"""What becomes of a call whose stream ended: what ``/twilio/after`` answers. It was transferred, or is connected again (R12), or over.

Rules
    Where a call goes is told in Redis by the gateway that had it, before its stream ends, and once.
    A call that this gateway ended is over, whatever Redis says or cannot say.
    All gateways count a call's reconnects together, in Redis; where it does not answer, each counts for itself.
    What is kept is bounded: it matters for a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from common.agents.agent import Destination
from common.bus import Reconnect
from common.errors import BusUnavailable
from common.streams import MOST_RECONNECTS, RECONNECTS_TTL_S

_ANSWER_S = 1.0
_CAPACITY = 10_000

AskReconnect = Callable[[str], Awaitable[Reconnect]]
TakeTransfer = Callable[[str], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class GoesTo:
    """Where a call goes."""

    to: Destination
    language: str
    """Its caller's, for when nobody answers there; "": it was not told."""


class Reconnects:
    """The reconnects of all calls, as one gateway knows them."""

    def __init__(self, clock: Callable[[], float], shared: AskReconnect | None = None, take_transfer: TakeTransfer | None = None) -> None:
        """``shared`` and ``take_transfer`` ask for all gateways; without them this one is alone."""
        self._clock = clock
        self._shared = shared
        self.take_transfer = take_transfer
        self._over: dict[str, float] = {}
        """Calls that ended in the last minute, in order, and when."""
        self._times: dict[str, list[float]] = {}

    def call_over(self, call: str) -> None:
        """The call was ended, by either side: its next stream would be another call."""
        self._over.pop(call, None)
        self._over[call] = self._clock()
        _bound(self._over)
        while not self.knows_over(longest := next(iter(self._over))):
            del self._over[longest]

    def call_began(self, call: str) -> None:
        """A stream of the call is here: whatever was before, it is not over."""
        self._over.pop(call, None)

    def knows_over(self, call: str) -> bool:
        """Whether this gateway ended the call."""
        return self._over.get(call, float("-inf")) > self._clock() - RECONNECTS_TTL_S

    async def ask(self, call: str) -> Reconnect:
        """What becomes of a call whose stream ended; ``again`` counts."""
        if self.knows_over(call):
            return "over"
        alone = self._ask_here(call)
        if self._shared is None:
            return alone
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await self._shared(call)
        except (TimeoutError, BusUnavailable):
            return alone

    async def transferred_to(self, call: str) -> GoesTo | None:
        """Where a call whose stream ended goes, if it was transferred; it is told once."""
        if self.take_transfer is None:
            return None
        try:
            async with asyncio.timeout(_ANSWER_S):
                told = await self.take_transfer(call)
        except (TimeoutError, BusUnavailable):
            return None
        return None if told is None else GoesTo(msgspec.json.decode(told, type=Destination), msgspec.json.decode(told).get("language", ""))

    def _ask_here(self, call: str) -> Reconnect:
        now = self._clock()
        times = [at for at in self._times.pop(call, ()) if at > now - RECONNECTS_TTL_S]
        self._times[call] = times
        _bound(self._times)
        if len(times) >= MOST_RECONNECTS:
            return "too_often"
        times.append(now)
        return "again"


def _bound(calls: dict[str, float] | dict[str, list[float]]) -> None:
    if len(calls) > _CAPACITY:
        del calls[next(iter(calls))]
