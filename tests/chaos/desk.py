"""The owner's server, which the webhooks of the house's agent go to. It knows what it was asked, and what it is at.

It does what it is asked at once, and takes its time to say so; it does not mind whether who asked lives to hear it.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.chaos.talk import BOOKS_MS, LOOKS_UP_MS

_TAKES_S = {"look_up": LOOKS_UP_MS / 1000, "book": BOOKS_MS / 1000}
_ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\nconnection: close\r\n\r\n"done"'


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that a tool did, once for each time that it was asked."""

    tool: str
    call: str
    turn: int
    key: str
    """Of one and the same thing that is to be done: the same."""
    said: str = ""


class Desk:
    """The server."""

    def __init__(self) -> None:
        self.url = ""
        self.errands: list[Errand] = []
        self._at: Counter[tuple[str, int]] = Counter()

    async def open(self) -> None:
        """Listen on a free port of this machine."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Listen no more."""
        self._server.close()
        await self._server.wait_closed()

    def is_at(self, call: str, turn: int) -> bool:
        """Whether it has not answered yet what a turn's tool asked."""
        return self._at[call, turn] > 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # who asked died
            request, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            content = await reader.readexactly(int(headers.get("content-length", 0)))
            await self._do(_errand(request, headers["idempotency-key"], content))
            writer.write(_ANSWER)
            await writer.drain()
        writer.close()

    async def _do(self, errand: Errand) -> None:
        self.errands.append(errand)
        self._at[errand.call, errand.turn] += 1
        try:
            await asyncio.sleep(_TAKES_S[errand.tool])
        finally:
            self._at[errand.call, errand.turn] -= 1


def _head(head: bytes) -> tuple[str, Mapping[str, str]]:
    """What is asked for, and the headers, by their names in small letters."""
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    named = (line.partition(":") for line in lines)
    return first.split(" ")[1], {name.lower(): value.strip() for name, _, value in named}


def _errand(request: str, key: str, content: bytes) -> Errand:
    url = urlsplit(request)
    asked: Any = msgspec.json.decode(content)["arguments"] if content else dict(parse_qsl(url.query))
    call, _, _ = key.rpartition("-")
    return Errand(url.path.removeprefix("/"), call, int(asked["turn"]), key, asked.get("said", ""))
