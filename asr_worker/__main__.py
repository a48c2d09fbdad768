"""``python -m asr_worker``: the ASR worker's composition root."""

import asyncio
import sys

from asr_worker.lineup import Transcribers
from asr_worker.vendors import VENDORS
from asr_worker.worker import STAGE, AsrWorker
from common import service, stage
from common.config import Settings
from common.lineup import Lineup
from common.vendors import choose_vendors, servers_of, vendors_of


async def main(settings: Settings, draining: asyncio.Event) -> None:
    """Transcribe until drained."""
    choice = choose_vendors(settings)[STAGE]
    vendor = Transcribers(Lineup(STAGE, vendors_of(choice, VENDORS, settings), servers=servers_of(settings)))
    worker = AsrWorker(vendor, choice.name, settings)
    await stage.work(STAGE, choice, vendor, worker.handle, VENDORS[choice.name].slots, settings, draining)


if __name__ == "__main__":
    sys.exit(service.run("asr_worker", main))
