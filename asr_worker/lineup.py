"""The ASR vendors in order, as one, and behind them the gates against invented text."""

from asr_worker import gates
from asr_worker.vendors.base import NO_HINTS, Hints, Transcriber
from common.audio import duration_ms
from common.lineup import Lineup


class Gated(str):
    """What a gate left of the words."""

    __slots__ = ("heard_chars", "why")

    why: str
    """Which gate."""
    heard_chars: int
    """How long they were before."""

    def __new__(cls, text: str, why: str, heard_chars: int) -> "Gated":
        """What is left, and what is told of the rest."""
        gated = super().__new__(cls, text)
        gated.why, gated.heard_chars = why, heard_chars
        return gated


class Transcribers:
    """Asks the first vendor, and the next where it fails."""

    def __init__(self, lineup: Lineup[Transcriber]) -> None:
        self._lineup = lineup

    async def warm_up(self) -> None:
        """Warm all of them up."""
        await self._lineup.warm_up()

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words, of whoever heard them, without those that nobody said: ``Gated``, if there were any.

        Raises:
            VendorError: nobody did.
        """
        heard = await self._lineup.ask(lambda vendor: vendor.transcribe(audio, language=language, turn=turn, hints=hints))
        left = gates.passed(heard, duration_ms(audio), language, hints.vocabulary)
        return Gated(left.text, left.why, len(heard)) if left.why else left.text

    async def close(self) -> None:
        """Close all of them."""
        await self._lineup.close()
