"""A voice on this machine's processor: English, and Hebrew with an American accent.

    sentence -> clauses -> phonemes (by script: Hebrew, English) -> piper voice -> even loudness -> 8 kHz mu-law

The voice computes a clause as a whole, so the first sound leaves when the first clause is done, and
closing the iterator wastes one clause at most. One thread computes, one clause at a time: sentences
of several calls take turns.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np

from common import models
from common.audio import SAMPLE_RATE_HZ, Resampler, pcm_to_mulaw
from common.config import Settings
from common.errors import VendorError
from common.phrases import base_language
from tts_worker.clauses import clauses
from tts_worker.loudness import levelled, trimmed
from tts_worker.phonemes import Phonemes
from tts_worker.piper import Manner, PiperVoice
from tts_worker.vendors.base import SpeechRequest

VENDOR = "local"

_MANNERS = {"he": Manner(pace=1.12, melody=0.33, rhythm=0.33), "en": Manner(pace=1.0, melody=0.6, rhythm=0.6)}
_PAUSES_S = {",": 0.12, ";": 0.16, ":": 0.16, ".": 0.2, "!": 0.2, "?": 0.2}
"""Silence after a clause, by the mark at its end; where there is none it was cut between words."""

_FULL_SCALE = 32767

T = TypeVar("T")


class LocalVoice:
    """``TTS_VENDOR=local``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._speaker: _Speaker | None = None

    async def warm_up(self) -> None:
        """Load the models and speak a word in each language.

        Raises:
            SetupError: a model is not there and cannot be fetched.
        """
        await self._in_thread(self._load)
        for text, language in (("שלום", "he"), ("Hello", "en")):
            async for _ in self.synthesise(SpeechRequest(text=text, language=language)):
                pass

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        """The sound of the sentence, a clause at a time.

        Raises:
            VendorError: nothing of the text can be spoken, or the model failed.
        """
        language = base_language(request.language)
        resampler: Resampler | None = None
        for clause in clauses(request.text):
            try:
                pcm, rate_hz = await self._in_thread(partial(self._pcm, clause, language))
            except RuntimeError as error:
                raise VendorError(VENDOR, type(error).__name__, retryable=False) from error
            resampler = resampler or Resampler(rate_hz, SAMPLE_RATE_HZ)
            yield pcm_to_mulaw(resampler.push(pcm))
        if resampler:
            yield pcm_to_mulaw(resampler.flush())

    async def close(self) -> None:
        """Begin nothing new; what is being computed is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _pcm(self, clause: str, language: str) -> tuple[bytes, int]:
        return self._load().pcm(clause, language)

    def _load(self) -> "_Speaker":
        if self._speaker is None:
            self._speaker = _Speaker(self._settings)
        return self._speaker


class _Speaker:
    """The models; belongs to one thread."""

    def __init__(self, settings: Settings) -> None:
        self._phonemes = Phonemes(settings)
        self._voice = PiperVoice(models.ensure(models.VOICE_JOE, settings.torim_cache) / "en_US-joe-medium.onnx")

    def pcm(self, clause: str, language: str) -> tuple[bytes, int]:
        """16-bit sound of a clause with the pause behind it, and its rate; no sound for signs alone.

        Raises:
            VendorError: there are letters, but none that can be spoken.
        """
        rate_hz = self._voice.rate_hz
        phonemes = self._phonemes.of(clause, language)
        if not phonemes:
            if any(letter.isalpha() for letter in clause):
                raise VendorError(VENDOR, "script", retryable=False)
            return b"", rate_hz
        sound = levelled(trimmed(self._voice.speak(phonemes, _MANNERS.get(language, _MANNERS["en"])), rate_hz), rate_hz)
        pause = np.zeros(round(_PAUSES_S.get(clause[-1], 0.0) * rate_hz), np.float32)
        return (np.concatenate([sound, pause]) * _FULL_SCALE).astype("<i2").tobytes(), rate_hz
