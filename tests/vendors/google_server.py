"""A small gRPC server that speaks Google's Text-to-Speech over a real socket, and misbehaves by script.

A script is what the service answers with: sound, a pause that only the client ends, or a failure. Requests and
answers are the types of the official client (google-cloud-texttospeech 2.38.0). It counts the characters that it is
asked to speak, as Google bills them: tags of SSML count, but for its marks. What Google refuses is refused before the script: a voice
that there is not, or that does not stream, another language than the voice's, a stream that does not begin with what to speak with, more
than 5,000 bytes. The beta version speaks in one piece alone, and passes the marks: their time points lie evenly in its sound.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import grpc
import grpc.aio
from google.cloud import texttospeech as google
from google.cloud import texttospeech_v1beta1 as beta
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from common.audio import strip_wav_header

_SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
_BETA_SERVICE = "google.cloud.texttospeech.v1beta1.TextToSpeech"
_MARK = re.compile(r'<mark name="([^"]*)"/>')


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The call fails with this status."""

    code: grpc.StatusCode
    retry_after_s: int | None = None
    """Told as ``google.rpc.RetryInfo``, as Google does with an exhausted quota."""
    message: str = "by script"


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no message."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing comes for so long."""

    seconds: float


Step = bytes | Stall | Fail | Garbage | Pause
Script = Sequence[Step]
Answering = Callable[[str], Script]
"""Makes the script of the text that is to be spoken."""
_CHIRPS = (
    "Achernar Achird Algenib Algieba Alnilam Aoede Autonoe Callirrhoe Charon Despina Enceladus Erinome Fenrir Gacrux Iapetus Kore "
    "Laomedeia Leda Orus Puck Pulcherrima Rasalgethi Sadachbia Sadaltager Schedar Sulafat Umbriel Vindemiatrix Zephyr Zubenelgenubi"
)
VOICES = [
    *(f"{region}-Chirp3-HD-{name}" for region in ("he-IL", "en-US", "en-GB", "fr-FR") for name in _CHIRPS.split()),
    *(f"he-IL-{kind}-{letter}" for kind in ("Standard", "Wavenet") for letter in "ABCD"),
    *(f"en-US-{kind}-{letter}" for kind in ("Standard", "Wavenet") for letter in "ABCDEFGHIJ"),
    *("en-US-Studio-O", "en-US-Studio-Q"),
]
"""What is listed: of Google's list of voices, those of four regions, and of two of them the older kinds that are used here."""
_STREAMED = (google.AudioEncoding.PCM, google.AudioEncoding.ALAW, google.AudioEncoding.MULAW, google.AudioEncoding.OGG_OPUS)
"""What streams are encoded as, by the description of ``StreamingAudioConfig``."""
_MOST_BYTES = 5000
_NO_MESSAGE = b"\xff\xff{{{{"


