"""OpenAI's transcriptions API, and whatever speaks it (faster-whisper servers, whisper.cpp, LocalAI).

The upload is a WAV file of 16-bit PCM at 8 kHz. Mu-law inside a WAV file would be half as large,
but only decoders built on ffmpeg read it, and the small servers' readers take PCM alone; at 16 kB
a second the difference is not to be felt. Nothing is resampled: the servers do that themselves.

What a model can tell beside the words differs: whisper-1 how likely it is that nobody spoke, gpt-4o-transcribe how likely
each token is; both go to the gates. gpt-transcribe, which stays when those end, tells neither, takes the agent's vocabulary as a
list instead of a prompt, and the language as one of several; gpt-4o-transcribe-diarize tells neither and takes no vocabulary. Any
other model may be a Whisper and is asked what whisper-1 is; what it refuses it is not asked for again. The gpt models stream, which
brings no word earlier, since nothing is done with half a text, but shows that the server is alive: it is not given up while events
come. Servers of one's own that take the request for a stream and answer in one piece are understood.
"""

import asyncio
import io
import json
import logging
import re
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

from openai import AsyncOpenAI, AsyncStream, BadRequestError, OpenAIError, UnprocessableEntityError
from openai.types.audio import Transcription
from openai.types.audio.transcription import UsageDuration, UsageTokens
from openai.types.audio.transcription_text_done_event import Usage as DoneUsage
from openai.types.audio.transcription_verbose import Usage as VerboseUsage

from asr_worker.vendors.base import NO_HINTS, Heard, Hints
from common import openai_client, usage
from common.agents.given import Given, own_models
from common.audio import SAMPLE_RATE_HZ, duration_ms, mulaw_to_pcm
from common.config import Settings
from common.errors import VendorError
from common.language import base_language
from common.vendor_stream import GAP_S, alive, next_piece

MIN_AUDIO_MS = 100
"""Shorter audio is refused by OpenAI (HTTP 400, audio_too_short), and no word is as short."""
_END_S = 0.05
"""What the end of a stream may take behind its last event."""
_TOKENS_PER_S = 10
"""Of sound, as the gpt-4o models bill it."""
_REFUSES_FORMAT = re.compile("response_format|verbose", re.IGNORECASE)

logger = logging.getLogger("torim.asr_worker")


class OpenAITranscriber:
    """``ASR_VENDOR=openai``."""

    def __init__(self, settings: Settings, *, read_s: float = openai_client.READ_S, takes_models: bool = True) -> None:
        """``takes_models``: whether an agent's model counts."""
        self._openai: AsyncOpenAI = openai_client.client(settings, settings.asr_base_url, read_s=read_s)
        self._settings = settings
        self._model = settings.asr_model
        self._takes_models = takes_models
        self._plain: set[str] = set()
        """Models that tell nothing beside the words."""

    async def warm_up(self) -> None:
        """Open a connection.

        Raises:
            KeyRefused: the server does not take the key.
            VendorError: it cannot be reached.
        """
        if self._takes_models:
            models = [Given(self._model, "ASR_MODEL"), *own_models("asr", self._settings)]
            await openai_client.warm_up(self._openai, models)
        else:
            await openai_client.warm_up(self._openai, [Given(self._model, "ASR_2_MODEL")], openai_client.SECOND_KEY)

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words in ``audio``; ``turn`` is of no use here.

        Raises:
            VendorError: the server failed.
        """
        if duration_ms(audio) < MIN_AUDIO_MS:
            return ""
        model = hints.model if hints.model and self._takes_models else self._model
        wav = _wav(audio)
        try:
            with usage.asked(openai_client.VENDOR, model, **_estimated(model, audio)) as bill:
                answer = await self._ask(wav, model, base_language(language), hints.vocabulary)
                bill.answered = True
                return await _streamed(answer, bill) if isinstance(answer, AsyncStream) else _whole(answer, bill)
        except OpenAIError as error:
            raise openai_client.blame(error) from error
        except ValueError as error:  # HTTP 200, but not JSON
            raise VendorError(openai_client.VENDOR, "bad_answer", retryable=True) from error

    async def _ask(self, wav: bytes, model: str, language: str, vocabulary: Sequence[str]) -> Any:
        while True:
            asked = asked_of(model, language, vocabulary, verbose=model not in self._plain)
            try:
                return await self._openai.audio.transcriptions.create(file=("utterance.wav", wav, "audio/wav"), model=model, **asked)
            except (BadRequestError, UnprocessableEntityError) as error:
                if asked["response_format"] != "verbose_json" or not _REFUSES_FORMAT.search(openai_client.words_of(error)):
                    raise
                self._plain.add(model)
                logger.warning("model=%s what=left_out option=verbose_json", model)

    async def close(self) -> None:
        """Close the connections."""
        await self._openai.close()


def second(settings: Settings) -> OpenAITranscriber:
    """``openai_2``: another model, server or account, for when the first fails."""
    return OpenAITranscriber(openai_client.second(settings), takes_models=False)


def asked_of(model: str, language: str, vocabulary: Sequence[str], *, verbose: bool = True) -> dict[str, Any]:
    """What this model is told beside the sound, and asked for beside the words: how sure it is, and a stream.

    ``verbose``: whether one that is not known may be asked how sure it is.
    """
    name = model.rpartition("/")[2]  # a maker may stand before it
    if name.startswith("gpt-") and not name.startswith("gpt-4o"):
        keywords = {"keywords": list(vocabulary)} if vocabulary else {}
        return {"languages": [language], "response_format": "json", "stream": True, **keywords}
    told = {"language": language, **({"prompt": ", ".join(vocabulary)} if vocabulary else {})}
    if name.endswith("-diarize"):
        return {"language": language, "response_format": "json", "stream": True}
    if name.startswith("gpt-4o"):
        return {**told, "response_format": "json", "stream": True, "include": ["logprobs"]}
    return {**told, "response_format": "verbose_json" if verbose else "json"}


def _estimated(model: str, audio: bytes) -> dict[str, Any]:
    """What the sound costs by OpenAI's own rules, for when the answer does not tell."""
    seconds = duration_ms(audio) / 1000
    return {"seconds": seconds, "input_tokens": round(_TOKENS_PER_S * seconds) if "gpt-4o" in model else 0, "estimated": True}


