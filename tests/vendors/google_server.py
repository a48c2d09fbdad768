"""A small gRPC server that speaks Google's Text-to-Speech over a real socket, and misbehaves by script.

A script is what the service answers with: sound, a pause that only the client ends, or a failure.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import grpc
import grpc.aio
from google.cloud import texttospeech as google

_SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The call fails with this status."""

    code: grpc.StatusCode


Script = Sequence[bytes | Stall | Fail]


class GoogleServer:
    """``async with GoogleServer(script) as server``: listens at ``server.url``."""

    def __init__(self, script: Script) -> None:
        self.streamed: list[google.StreamingSynthesizeRequest] = []
        self.unary: list[google.SynthesizeSpeechRequest] = []
        self.listed: list[google.ListVoicesRequest] = []
        self.cancelled = asyncio.Event()
        """Set when a client ended its call during a stall."""
        self.script = script
        self._server: Any = None
        self._port = 0

    @property
    def url(self) -> str:
        """What ``TTS_BASE_URL`` takes."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> "GoogleServer":
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers([self._handlers()])
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._server.stop(None)

    def _handlers(self) -> Any:
        methods = {
            "StreamingSynthesize": grpc.stream_stream_rpc_method_handler(
                self._stream, google.StreamingSynthesizeRequest.deserialize, google.StreamingSynthesizeResponse.serialize
            ),
            "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                self._synthesise, google.SynthesizeSpeechRequest.deserialize, google.SynthesizeSpeechResponse.serialize
            ),
            "ListVoices": grpc.unary_unary_rpc_method_handler(
                self._list, google.ListVoicesRequest.deserialize, google.ListVoicesResponse.serialize
            ),
        }
        return grpc.method_handlers_generic_handler(_SERVICE, methods)

    async def _stream(
        self, requests: AsyncIterator[google.StreamingSynthesizeRequest], context: Any
    ) -> AsyncIterator[google.StreamingSynthesizeResponse]:
        async for request in requests:
            self.streamed.append(request)
        async for sound in self._play(context):
            yield google.StreamingSynthesizeResponse(audio_content=sound)

    async def _synthesise(self, request: google.SynthesizeSpeechRequest, context: Any) -> google.SynthesizeSpeechResponse:
        self.unary.append(request)
        return google.SynthesizeSpeechResponse(audio_content=b"".join([sound async for sound in self._play(context)]))

    async def _list(self, request: google.ListVoicesRequest, context: Any) -> google.ListVoicesResponse:
        self.listed.append(request)
        async for _ in self._play(context):
            pass
        return google.ListVoicesResponse()

    async def _play(self, context: Any) -> AsyncIterator[bytes]:
        for step in self.script:
            match step:
                case bytes():
                    yield step
                case Fail():
                    await context.abort(step.code, "by script")
                case Stall():
                    await self._until_cancelled()

    async def _until_cancelled(self) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
