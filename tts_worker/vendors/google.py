"""Google Cloud Text-to-Speech: as a stream where the voice allows it (Chirp 3 HD), else in one piece.

Both ways give mu-law at 8 kHz, what the line carries. In one piece it comes as a WAV file, whose
header would be heard as a click. The client has no default deadline, so every call gets one. Streamed sound comes without
time points; in one piece the voices that pass marks tell where words end, by the service's beta version alone.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from google.cloud import texttospeech as google
from google.cloud import texttospeech_v1beta1 as beta
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1beta1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport as BetaTransport
from google.rpc.error_details_pb2 import RetryInfo

from common import usage
from common.agents.given import Given, own_files, tell_unknown
from common.agents.voices import Gender, gender_of, of_gender
from common.audio import SAMPLE_RATE_HZ, is_wav, strip_wav_header, wav_header
from common.config import Settings
from common.errors import Blame, KeyRefused, VendorError
from common.language import base_language
from common.vendor_stream import closing
from tts_worker.evenness import Evenness
from tts_worker.vendors.base import SpeechRequest, WordEnds
from tts_worker.vendors.google_connection import PATIENCE, Connections, Patience, client
from tts_worker.vendors.google_marks import billed_characters, marked, tells_words, word_ends

VENDOR = "google"
DEADLINE_S = 20.0
"""A whole synthesis; first sound and pauses have their own, shorter deadlines in the worker."""
WARM_UP_S = 5.0

_STREAMING = "Chirp3-HD"
_MULAW = 7
"""In a WAV file's header."""
_END: Any = object()
_VOICE = re.compile(r"(?P<language>[a-z]{2,3}-[A-Z]{2})-(?P<name>.+)")
_REGIONS = {"he": "he-IL", "en": "en-US", "ar": "ar-XA", "ru": "ru-RU", "fr": "fr-FR", "es": "es-ES", "de": "de-DE", "it": "it-IT"}
_RETRYABLE = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.UNKNOWN,
    }
)
_NO_WAY = {"errors resolving": "no_such_name", "CERTIFICATE_VERIFY_FAILED": "certificate"}
"""Words by which gRPC says why a server is not reached: each is UNAVAILABLE to it."""
_OF_THE_REQUEST = frozenset({grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE})