def _read(used: Any, bill: usage.Bill) -> None:
    """What the server says that it bills: seconds, or tokens."""
    match used:
        case (UsageDuration() | VerboseUsage()) as told if isinstance(told.seconds, int | float):
            bill.seconds, bill.input_tokens, bill.estimated = float(told.seconds), 0, False
        case (UsageTokens() | DoneUsage()) as told if isinstance(told.input_tokens, int) and isinstance(told.output_tokens, int):
            bill.input_tokens, bill.output_tokens, bill.estimated = told.input_tokens, told.output_tokens, False
        case _:  # a server of one's own may say less
            pass


def _whole(answer: Any, bill: usage.Bill) -> str:
    """The client does not check what a server of one's own answers."""
    _read(getattr(answer, "usage", None), bill)
    text = getattr(answer, "text", None)
    if not isinstance(text, str):
        raise VendorError(openai_client.VENDOR, "bad_answer", retryable=False)
    segments = getattr(answer, "segments", None) or []
    if not segments:
        return text.strip()
    # One sure segment is enough to take the whole for speech.
    return Heard(text.strip(), min(_told(segments, "no_speech_prob"), default=None), max(_told(segments, "avg_logprob"), default=None))


def _told(segments: Sequence[Any], name: str) -> list[float]:
    """What segments tell under this name: not every server's do."""
    return [value for each in segments if isinstance(value := getattr(each, name, None), int | float)]


async def _streamed(events: AsyncStream[Any], bill: usage.Bill) -> str:
    """The words in the last event; those before it only show that the server is at work."""
    async with events:
        if not events.response.headers.get("content-type", "").startswith("text/event-stream"):
            return _whole(Transcription.construct(**json.loads(await events.response.aread())), bill)
        loop, pieces = asyncio.get_running_loop(), aiter(events)
        while (event := await next_piece(pieces, loop.time() + GAP_S, openai_client.VENDOR)) is not None:
            alive()
            if event.type == "transcript.text.done":
                _read(getattr(event, "usage", None), bill)
                sure = [each.logprob for each in event.logprobs or [] if each.logprob is not None]
                await _read_out(pieces)
                return Heard(event.text.strip(), logprob=sum(sure) / len(sure) if sure else None)
    raise VendorError(openai_client.VENDOR, "half_stream", retryable=True)


async def _read_out(pieces: AsyncIterator[Any]) -> None:
    """Read to the end, which follows at once: a connection whose answer was not read out cannot be used again."""
    with suppress(VendorError, OpenAIError, ValueError):  # all that was wanted is here
        await next_piece(pieces, asyncio.get_running_loop().time() + _END_S, openai_client.VENDOR)


def _wav(mulaw: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(mulaw_to_pcm(mulaw))
    return out.getvalue()
