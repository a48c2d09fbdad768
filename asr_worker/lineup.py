"""The ASR vendors in order, as one, and behind them the gates against invented text."""

import logging

from asr_worker import gates
from asr_worker.vendors.base import NO_HINTS, Hints, Transcriber
from common.audio import duration_ms
from common.lineup import Lineup

logger = logging.getLogger("torim.asr_worker")


class Transcribers:
    """Asks the first vendor, and the next where it fails."""

    def __init__(self, lineup: Lineup[Transcriber]) -> None:
        self._lineup = lineup

    async def warm_up(self) -> None:
        """Warm all of them up."""
        await self._lineup.warm_up()

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words, of whoever heard them, without those that nobody said.

        Raises:
            VendorError: nobody did.
        """
        heard = await self._lineup.ask(lambda vendor: vendor.transcribe(audio, language=language, turn=turn, hints=hints))
        left = gates.passed(heard, duration_ms(audio), language, hints.vocabulary)
        if left.why:
            logger.info("turn=%d what=gated why=%s heard_chars=%d left_chars=%d", turn, left.why, len(heard), len(left.text))
        return left.text

    async def close(self) -> None:
        """Close all of them."""
        await self._lineup.close()