class GoogleVoice:
    """``TTS_VENDOR=google``."""

    def __init__(self, settings: Settings, *, takes_voices: bool = True, patience: Patience = PATIENCE) -> None:
        """``takes_voices``: whether an agent's voice counts."""
        self._settings = settings
        self._takes_voices = takes_voices
        self._evenness: defaultdict[str, Evenness] = defaultdict(Evenness)
        """Of each voice, by its name."""
        at = settings.tts_base_url
        self._streaming = Connections(partial(client, google.TextToSpeechAsyncClient, TextToSpeechGrpcAsyncIOTransport, at), patience)
        self._in_one = Connections(partial(client, beta.TextToSpeechAsyncClient, BetaTransport, at), patience)

    async def warm_up(self) -> None:
        """Open the connection, and see that the credentials are taken and that there are such voices.

        Raises:
            KeyRefused: the credentials are not taken, or there are none.
            VendorError: Google cannot be reached.
        """
        try:
            listed = await self._listed()
        except GoogleAuthError as error:
            raise KeyRefused(f"GOOGLE_APPLICATION_CREDENTIALS: not usable ({type(error).__name__})") from None
        except GoogleAPICallError as error:
            failure = _blame(error)
            if failure.kind in ("unauthenticated", "permission_denied"):
                raise KeyRefused(f"GOOGLE_APPLICATION_CREDENTIALS: refused by Google ({failure.kind})") from None
            raise failure from error
        tell_unknown("voice", self._given(), listed)

    async def _listed(self) -> set[str]:
        """All voices that Google has, asked for over the connection that the configured one will use."""
        streams = _STREAMING in self._voice(self._settings.language).name
        connections: Connections[Any] = self._streaming if streams else self._in_one
        async with connections.call() as connection:
            with connection.waiting():
                answer = await connection.client.list_voices(request={}, timeout=WARM_UP_S, retry=None)
            connection.heard()
        return {voice.name for voice in answer.voices}

    def _given(self) -> Iterator[Given]:
        """The voices that speak here, in each language that is spoken. Names without a region are a model's, and not in the list."""
        setting = "TTS_VOICE" if self._takes_voices else "TTS_UNARY_VOICE"
        spoken = [(self._voice(self._settings.language).name, setting)]
        for file in own_files(self._settings):
            own = self._takes_voices and _VOICE.fullmatch(file.agent.voice)
            at = file.at("voice") if own else setting
            spoken += [(self._voice(language, file.agent.voice).name, at) for language in file.agent.languages]
        return (Given(name, at) for name, at in spoken if _VOICE.fullmatch(name))

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The sentence as mu-law, as it comes.

        Raises:
            VendorError: Google failed.
        """
        voice = self._voice(request.language, request.voice, request.model)
        try:
            if _STREAMING in voice.name:
                take = self._evenness[voice.name].take()
                with usage.asked(VENDOR, voice.name, characters=len(request.text)) as bill:
                    async with closing(self._stream(voice, request.text)) as answers:
                        async for answer in answers:
                            bill.answered = True
                            if sound := take.push(_sound(answer)):
                                yield sound
                if sound := take.end():
                    yield sound
            else:
                sound, ends = await self._in_one_piece(voice, request.text)
                if sound and ends.at_bytes:
                    yield ends
                if sound:  # a piece without any would pass for an answer
                    yield self._evenness[voice.name].whole(sound)
        except GoogleAPICallError as error:
            raise _blame(error) from error
        except GoogleAuthError as error:
            raise VendorError(VENDOR, "credentials", retryable=False) from error

    async def _stream(self, voice: google.VoiceSelectionParams, text: str) -> AsyncIterator[google.StreamingSynthesizeResponse | None]:
        async with self._streaming.call() as connection:
            with connection.waiting():
                call: Any = await connection.client.streaming_synthesize(_requests(voice, text), timeout=DEADLINE_S, retry=None)
            answers = aiter(call)
            try:
                while True:
                    with connection.waiting():
                        answer = await anext(answers, _END)
                    connection.heard()
                    if answer is _END:
                        return
                    yield answer
            finally:
                call.cancel()

    async def _in_one_piece(self, voice: google.VoiceSelectionParams, text: str) -> tuple[bytes, WordEnds]:
        tells = tells_words(voice.name)
        asked = beta.SynthesizeSpeechRequest(
            input=beta.SynthesisInput(ssml=marked(text)) if tells else beta.SynthesisInput(text=text),
            voice=beta.VoiceSelectionParams(language_code=voice.language_code, name=voice.name, model_name=voice.model_name),
            audio_config=beta.AudioConfig(audio_encoding=beta.AudioEncoding.MULAW, sample_rate_hertz=SAMPLE_RATE_HZ),
            enable_time_pointing=[beta.SynthesizeSpeechRequest.TimepointType.SSML_MARK] if tells else [],
        )
        with usage.asked(VENDOR, voice.name, characters=billed_characters(asked.input.ssml) if tells else len(text)):
            async with self._in_one.call() as connection:
                with connection.waiting():
                    answer = await connection.client.synthesize_speech(asked, timeout=DEADLINE_S, retry=None)
                connection.heard()
        sound = _mulaw(_sound(answer))
        return sound, word_ends(answer.timepoints, len(sound))

    async def close(self) -> None:
        """Close the connections."""
        await self._streaming.close()
        await self._in_one.close()

    def _voice(self, language: str, agents: str = "", model: str = "") -> google.VoiceSelectionParams:
        """The agent's voice in the language of the call, or the configured one: a man's or a woman's as the agent's is."""
        own = agents if self._takes_voices and _VOICE.fullmatch(agents) else ""
        spoken, name = voice_in(language, own or self._settings.tts_voice, gender_of(agents))
        return google.VoiceSelectionParams(language_code=spoken, name=name, model_name=(own and model) or self._settings.tts_model)


def unary(settings: Settings) -> GoogleVoice:
    """``google_unary``: a voice that does not stream, for when the streaming one fails."""
    return GoogleVoice(replace(settings, tts_voice=settings.tts_unary_voice, tts_model=""), takes_voices=False)


def voice_in(language: str, voice: str, whose: Gender | None = None) -> tuple[str, str]:
    """Language code and name of ``voice`` for a call in ``language``; ``whose``: its gender, where it is not to be the voice's own.

    Google's Chirp voices bear the same names in all languages (he-IL-Chirp3-HD-Aoede, en-US-Chirp3-HD-Aoede). The letters of the older
    kinds do not: he-IL-Wavenet-A is a woman, en-US-Wavenet-A a man.
    """
    found = _VOICE.fullmatch(voice)
    if found is None:
        return _region(language), voice
    own = base_language(found["language"]) == base_language(language)
    spoken = found["language"] if own else _region(language)
    return spoken, of_gender(f"{spoken}-{found['name']}", whose or gender_of(voice))


def _region(language: str) -> str:
    base = base_language(language)
    if "-" in language:
        return f"{base}-{language.split('-')[-1].upper()}"
    return _REGIONS.get(base, f"{base}-{base.upper()}")


async def _requests(voice: google.VoiceSelectionParams, text: str) -> AsyncIterator[google.StreamingSynthesizeRequest]:
    """First what to speak with, then what to say; the end of the requests ends the speech."""
    audio = google.StreamingAudioConfig(audio_encoding=google.AudioEncoding.MULAW, sample_rate_hertz=SAMPLE_RATE_HZ)
    config = google.StreamingSynthesizeConfig(voice=voice, streaming_audio_config=audio)
    yield google.StreamingSynthesizeRequest(streaming_config=config)
    yield google.StreamingSynthesizeRequest(input=google.StreamingSynthesisInput(text=text))


def _sound(answer: beta.SynthesizeSpeechResponse | google.StreamingSynthesizeResponse | None) -> bytes:
    """The sound in an answer; the client gives None for what is no message."""
    if answer is None:
        raise VendorError(VENDOR, "bad_answer", retryable=True)
    return bytes(answer.audio_content)


def _mulaw(answered: bytes) -> bytes:
    """The sound behind a header that says that it is the line's: not every model gives what it is asked for."""
    header = wav_header(answered) if is_wav(answered) else None
    if header is not None and (header.encoding, header.channels, header.rate_hz) != (_MULAW, 1, SAMPLE_RATE_HZ):
        came = f"WAV of encoding {header.encoding}, {header.channels} channels, {header.rate_hz} Hz"
        raise VendorError(VENDOR, "not_mulaw", retryable=False, blame="settings", why=f"came {came}; takes mono mu-law of 8000 Hz")
    return strip_wav_header(answered)


def _blame(error: GoogleAPICallError) -> VendorError:
    code = error.grpc_status_code
    why = next((kind for words, kind in _NO_WAY.items() if words in error.message), "")
    kind = why or (code.name.lower() if code else type(error).__name__)
    return VendorError(VENDOR, kind, retryable=code in _RETRYABLE and why != "certificate", wait_s=_wait_s(error), blame=_at_fault(error))


def _at_fault(error: GoogleAPICallError) -> Blame:
    """A voice that is not there is an invalid argument to Google, and its message alone tells it from a text that it will not speak."""
    if error.grpc_status_code in _OF_THE_REQUEST:
        return "settings" if "does not exist" in error.message else "request"
    return "settings" if error.grpc_status_code == grpc.StatusCode.NOT_FOUND else "vendor"


def _wait_s(error: GoogleAPICallError) -> float | None:
    """What ``google.rpc.RetryInfo`` says: how long not to ask again."""
    told = [detail.retry_delay.ToTimedelta().total_seconds() for detail in error.details if isinstance(detail, RetryInfo)]
    return max(told, default=None)
