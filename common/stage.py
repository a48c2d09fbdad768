"""What the three workers' processes have in common: warm the vendor up, then work until drained.

    choose ──▶ warm up ──▶ beat (the stage is alive) ──▶ entries ... ──▶ drained ──▶ close

A vendor that computes on our own cores runs at lower priority, so that speech does not disturb the
gateway's frame clock. One that can't be reached at start is tried again until it is warm; until then the
worker takes no work and does not beat, so that ``/readyz`` says which stage has nobody. A key that is
refused by all of a stage's vendors, or a model that is missing, ends the start. A vendor that fails once it was warm fails entries, not
the worker.
"""

import asyncio
import logging
import os
from functools import partial
from typing import Protocol

from common import usage
from common.config import Settings
from common.effects import Effects
from common.errors import VendorError
from common.messages import Stage
from common.redis_bus import RedisWorkerBus
from common.vendors import LOCAL_SPEECH, Choice
from common.worker import Handler, run_worker

CLOSE_LIMIT_S = 0.6
"""What a vendor may take to close: the process ends soon, and its connections with it."""
_NICER = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 15.0

logger = logging.getLogger("torim.common")


class Vendor(Protocol):
    """What a worker's process needs of a vendor of any stage."""

    async def warm_up(self) -> None:
        """Load models or open connections."""

    async def close(self) -> None:
        """Let go of connections and threads."""


async def work(
    stage: Stage,
    choice: Choice,
    vendor: Vendor,
    handler: Handler,
    slots: int,
    settings: Settings,
    draining: asyncio.Event,
    effects: Effects | None = None,
) -> None:
    """Serve a stage until ``draining`` is set.

    Raises:
        ConfigError, SetupError: possibly inside of an exception group.
    """
    logger.info("stage=%s vendor=%s slots=%d what=starting why=%s", stage, ",".join(choice.names), slots, choice.why.replace(" ", "_"))
    if LOCAL_SPEECH.intersection(choice.names):
        os.nice(_NICER)
    bus = RedisWorkerBus(settings.redis_url)
    try:
        if await _warmed_up(stage, choice, vendor, settings, draining):
            second_bus = partial(RedisWorkerBus, settings.redis_url)
            await run_worker(stage, bus, usage.metered(stage, handler), slots, settings, draining, effects=effects, second_bus=second_bus)
    finally:
        await _close(stage, vendor)
        await bus.close()


async def _close(stage: Stage, vendor: Vendor) -> None:
    try:
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await vendor.close()
    except TimeoutError:
        logger.warning("stage=%s what=vendor_left_open", stage)


async def _warmed_up(stage: Stage, choice: Choice, vendor: Vendor, settings: Settings, draining: asyncio.Event) -> bool:
    """Warm the vendor up; False if there is no more use for it."""
    async with asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(warm_up(stage, choice, vendor, settings))
        ending = tasks.create_task(draining.wait())
        try:
            await asyncio.wait((warming, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            warming.cancel()
            ending.cancel()
    return not draining.is_set()


async def warm_up(stage: Stage, choice: Choice, vendor: Vendor, settings: Settings) -> None:
    """Warm the vendor up, however often it takes."""
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            await vendor.warm_up()
        except VendorError as error:
            logger.error(
                "stage=%s vendor=%s what=not_warm error=%s see=%s again_in_s=%g",
                stage, choice.name, error.kind, setting_of(stage, choice, settings), pause_s,
            )  # fmt: skip
        else:
            logger.info("stage=%s vendor=%s what=warm", stage, choice.name)
            return
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def setting_of(stage: Stage, choice: Choice, settings: Settings) -> str:
    """The setting that leads to the vendor: where the operator looks first when it can't be warmed up."""
    match choice.name:
        case "openai":
            own = {
                "asr": (settings.asr_base_url, "ASR_BASE_URL"),
                "llm": (settings.llm_base_url, "LLM_BASE_URL"),
                "tts": (settings.tts_openai_base_url, "TTS_OPENAI_BASE_URL"),
            }
            named = (own[stage], (settings.openai_base_url, "OPENAI_BASE_URL"))
            return next((name for url, name in named if url), "OPENAI_API_KEY")
        case "openai_2":
            return "OPENAI_2_BASE_URL"
        case "google" | "google_unary":
            return "TTS_BASE_URL" if settings.tts_base_url else "GOOGLE_APPLICATION_CREDENTIALS"
        case "whisper":
            return "WHISPER_MODEL"
        case _:
            return f"{stage.upper()}_VENDOR"
