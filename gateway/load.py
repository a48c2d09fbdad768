"""Whether the workers are behind: then the calls make no drafts, before anything else suffers.

The sign is the age of the oldest entry that no worker has read: a queue that moves is no load, however
long it is. A bus that does not answer counts as one that is behind.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from common.errors import BusUnavailable

BEHIND_S = 0.2
_PERIOD_S = 0.5


class Backlog(Protocol):
    """The one thing that is asked."""

    async def backlog_s(self) -> float:
        """Age of the oldest unread entry of all stages; 0 if there is none."""


async def watch(bus: Backlog, tell: Callable[[bool], object]) -> None:
    """Tell each change, for ever; at first the workers are not behind."""
    busy = False
    while True:
        was, busy = busy, await _is_behind(bus)
        if busy is not was:
            tell(busy)
        await asyncio.sleep(_PERIOD_S)


async def _is_behind(bus: Backlog) -> bool:
    try:
        return await bus.backlog_s() > BEHIND_S
    except BusUnavailable:
        return True
