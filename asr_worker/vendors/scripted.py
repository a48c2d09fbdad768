"""A recogniser that hears what it is told to: for tests, benches and demonstrations without a model."""

import asyncio

from asr_worker.vendors.base import NO_HINTS, Hints
from common.config import Settings


class ScriptedTranscriber:
    """``ASR_VENDOR=scripted``: ``SCRIPTED_ASR_TEXT`` after ``SCRIPTED_ASR_DELAY_MS``, whatever was said.

    ``{turn}`` in the text is replaced; a constant text would count as a duplicate (S10).
    """

    def __init__(self, settings: Settings) -> None:
        self._text = settings.scripted_asr_text
        self._delay_s = settings.scripted_asr_delay_ms / 1000

    async def warm_up(self) -> None:
        """There is nothing to load."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The scripted text; empty for no audio."""
        await asyncio.sleep(self._delay_s)
        return self._text.replace("{turn}", str(turn)) if audio else ""

    async def close(self) -> None:
        """There is nothing to let go of."""
