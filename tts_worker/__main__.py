"""``python -m tts_worker``: the TTS worker's composition root."""

import asyncio
import sys

from common import service, stage
from common.config import Settings
from common.lineup import Lineup
from common.vendors import choose_vendors, vendors_of
from tts_worker.lineup import Voices
from tts_worker.vendors import VENDORS
from tts_worker.worker import STAGE, TtsWorker


async def main(settings: Settings, draining: asyncio.Event) -> None:
    """Speak until drained."""
    choice = choose_vendors(settings)[STAGE]
    vendor = Voices(Lineup(STAGE, vendors_of(choice, VENDORS, settings), may_be_empty=False))
    worker = TtsWorker(vendor, choice.name, settings)
    await stage.work(STAGE, choice, vendor, worker.handle, VENDORS[choice.name].slots, settings, draining)


if __name__ == "__main__":
    sys.exit(service.run("tts_worker", main))