class GoogleServer:
    """``async with GoogleServer(script) as server``: listens at ``server.url``."""

    def __init__(self, script: Script | Answering, certificate: tuple[bytes, bytes] | None = None) -> None:
        """``certificate``: with its key in front of it, for a server that speaks TLS."""
        self.streamed: list[google.StreamingSynthesizeRequest] = []
        self.unary: list[google.SynthesizeSpeechRequest | beta.SynthesizeSpeechRequest] = []
        self.listed: list[google.ListVoicesRequest] = []
        self.characters: Counter[str] = Counter()
        """Billed, by the name of the voice."""
        self.stalled = asyncio.Event()
        """Set when a stall began."""
        self.cancelled = asyncio.Event()
        """Set when a client ended its call during a stall."""
        self.authorised: list[str] = []
        """What each call showed for credentials."""
        self.script = script
        self._certificate = certificate
        self._server: Any = None
        self._port = 0

    @property
    def url(self) -> str:
        """What ``TTS_BASE_URL`` takes."""
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self._port}"

    async def __aenter__(self) -> "GoogleServer":
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers([self._handlers(), self._beta_handlers()])
        self._port = self._listen("127.0.0.1:0")
        await self._server.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._server.stop(None)

    def _listen(self, address: str) -> int:
        if self._certificate is None:
            return int(self._server.add_insecure_port(address))
        return int(self._server.add_secure_port(address, grpc.ssl_server_credentials([self._certificate])))

    def _handlers(self) -> Any:
        methods = {
            "StreamingSynthesize": grpc.stream_stream_rpc_method_handler(
                self._stream, google.StreamingSynthesizeRequest.deserialize, _raw(google.StreamingSynthesizeResponse)
            ),
            "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                self._synthesise, google.SynthesizeSpeechRequest.deserialize, _raw(google.SynthesizeSpeechResponse)
            ),
            "ListVoices": grpc.unary_unary_rpc_method_handler(
                self._list, google.ListVoicesRequest.deserialize, google.ListVoicesResponse.serialize
            ),
        }
        return grpc.method_handlers_generic_handler(_SERVICE, methods)

    async def _stream(
        self, requests: AsyncIterator[google.StreamingSynthesizeRequest], context: Any
    ) -> AsyncIterator[google.StreamingSynthesizeResponse | None]:
        first, *others = [request async for request in requests]
        self.streamed += [first, *others]
        text, config = "".join(request.input.text for request in others), first.streaming_config
        if "streaming_config" not in first or any("input" not in request for request in others):
            await context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, "A stream is one request with a streaming_config, then requests with input."
            )
        if config.streaming_audio_config.audio_encoding not in _STREAMED:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "This audio encoding is not supported for streaming.")
        if "Chirp3-HD" not in config.voice.name:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Only Chirp 3: HD voices stream.")
        await _see_that_it_can_be_spoken(config.voice, text, context)
        self.characters[config.voice.name] += len(text)
        async for sound in self._play(context, text):
            yield google.StreamingSynthesizeResponse(audio_content=sound) if sound is not None else None

    def _beta_handlers(self) -> Any:
        methods = {
            "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                self._synthesise_beta, beta.SynthesizeSpeechRequest.deserialize, _raw(beta.SynthesizeSpeechResponse)
            ),
            "ListVoices": grpc.unary_unary_rpc_method_handler(
                self._list, google.ListVoicesRequest.deserialize, google.ListVoicesResponse.serialize
            ),
        }
        return grpc.method_handlers_generic_handler(_BETA_SERVICE, methods)

    async def _synthesise(self, request: google.SynthesizeSpeechRequest, context: Any) -> google.SynthesizeSpeechResponse | None:
        sound = await self._in_one_piece(request, context)
        return None if sound is None else google.SynthesizeSpeechResponse(audio_content=sound)

    async def _synthesise_beta(self, request: beta.SynthesizeSpeechRequest, context: Any) -> beta.SynthesizeSpeechResponse | None:
        sound = await self._in_one_piece(request, context)
        if sound is None:
            return None
        marks = _MARK.findall(request.input.ssml) if request.enable_time_pointing else []
        seconds = len(strip_wav_header(sound)) / 8000
        points = [beta.Timepoint(mark_name=name, time_seconds=seconds * (at + 1) / len(marks)) for at, name in enumerate(marks)]
        return beta.SynthesizeSpeechResponse(audio_content=sound, timepoints=points)

    async def _in_one_piece(self, request: Any, context: Any) -> bytes | None:
        self.unary.append(request)
        await _see_that_it_can_be_spoken(request.voice, request.input.text or request.input.ssml, context)
        text = request.input.text or _MARK.sub("", request.input.ssml)
        self.characters[request.voice.name] += len(text)
        pieces = [piece async for piece in self._play(context, re.sub(r"<[^>]*>", "", text))]
        return None if None in pieces else b"".join(piece or b"" for piece in pieces)

    async def _list(self, request: google.ListVoicesRequest, context: Any) -> google.ListVoicesResponse:
        self.listed.append(request)
        async for _ in self._play(context):
            pass
        voices = [google.Voice(name=name, language_codes=[name[:5]]) for name in VOICES if name.startswith(request.language_code)]
        return google.ListVoicesResponse(voices=voices)

    async def _play(self, context: Any, text: str = "") -> AsyncIterator[bytes | None]:
        """The script's sound; None stands for what is no message."""
        self.authorised.append(dict(context.invocation_metadata()).get("authorization", ""))
        for step in self.script(text) if callable(self.script) else self.script:
            match step:
                case bytes():
                    yield step
                case Garbage():
                    yield None
                case Fail():
                    await context.abort(step.code, step.message, _details(step))
                case Stall():
                    await self._until_cancelled()
                case Pause(seconds=seconds):
                    await asyncio.sleep(seconds)

    async def _until_cancelled(self) -> None:
        self.stalled.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


async def _see_that_it_can_be_spoken(voice: Any, text: str, context: Any) -> None:
    if voice.name not in VOICES:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Voice '{voice.name}' does not exist. Is it misspelled?")
    if not voice.name.startswith(f"{voice.language_code}-"):
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Voice '{voice.name}' does not speak {voice.language_code}.")
    if len(text.encode()) > _MOST_BYTES:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"The input is longer than the limit of {_MOST_BYTES} bytes.")


def _raw(message: Any) -> Any:
    """Serialises what is a message, and what is none."""
    return lambda answered: _NO_MESSAGE if answered is None else message.serialize(answered)


def _details(fail: Fail) -> tuple[tuple[str, bytes], ...]:
    """The status with its details, where Google's clients look for it."""
    if fail.retry_after_s is None:
        return ()
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=fail.retry_after_s)))
    status = status_pb2.Status(code=fail.code.value[0], message="by script", details=[detail])
    return (("grpc-status-details-bin", status.SerializeToString()),)
