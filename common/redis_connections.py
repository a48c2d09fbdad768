"""redis-py's connections and their pool, with less done for each command.

Some ten small commands belong to an answer. For each of them the client takes a task or two, with a deadline, and locks, and packs it in
Python. That is for what is rare: a server that does not read, a pool that is empty, a connection to be made, and is left to the
client here. What is common goes straight: packed by ``hiredis``, written by whoever asks, on a connection that is taken and given
back at once.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any

import hiredis
from redis.asyncio import BlockingConnectionPool, Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection

_Command = bytes | str | Iterable[bytes]


class _Straight(AbstractConnection):
    """What is done otherwise, by every kind of connection."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """A command as the server reads it; ``args`` are what ``hiredis`` takes, and its name's words are parts of it, too.

        The client makes a tuple out of a generator here. Such a one is never of those that Python keeps to use again, but is kept
        among them in the end: up to two thousand of each length, for as long as there is no full collection.
        """
        name, *values = args
        return [hiredis.pack_command((*name.encode().split(), *values))]

    async def connect(self) -> None:
        """Connect, unless it is connected, as nearly always."""
        if not self.is_connected:
            await super().connect()  # type: ignore[no-untyped-call]

    async def send_packed_command(self, command: _Command, check_health: bool = True) -> None:
        """Write it. Who does not read is waited for as the client does: in a task of its own, with a deadline."""
        writer = self._writer
        if writer is None or self.health_check_interval or not _takes_more(writer) or not isinstance(command, list):
            await super().send_packed_command(command, check_health)
            return
        try:
            writer.writelines(command)
        except BaseException:  # nobody knows how much of it left
            await self.disconnect(nowait=True)
            raise

    def let_go(self) -> None:
        """Close it, and wait for nothing."""
        self._close()  # type: ignore[no-untyped-call]


def _takes_more(writer: asyncio.StreamWriter) -> bool:
    """Whether it is open, and what was written before has left."""
    return not writer.transport.is_closing() and not writer.transport.get_write_buffer_size()


class StraightConnection(_Straight, Connection):
    """Over TCP."""


class StraightSSLConnection(_Straight, SSLConnection):
    """Over TLS."""


class StraightUnixConnection(_Straight, UnixDomainSocketConnection):
    """On this machine."""


STRAIGHT: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: StraightConnection,
    SSLConnection: StraightSSLConnection,
    UnixDomainSocketConnection: StraightUnixConnection,
}
"""What stands for each kind of the client's own."""


class StraightPool(BlockingConnectionPool):
    """A pool whose locks are for who has to wait."""

    def __init__(self, **options: Any) -> None:
        kind = options.pop("connection_class", Connection)
        super().__init__(connection_class=STRAIGHT.get(kind, kind), **options)
        self._waiting = 0

    async def get_connection(self, command_name: object = None, *keys: object, **options: object) -> AbstractConnection:
        """One that is free, and in order; waits for it if all are in use."""
        if not self.can_get_connection():
            self._waiting += 1
            try:
                return await super().get_connection()  # type: ignore[no-untyped-call,no-any-return]
            finally:
                self._waiting -= 1
        connection: AbstractConnection = self.get_available_connection()  # type: ignore[no-untyped-call]
        try:
            await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    def let_go(self) -> None:
        """Close all connections, and wait for nothing."""
        for connection in (*self._available_connections, *self._in_use_connections):
            if isinstance(connection, _Straight):
                connection.let_go()

    def release(self, connection: AbstractConnection) -> Awaitable[None]:  # type: ignore[override]  # all that is done with it is to await it
        """Give it back. That is done when this returns: of what is yet to be awaited a pipeline makes a task."""
        if self._waiting or connection.should_reconnect():  # type: ignore[no-untyped-call]
            return super().release(connection)
        self._in_use_connections.remove(connection)
        self._available_connections.append(connection)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done
