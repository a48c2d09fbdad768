"""``python -m tts_worker``: the TTS worker's composition root."""

import asyncio
import sys

from common import service, stage
from common.config import Settings
from common.lineup import Lineup
from common.vendors import choose_vendors, vendors_of, voice_name
from tts_worker.cache import Keeping, Recalling, SpeechCache
from tts_worker.lineup import StandingIn, Voices
from tts_worker.vendors import VENDORS
from tts_worker.vendors.base import Voice
from tts_worker.worker import STAGE, TtsWorker

OFFLINE = frozenset({"local", "tone"})
"""Voices that cost nothing to ask again."""


async def main(settings: Settings, draining: asyncio.Event) -> None:
    """Speak until drained."""
    choice = choose_vendors(settings)[STAGE]
    vendor = voice_of(settings)
    worker = TtsWorker(vendor, choice.name, settings)
    await stage.work(STAGE, choice, vendor, worker.handle, VENDORS[choice.name].slots, settings, draining)


def voice_of(settings: Settings) -> Voice:
    """The vendors in order, behind the cache where the first of them is online."""
    choice = choose_vendors(settings)[STAGE]
    made: list[tuple[str, Voice]] = vendors_of(choice, VENDORS, settings)
    (name, first), *others = made
    behind = [(other, StandingIn(voice)) for other, voice in others]
    if not settings.tts_cache_mb or name in OFFLINE:
        return Voices(Lineup(STAGE, [(name, first), *behind], may_be_empty=False))
    cache, who = SpeechCache(settings.redis_url, settings.tts_cache_mb), voice_name(settings)
    return Recalling(Voices(Lineup(STAGE, [(name, Keeping(first, cache, who)), *behind], may_be_empty=False)), cache, who)


if __name__ == "__main__":
    sys.exit(service.run("tts_worker", main))
