"""``python -m tts_worker``: the TTS worker's composition root."""

import asyncio
import sys

from common import service, stage
from common.config import Settings
from common.vendors import choose_vendors
from tts_worker.vendors import VENDORS
from tts_worker.vendors.base import Voice
from tts_worker.worker import STAGE, TtsWorker


async def main(settings: Settings, draining: asyncio.Event) -> None:
    """Speak until drained."""
    choice = choose_vendors(settings)[STAGE]
    registered = VENDORS[choice.name]
    vendor: Voice = registered.make(settings)
    worker = TtsWorker(vendor, choice.name)
    await stage.work(STAGE, choice, vendor, worker.handle, registered.slots, settings, draining)


if __name__ == "__main__":
    sys.exit(service.run("tts_worker", main))
