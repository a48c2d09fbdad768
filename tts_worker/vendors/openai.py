"""OpenAI's speech, and whatever speaks it: 24 kHz PCM as a stream, resampled to the line.

The account's answer has no length and no header; where words end in it is not told.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import httpx2
from openai import AsyncOpenAI, OpenAIError

from common import openai_client, usage
from common.agents.given import Given, own_files
from common.audio import SAMPLE_RATE_HZ, Resampler, pcm_to_mulaw
from common.config import Settings
from common.errors import VendorError
from tts_worker.evenness import Evenness
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.openai_sound import Samples

_SAMPLE_BYTES = 2


class OpenAIVoice:
    """``TTS_VENDOR=openai``."""

    def __init__(self, settings: Settings, *, read_s: float = openai_client.READ_S) -> None:
        self._openai: AsyncOpenAI = openai_client.client(settings, settings.tts_openai_base_url, read_s=read_s)
        self._settings = settings
        self._model = settings.tts_openai_model
        self._voice = settings.tts_openai_voice
        self._evenness = Evenness()

    async def warm_up(self) -> None:
        """Open a connection.

        Raises:
            KeyRefused: the server does not take the key.
            VendorError: it cannot be reached.
        """
        own = (Given(file.agent.models.tts, file.at("models", "tts")) for file in own_files(self._settings) if _named(file.agent.voice))
        await openai_client.warm_up(self._openai, (Given(self._model, "TTS_OPENAI_MODEL"), *(each for each in own if each.name)))

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        """The sentence as mu-law, as it comes.

        Raises:
            VendorError: the server failed, or what it sent is no sound.
        """
        line: Resampler | None = None
        take = self._evenness.take()
        asked, own = self._openai.audio.speech.with_streaming_response, _named(request.voice)
        voice, model = own or self._voice, (own and request.model) or self._model
        try:
            with _bill(model, request.text) as bill:
                async with asked.create(model=model, voice=voice, input=request.text, response_format="pcm") as answer:
                    answered = Samples(answer.headers.get("content-type", ""))
                    bill.answered = True
                    async for data in answer.iter_bytes():
                        if not (samples := answered.push(data)):
                            continue
                        bill.seconds += len(samples) / (_SAMPLE_BYTES * answered.rate_hz)
                        line = line or Resampler(answered.rate_hz, SAMPLE_RATE_HZ)
                        if sound := take.push(pcm_to_mulaw(line.push(samples))):
                            yield sound
        except OpenAIError as error:
            raise openai_client.blame(error) from error
        except httpx2.TimeoutException as error:  # the client does not translate what happens behind the answer's head
            raise VendorError(openai_client.VENDOR, "timeout", retryable=True) from error
        except httpx2.TransportError as error:
            raise VendorError(openai_client.VENDOR, "connection", retryable=True) from error
        if line is not None and (sound := take.push(pcm_to_mulaw(line.flush())) + take.end()):
            yield sound

    async def close(self) -> None:
        """Close the connections."""
        await self._openai.close()


def _bill(model: str, text: str) -> AbstractContextManager[usage.Bill]:
    """Of what tts-1 bills, characters; the others bill tokens, and tell nobody how many: their price goes by the minute."""
    return usage.asked(openai_client.VENDOR, model, characters=len(text), estimated=not model.startswith("tts-1"))


def _named(voice: str) -> str:
    """An agent's voice, if it is one of OpenAI's: they are plain words, Google's begin with a region."""
    return "" if "-" in voice else voice
