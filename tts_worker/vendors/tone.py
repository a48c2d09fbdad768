"""A voice that whistles which sentence it speaks: for tests and benches, never chosen unasked."""

import asyncio
import re
from collections.abc import AsyncIterator

from common.audio import BYTES_PER_MS
from common.config import Settings
from tts_worker.tones import tone
from tts_worker.vendors.base import SpeechRequest, WordEnds

_PIECE_MS = 100


class ToneVoice:
    """``TTS_VENDOR=tone``: sound as long as the text, whose pitches code turn and sentence (see ``tts_worker.tones``).

    The first piece comes after ``TONE_FIRST_AUDIO_MS``, each later one takes ``TONE_REAL_TIME_FACTOR`` of its length.
    """

    def __init__(self, settings: Settings) -> None:
        self._first_audio_s = settings.tone_first_audio_ms / 1000
        self._real_time_factor = settings.tone_real_time_factor
        self._ms_per_char = settings.tone_ms_per_char

    async def warm_up(self) -> None:
        """There is nothing to load."""

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The sentence's tone in pieces of 100 ms, behind the ends of all words; none for an empty text."""
        text = request.text.strip()
        sound = tone(request.turn, request.sentence, self._ms_per_char * len(text))
        piece_bytes = _PIECE_MS * BYTES_PER_MS
        delay_s = self._first_audio_s
        for at in range(0, len(sound), piece_bytes):
            await asyncio.sleep(delay_s)
            if not at:
                yield WordEnds(tuple(word.end() * self._ms_per_char * BYTES_PER_MS for word in re.finditer(r"\S+", text)))
            yield sound[at : at + piece_bytes]
            delay_s = self._real_time_factor * _PIECE_MS / 1000

    async def close(self) -> None:
        """There is nothing to let go of."""
