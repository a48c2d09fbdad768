"""A small TCP proxy in front of Redis, one port for each process, so that the network of any one of them can be cut.

    process ──TCP──▶ proxy ──Unix socket──▶ Redis

A cut breaks what is connected and lets nothing in; what was on its way is lost, as on a real line.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

_CHUNK = 64 * 1024


class Proxy:
    """The way of one process to Redis."""

    def __init__(self, socket: Path) -> None:
        self.port = 0
        """Where the process connects to."""
        self._socket = socket
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """For ``REDIS_URL``."""
        return f"redis://127.0.0.1:{self.port}/0"

    def cut(self) -> None:
        """Break all connections, and let none in."""
        self._cut = True
        for writer in list(self._writers):
            writer.transport.abort()

    def heal(self) -> None:
        """Let connections in again."""
        self._cut = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._cut:
                raise ConnectionError
            redis_reader, redis_writer = await asyncio.open_unix_connection(str(self._socket))
        except OSError:  # Redis is away
            writer.transport.abort()
            return
        both = (writer, redis_writer)
        self._writers.update(both)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(reader, redis_writer))
                tasks.create_task(_pump(redis_reader, writer))
        finally:
            self._writers.difference_update(both)
            for one in both:
                one.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand bytes on until either side ends; then the other one ends, too."""
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
