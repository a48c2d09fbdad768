"""Google's client over a connection of its own, and over a new one where that went dumb.

gRPC has all channels of a process to one address share one connection, and keeps it for as long as nobody says that it is gone. A
NAT that forgot it swallows what is sent and says nothing: every voice fails then, a new client's, too, while a new connection would
work. So

- a client's connection is its own (``grpc.use_local_subchannel_pool``): the voice that speaks in one piece shares none with the one
  that streams, behind which it stands;
- after two waits in a row that were in vain the next call gets a new client. The old one is closed when the last call on it is over.

Where ``TTS_BASE_URL`` leads: ``https://`` to a region of Google's, with credentials and TLS as ever; ``http://`` to a server
of one's own, with neither.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import grpc.aio
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import DeadlineExceeded

from common.vendor_stream import IN_VAIN_S

_OWN_CONNECTION = ("grpc.use_local_subchannel_pool", 1)
_IN_VAIN = 2
"""Waits in a row; one alone may be a slow answer."""

C = TypeVar("C")
logger = logging.getLogger("torim.tts_worker")


class Connection(Generic[C]):
    """One client, and what is held against its connection."""

    def __init__(self, client: C, in_vain_s: float) -> None:
        self.client = client
        self._in_vain_s = in_vain_s
        self.calls = 0
        """That go on."""
        self.in_vain = 0
        """Waits in a row."""

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A wait for the next that Google says, which is given up from outside."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            yield
        except (asyncio.CancelledError, DeadlineExceeded):
            self.in_vain += loop.time() - began_s >= self._in_vain_s
            raise
        self.in_vain = 0


class Connections(Generic[C]):
    """The client that calls are made with, one after another."""

    def __init__(self, make: Callable[[], C], in_vain_s: float = IN_VAIN_S) -> None:
        """``make`` is called when the first call wants it: Google's clients look for credentials when they are made."""
        self._make = make
        self._in_vain_s = in_vain_s
        self._current: Connection[C] | None = None

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Connection[C]]:
        """A call, over what is the connection now."""
        connection = self._current = self._current or Connection(self._make(), self._in_vain_s)
        connection.calls += 1
        try:
            yield connection
        finally:
            connection.calls -= 1
            await self._look_at(connection)

    async def _look_at(self, connection: Connection[C]) -> None:
        if connection is self._current and connection.in_vain >= _IN_VAIN:
            self._current = None
            logger.warning("vendor=google what=connection_given_up waits_in_vain=%d", connection.in_vain)
        if connection is not self._current and not connection.calls:
            await _close(connection)

    async def close(self) -> None:
        """Close it."""
        connection, self._current = self._current, None
        if connection is not None:
            await _close(connection)


async def _close(connection: Connection[Any]) -> None:
    await connection.client.transport.close()


def client(kind: Callable[..., C], transport: Any, url: str) -> C:
    """A client of this kind, with its transport, for Google at ``url``; "": for the Google of all."""
    address = urlsplit(url)
    if address.scheme == "http":
        return kind(transport=transport(channel=grpc.aio.insecure_channel(address.netloc, options=[_OWN_CONNECTION])))
    over_tls = partial(transport, channel=partial(_channel, transport))
    return kind(transport=over_tls, client_options=ClientOptions(api_endpoint=address.netloc or None))


def _channel(transport: Any, host: str, *, options: list[tuple[str, Any]], **asked: Any) -> Any:
    return transport.create_channel(host, options=[*options, _OWN_CONNECTION], **asked)
