"""A page for people in the place of Google, as of a proxy that wants a login, over real sockets: by HTTP/2, and by HTTP/1.1."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from common.config import Settings
from common.errors import VendorError
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.google import GoogleVoice, unary

PAGE = b"<!doctype html><title>Log in</title>"
_DATA, _HEADERS, _SETTINGS, _PING = 0, 1, 4, 6
_ACK, _END_STREAM, _END_HEADERS = 1, 1, 4
"""Frames of HTTP/2 and their flags (RFC 9113, section 6)."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _header(name: bytes, value: bytes) -> bytes:
    """A literal one that nobody need remember (RFC 7541, section 6.2.2)."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


async def _over_http_1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + PAGE)


def _over_http_2(status: bytes) -> Serve:
    head = _header(b":status", status) + _header(b"content-type", b"text/html")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readexactly(24)  # the preface
            writer.write(_frame(_SETTINGS, 0, 0, b""))
            while True:
                begin = await reader.readexactly(9)
                payload = await reader.readexactly(int.from_bytes(begin[:3], "big"))
                kind, flags, stream = begin[3], begin[4], int.from_bytes(begin[5:], "big")
                if kind in (_SETTINGS, _PING) and not flags & _ACK:
                    writer.write(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
                elif kind == _HEADERS:
                    writer.write(_frame(_HEADERS, _END_HEADERS, stream, head) + _frame(_DATA, _END_STREAM, stream, PAGE))

    return serve


@asynccontextmanager
async def _listening(serve: Serve) -> AsyncIterator[str]:
    """Where it is served."""
    serving = set[asyncio.Task[None]]()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(asyncio.CancelledError):
            await serve(reader, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(tracked, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving)


async def failure(serve: Serve, make: Callable[[Settings], GoogleVoice]) -> VendorError:
    async with _listening(serve) as url:
        vendor = make(Settings(tts_base_url=url))
        with pytest.raises(VendorError) as failed:
            await anext(vendor.synthesise(SpeechRequest("Hello!", "en")))
        await vendor.close()
    return failed.value


@pytest.mark.parametrize("make", [GoogleVoice, unary])
@pytest.mark.parametrize(("serve", "kind"), [(_over_http_2(b"200"), "unknown"), (_over_http_1, "unavailable")])
async def test_a_page_is_a_failure_that_may_pass(serve: Serve, kind: str, make: Callable[[Settings], GoogleVoice]) -> None:
    failed = await failure(serve, make)
    assert (failed.kind, failed.retryable, failed.blame) == (kind, True, "vendor")


@pytest.mark.parametrize("status", [b"302", b"401", b"403", b"404", b"407", b"429", b"502", b"503"])
@pytest.mark.parametrize("make", [GoogleVoice, unary])
async def test_a_page_of_any_status_is_held_against_the_vendor(status: bytes, make: Callable[[Settings], GoogleVoice]) -> None:
    assert (await failure(_over_http_2(status), make)).blame == "vendor"
