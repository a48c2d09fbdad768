"""A worker's bus, a fake in one thing: it hears no news, as where Redis' pub/sub loses them all. Renewals must do."""

import asyncio
from collections.abc import AsyncIterator

from common.bus import TurnNews
from common.redis_bus import RedisWorkerBus


class DeafBus(RedisWorkerBus):
    """One a worker."""

    async def news(self) -> AsyncIterator[TurnNews]:
        """Never any."""
        await asyncio.Event().wait()
        yield TurnNews("", 0, "over")
