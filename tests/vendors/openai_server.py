"""A small server that speaks OpenAI's HTTP over real sockets, and misbehaves by script.

Each request is answered by the next script; the last one is used again. A script is what is
written to the socket, bytes as they are, and what happens to the connection:

    [b"HTTP/1.1 200 OK...", Stall()]      writes, then waits until the client is gone
    [b"HTTP/1.1 200 OK...", Reset()]      writes, then drops the connection with RST
    [b"HTTP/1.1 200 OK...", Close()]      writes, then ends the connection as one that is through
    [Pause(0.1), b"HTTP/1.1 200 OK..."]   takes its time, as real ones do
    [Until(event), b"HTTP/1.1 200 OK..."] waits for the test

In place of a script may stand who makes one of the request: ``openai_service.py`` answers as OpenAI does.
"""

import asyncio
import email.parser
import email.policy
import json
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes; the connection stays open."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is torn down."""


@dataclass(frozen=True, slots=True)
class Close:
    """The connection ends in good order, in mid-answer or not."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing comes for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Nothing comes before this is set."""

    happened: asyncio.Event


Step = bytes | Stall | Reset | Close | Pause | Until
Script = Sequence[Step]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body of a request for a completion."""
        return json.loads(self.body)

    def form(self) -> dict[str, bytes]:
        """The fields of an upload; a file's content stands under its field's name."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        fields = {}
        for part in message.iter_parts():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            fields[str(part.get_param("name", header="content-disposition"))] = content
        return fields


Answering = Callable[[Request], Script]


class OpenAIServer:
    """``async with OpenAIServer(script, ...) as server``: listens at ``server.url``."""

    def __init__(self, *scripts: Script | Answering) -> None:
        self.requests: list[Request] = []
        self.stalled = asyncio.Event()
        """Set when a stall began."""
        self.hung_up = asyncio.Event()
        """Set when a client closed its connection during a stall."""
        self._scripts = list(scripts)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The base URL for a client."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/v1"

    async def __aenter__(self) -> "OpenAIServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read_request(reader)) is not None:
                self.requests.append(request)
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                for step in script(request) if callable(script) else script:
                    await self._do(step, reader, writer)
                    if isinstance(step, Stall | Reset | Close):
                        return
        except ConnectionError:
            self.hung_up.set()
        finally:
            writer.close()

    async def _do(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match step:
            case bytes():
                writer.write(step)
                await writer.drain()
            case Stall():
                self.stalled.set()
                await reader.read()
                self.hung_up.set()
            case Reset():
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            case Close():
                writer.close()
            case Pause(seconds=seconds):
                await asyncio.sleep(seconds)
            case Until(happened=happened):
                await happened.wait()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, path, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


# --- Scripts


def document(status: int, content_type: str, data: bytes, headers: str = "") -> list[Step]:
    """An answer of known length; ``headers`` are whole lines."""
    head = f"HTTP/1.1 {status} Status\r\ncontent-type: {content_type}\r\n{headers}content-length: {len(data)}\r\n\r\n"
    return [head.encode() + data]


def answer(status: int, body: Any, headers: str = "") -> list[Step]:
    """One JSON document."""
    return document(status, "application/json", json.dumps(body, ensure_ascii=False).encode(), headers)


def refusal(status: int, message: str = "refused", code: str | None = None, headers: str = "") -> list[Step]:
    """An error as OpenAI words it."""
    return answer(status, {"error": {"message": message, "type": "error", "param": None, "code": code}}, headers)


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END_OF_BODY = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def http_chunk(data: bytes) -> bytes:
    """A piece of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One event of a chat completion's stream, as a piece of the body."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return http_chunk(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")


def texts(*parts: str) -> list[Step]:
    """The beginning of a stream: role and texts, without an end."""
    return [STREAM_HEAD, event({"role": "assistant", "content": ""}), *(event({"content": part}) for part in parts)]


def completion(*parts: str) -> list[Step]:
    """A whole stream."""
    return [*texts(*parts), event({}, "stop"), http_chunk(DONE) + END_OF_BODY]


def cut_completion(finish: str, *parts: str) -> list[Step]:
    """A stream whose last words say that it is not whole, or why."""
    return [*texts(*parts), event({}, finish), http_chunk(DONE) + END_OF_BODY]


def refusing_completion(*parts: str) -> list[Step]:
    """A whole stream of a model that will not, as OpenAI's say so."""
    said = [event({"refusal": part}) for part in parts]
    return [STREAM_HEAD, event({"role": "assistant", "content": None}), *said, event({}, "stop"), http_chunk(DONE) + END_OF_BODY]


ERROR_EVENT = http_chunk(b'data: {"error": {"message": "overloaded", "type": "server_error", "param": null, "code": null}}\n\n')
"""In mid-stream, in place of what was to come."""


def tool_completion(*calls: tuple[str, str], said: str = "") -> list[Step]:
    """A whole stream that ends with calls of tools, (name, arguments) each, the arguments in pieces as OpenAI sends them."""
    script: list[Step] = [*texts(said)] if said else [STREAM_HEAD, event({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        script.append(event({"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]}))
        pieces = [arguments[at : at + 5] for at in range(0, len(arguments), 5)]
        script += [event({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}) for piece in pieces]
    return [*script, event({}, "tool_calls"), http_chunk(DONE) + END_OF_BODY]


def hang_up_completion(*parts: str) -> list[Step]:
    """A whole stream that ends with a call of hang_up, its arguments in pieces as OpenAI sends them."""
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "hang_up", "arguments": ""}}
    return [
        *texts(*parts),
        event({"tool_calls": [call]}),
        event({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
        event({}, "tool_calls"),
        http_chunk(DONE) + END_OF_BODY,
    ]
