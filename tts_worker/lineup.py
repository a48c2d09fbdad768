"""The TTS vendors in order, as one."""

from collections.abc import AsyncIterator

from common.lineup import Lineup
from tts_worker.vendors.base import SpeechRequest, Voice, WordEnds


class Voices:
    """Asks the first vendor, and the next where it fails before its first sound."""

    def __init__(self, lineup: Lineup[Voice]) -> None:
        self._lineup = lineup

    async def warm_up(self) -> None:
        """Warm all of them up."""
        await self._lineup.warm_up()

    def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The sound of whoever begins to speak.

        Raises:
            VendorError: while iterating: nobody did, or the one that began broke off.
        """
        return self._lineup.stream(lambda vendor: vendor.synthesise(request))

    async def close(self) -> None:
        """Close all of them."""
        await self._lineup.close()
