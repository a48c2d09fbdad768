"""OpenAI's transcriptions API, and whatever speaks it (faster-whisper servers, whisper.cpp, LocalAI).

The upload is a WAV file of 16-bit PCM at 8 kHz. Mu-law inside a WAV file would be half as large,
but only decoders built on ffmpeg read it, and the small servers' readers take PCM alone; at 16 kB
a second the difference is not to be felt. Nothing is resampled: the servers do that themselves.
"""

import io
import wave

from openai import AsyncOpenAI, OpenAIError

from common import openai_client
from common.audio import SAMPLE_RATE_HZ, duration_ms, mulaw_to_pcm
from common.config import Settings
from common.errors import VendorError
from common.phrases import base_language

MIN_AUDIO_MS = 100
"""Shorter audio is refused by OpenAI (HTTP 400, audio_too_short), and no word is as short."""


class OpenAITranscriber:
    """``ASR_VENDOR=openai``."""

    def __init__(self, settings: Settings, *, read_s: float = openai_client.READ_S) -> None:
        self._openai: AsyncOpenAI = openai_client.client(settings, settings.asr_base_url, read_s=read_s)
        self._model = settings.asr_model

    async def warm_up(self) -> None:
        """Open a connection.

        Raises:
            ConfigError: the server refuses the key.
            VendorError: it cannot be reached.
        """
        await openai_client.warm_up(self._openai)

    async def transcribe(self, audio: bytes, *, language: str, turn: int) -> str:
        """The words in ``audio``; ``turn`` is of no use here.

        Raises:
            VendorError: the server failed.
        """
        if duration_ms(audio) < MIN_AUDIO_MS:
            return ""
        try:
            answer = await self._openai.audio.transcriptions.create(
                file=("utterance.wav", _wav(audio), "audio/wav"),
                model=self._model,
                language=base_language(language),
                response_format="json",
            )
        except OpenAIError as error:
            raise openai_client.blame(error) from error
        except ValueError as error:  # HTTP 200, but not JSON
            raise VendorError(openai_client.VENDOR, "bad_answer", retryable=True) from error
        # The client does not check what a server of one's own answers.
        text = getattr(answer, "text", None)
        if not isinstance(text, str):
            raise VendorError(openai_client.VENDOR, "bad_answer", retryable=False)
        return text.strip()

    async def close(self) -> None:
        """Close the connections."""
        await self._openai.close()


def second(settings: Settings) -> OpenAITranscriber:
    """``openai_2``: another model, server or account, for when the first fails."""
    return OpenAITranscriber(openai_client.second(settings))


def _wav(mulaw: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(mulaw_to_pcm(mulaw))
    return out.getvalue()
