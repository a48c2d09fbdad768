"""Somebody who listens to a stream and is cancelled in the middle of it, as a worker's attempt is."""

import asyncio
from collections.abc import AsyncIterator


async def cancelled_in(stream: AsyncIterator[object]) -> None:
    """Return when who has heard a first piece, and listens on, was cancelled."""
    began = asyncio.Event()

    async def listen() -> None:
        async for _ in stream:
            began.set()

    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(listen())
        await began.wait()
        listening.cancel()
