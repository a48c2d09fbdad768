"""What the three workers' processes have in common: warm the vendor up, then work until drained.

    choose ──▶ warm up ──▶ beat (the stage is alive) ──▶ entries ... ──▶ drained ──▶ close

A vendor that computes on our own cores runs at lower priority, so that speech does not disturb the
gateway's frame clock. One that can't be reached at start does not keep the worker from starting: it may
be back before the first call is, and until then callers hear the fallback. A key that is refused, or a
model that is missing, ends the start.
"""

import asyncio
import logging
import os
from typing import Protocol

from common.config import Settings
from common.errors import VendorError
from common.messages import Stage
from common.redis_bus import RedisWorkerBus
from common.vendors import LOCAL_SPEECH, Choice
from common.worker import Handler, run_worker

_NICER = 5

logger = logging.getLogger("torim.common")


class Vendor(Protocol):
    """What a worker's process needs of a vendor of any stage."""

    async def warm_up(self) -> None:
        """Load models or open connections."""

    async def close(self) -> None:
        """Let go of connections and threads."""


async def work(
    stage: Stage, choice: Choice, vendor: Vendor, handler: Handler, slots: int, settings: Settings, draining: asyncio.Event
) -> None:
    """Serve a stage until ``draining`` is set.

    Raises:
        ConfigError, SetupError: possibly inside of an exception group.
    """
    logger.info("stage=%s vendor=%s slots=%d what=starting why=%s", stage, choice.name, slots, choice.why.replace(" ", "_"))
    if choice.name in LOCAL_SPEECH:
        os.nice(_NICER)
    bus = RedisWorkerBus(settings.redis_url)
    try:
        if await _warmed_up(stage, choice, vendor, draining):
            await run_worker(stage, bus, handler, slots, settings, draining)
    finally:
        await vendor.close()
        await bus.close()


async def _warmed_up(stage: Stage, choice: Choice, vendor: Vendor, draining: asyncio.Event) -> bool:
    """Warm the vendor up; False if there is no more use for it."""
    async with asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(_warm_up(stage, choice, vendor))
        ending = tasks.create_task(draining.wait())
        try:
            await asyncio.wait((warming, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            warming.cancel()
            ending.cancel()
    return not draining.is_set()


async def _warm_up(stage: Stage, choice: Choice, vendor: Vendor) -> None:
    try:
        await vendor.warm_up()
    except VendorError as error:
        logger.error("stage=%s vendor=%s what=not_warm error=%s", stage, choice.name, error.kind)
    else:
        logger.info("stage=%s vendor=%s what=warm", stage, choice.name)
