"""The TTS vendors in order, as one."""

from collections.abc import AsyncIterator

from common.audio import SAMPLE_RATE_HZ
from common.lineup import Lineup
from common.vendor_stream import closing
from tts_worker.vendors.base import SpeechRequest, StandIn, Voice, WordEnds


def sounds_s(piece: bytes | WordEnds) -> float | None:
    """How long a piece is heard."""
    return len(piece) / SAMPLE_RATE_HZ if isinstance(piece, bytes) else None


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
        return self._lineup.stream(lambda vendor: vendor.synthesise(request), sounds_s)

    async def close(self) -> None:
        """Close all of them."""
        await self._lineup.close()


class StandingIn:
    """A vendor behind the first: its sound says that it is not the voice that the house wants."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    async def warm_up(self) -> None:
        """Warm the vendor up."""
        await self._voice.warm_up()

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The vendor's own sound, marked.

        Raises:
            VendorError: the vendor's.
        """
        async with closing(self._voice.synthesise(request)) as pieces:
            async for piece in pieces:
                yield StandIn(piece) if isinstance(piece, bytes) else piece

    async def close(self) -> None:
        """Close the vendor."""
        await self._voice.close()
