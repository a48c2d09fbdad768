"""The ASR vendors in order, as one."""

from asr_worker.vendors.base import Transcriber
from common.lineup import Lineup


class Transcribers:
    """Asks the first vendor, and the next where it fails."""

    def __init__(self, lineup: Lineup[Transcriber]) -> None:
        self._lineup = lineup

    async def warm_up(self) -> None:
        """Warm all of them up."""
        await self._lineup.warm_up()

    async def transcribe(self, audio: bytes, *, language: str, turn: int) -> str:
        """The words, of whoever heard them.

        Raises:
            VendorError: nobody did.
        """
        return await self._lineup.ask(lambda vendor: vendor.transcribe(audio, language=language, turn=turn))

    async def close(self) -> None:
        """Close all of them."""
        await self._lineup.close()
