"""What lies between a vendor and us: passes bytes on, until it forgets its connections, or tears them.

A NAT that forgot a connection, or a load balancer that went away without a word, swallows what is sent on it and answers
nothing, not even that it is gone. New connections are passed on as ever. One that tears a connection resets it in the middle of an
answer, where the server pauses; the new ones, too. One with a certificate speaks TLS to us.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from urllib.parse import urlsplit

_PAUSE_S = 0.3


class Nat:
    """``async with Nat(url) as nat``: ``nat.url`` leads to the server at ``url``, on this machine."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self.made = 0
        """Connections, ever."""
        self._forgotten = 0
        self._beyond = urlsplit(url)
        self._tls = tls
        self._pause_s: float | None = None
        """After which an answer is torn."""
        self._open = set[asyncio.StreamWriter]()
        self._passing = set[asyncio.Task[None]]()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The same address, on its own port."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return self._beyond._replace(scheme="https" if self._tls else "http", netloc=f"127.0.0.1:{port}").geturl()

    @property
    def open(self) -> int:
        """Connections that the client did not end."""
        return len(self._open)

    def forget(self) -> None:
        """From now on nothing passes on the connections that there are."""
        self._forgotten = self.made

    def tear(self) -> None:
        """From now on an answer that pauses ends its connection."""
        self._pause_s = _PAUSE_S

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Nobody is there, and whoever is connected is told so."""
        port = urlsplit(self.url).port
        await self._close()
        yield
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", port)

    async def __aenter__(self) -> "Nat":
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._close()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.close()
        await asyncio.gather(*self._passing)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.made = self.made, self.made + 1
        passing = asyncio.current_task()
        assert passing is not None
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)
        self._open.add(writer)
        beyond, to_beyond = await asyncio.open_connection("127.0.0.1", self._beyond.port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pass_back(beyond, writer, number))
            await self._pump(reader, to_beyond, number)
            self._open.remove(writer)

    async def _pass_back(self, beyond: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        """What the server says."""
        began = False
        with suppress(ConnectionError):
            try:
                while data := await asyncio.wait_for(beyond.read(65536), self._pause_s if began else None):
                    began = True
                    if number >= self._forgotten:
                        writer.write(data)
                        await writer.drain()
            except TimeoutError:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, number: int) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if number >= self._forgotten:
                    sink.write(data)
                    await sink.drain()
        sink.close()
