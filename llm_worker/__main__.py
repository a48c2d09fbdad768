"""``python -m llm_worker``: the LLM worker's composition root."""

import asyncio
import sys

from common import service, stage
from common.config import Settings
from common.lineup import Lineup
from common.vendors import choose_vendors, vendors_of
from llm_worker.built_in import tools_of
from llm_worker.lineup import Models
from llm_worker.speaker import STAGE
from llm_worker.vendors import VENDORS
from llm_worker.worker import LlmWorker


async def main(settings: Settings, draining: asyncio.Event) -> None:
    """Answer until drained."""
    choice = choose_vendors(settings)[STAGE]
    vendor = Models(Lineup(STAGE, vendors_of(choice, VENDORS, settings)))
    worker = LlmWorker(vendor, choice.name, settings, tools_of(settings))
    await stage.work(STAGE, choice, vendor, worker.handle, VENDORS[choice.name].slots, settings, draining, worker.effects)


if __name__ == "__main__":
    sys.exit(service.run("llm_worker", main))
