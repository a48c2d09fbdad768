"""A voice on this machine's processor: English, and Hebrew with an American accent.

    sentence -> clauses -> phonemes (by script: Hebrew, English) -> piper voice -> even loudness -> 8 kHz mu-law

The voice computes a clause as a whole, so the first sound leaves when the first clause is done, and
closing the iterator wastes one clause at most. One thread computes, one clause at a time: sentences
of several calls take turns. Where words end it does not tell: the model's outputs are sound alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np

from common import catalogue, models
from common.audio import SAMPLE_RATE_HZ, pcm_to_mulaw, resample, silence
from common.config import Settings
from common.errors import VendorError
from common.language import base_language
from tts_worker.clauses import clauses
from tts_worker.loudness import Samples, levelled, trimmed
from tts_worker.phonemes import Phonemes
from tts_worker.piper import Manner, PiperVoice
from tts_worker.vendors.base import SpeechRequest

VENDOR = "local"

MANNERS = {"he": Manner(pace=1.12, melody=0.33, rhythm=0.33), "en": Manner(pace=1.0, melody=0.6, rhythm=0.6)}
_PAUSES_MS = {",": 120, ";": 160, ":": 160, ".": 200, "!": 200, "?": 200}
"""Silence after a clause, by the mark at its end; where there is none it was cut between words."""

_FULL_SCALE = 32767
_PEAK = 0.9

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
        for clause in clauses(request.text):
            try:
                sound = await self._in_thread(partial(self._sound, clause, language))
            except RuntimeError as error:
                raise VendorError(VENDOR, type(error).__name__, retryable=False) from error
            if sound:
                yield sound

    async def close(self) -> None:
        """Begin nothing new; what is being computed is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _sound(self, clause: str, language: str) -> bytes:
        return self._load().sound(clause, language)

    def _load(self) -> "_Speaker":
        if self._speaker is None:
            self._speaker = _Speaker(self._settings)
        return self._speaker


class _Speaker:
    """The models; belongs to one thread."""

    def __init__(self, settings: Settings) -> None:
        self._phonemes = Phonemes(settings)
        self._voice = PiperVoice(models.ensure(catalogue.VOICE_JOE, settings.torim_cache) / "en_US-joe-medium.onnx")

    def sound(self, clause: str, language: str) -> bytes:
        """Mu-law of a clause with the pause behind it; none for signs alone.

        Raises:
            VendorError: there are letters, but none that can be spoken.
        """
        phonemes = self._phonemes.of(clause, language)
        if phonemes:
            return self._of_the_line(self._voice.speak(phonemes, MANNERS.get(language, MANNERS["en"]))) + silence(pause_ms(clause))
        if any(letter.isalpha() for letter in clause):
            raise VendorError(VENDOR, "script", retryable=False, blame="request")
        return b""

    def _of_the_line(self, samples: Samples) -> bytes:
        """The sound at 8 kHz and at the line's level, which is that of what the line can carry."""
        resampled = resample(_pcm(samples * (_PEAK / max(_PEAK, float(np.abs(samples).max())))), self._voice.rate_hz, SAMPLE_RATE_HZ)
        carried = np.asarray(np.frombuffer(resampled, "<i2") / _FULL_SCALE, np.float32)
        return pcm_to_mulaw(_pcm(levelled(trimmed(carried, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)))


def pause_ms(clause: str) -> int:
    """The silence that follows a clause."""
    return _PAUSES_MS.get(clause[-1], 0)


def _pcm(samples: Samples) -> bytes:
    """16-bit PCM of samples between -1 and 1."""
    return (samples * _FULL_SCALE).astype("<i2").tobytes()
