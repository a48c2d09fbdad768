"""Google's client over a connection of its own, and over a new one where that went dumb.

gRPC has all channels of a process to one address share one connection, and keeps it for as long as nobody says that it is gone. A
NAT that forgot it swallows what is sent and says nothing: every voice fails then, a new client's, too, while a new connection would
work. So

- a client's connection is its own (``grpc.use_local_subchannel_pool``): the voice that speaks in one piece shares none with the one
  that streams, behind which it stands;
- after two waits in a row that were in vain, after one where the connection had lain idle for half a minute, the next call gets
  a new client. The old one is closed when the last call on it is over.
- so it does after a server that was not to be reached: gRPC's own pauses between two tries to connect grow to two minutes, and until
  then every call fails at once, long after the server is back.

Where ``TTS_BASE_URL`` leads: ``https://`` to a region of Google's, with credentials and TLS as ever; ``http://`` to a server
of one's own, with neither.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import grpc.aio
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import DeadlineExceeded, ServiceUnavailable

from common.vendor_stream import IN_VAIN_S

_OWN_CONNECTION = ("grpc.use_local_subchannel_pool", 1)

C = TypeVar("C")
logger = logging.getLogger("torim.tts_worker")


@dataclass(frozen=True, slots=True)
class Patience:
    """When a connection is given up."""

    in_vain_s: float = IN_VAIN_S
    """Shorter waits do not count."""
    idle_s: float = 30.0
    """After that even one wait is enough: NATs forget what lies idle."""
    waits: int = 2
    """In a row; one alone may be a slow answer."""


PATIENCE = Patience()


class Connection(Generic[C]):
    """One client, and what is held against its connection."""

    def __init__(self, client: C, patience: Patience) -> None:
        self.client = client
        self.calls = 0
        """That go on."""
        self.given_up = False
        self._patience = patience
        self._in_vain = 0
        """Waits in a row."""
        self._heard_s = asyncio.get_running_loop().time()
        """When Google last said something."""

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A wait for the connection, or for the next that Google says; it is given up from outside."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            yield
        except (asyncio.CancelledError, DeadlineExceeded):
            if loop.time() - began_s >= self._patience.in_vain_s:
                self._waited_in_vain(idle_s=began_s - self._heard_s)
            raise
        except ServiceUnavailable:
            self.given_up = True
            raise

    def heard(self) -> None:
        """Google said something."""
        self._in_vain, self._heard_s = 0, asyncio.get_running_loop().time()

    def _waited_in_vain(self, idle_s: float) -> None:
        self._in_vain += 1
        if not self.given_up and (self._in_vain >= self._patience.waits or idle_s >= self._patience.idle_s):
            self.given_up = True
            logger.warning("vendor=google what=connection_given_up")


class Connections(Generic[C]):
    """The client that calls are made with, one after another."""

    def __init__(self, make: Callable[[], C], patience: Patience) -> None:
        """``make`` is called when the first call wants it: Google's clients look for credentials when they are made."""
        self._make = make
        self._patience = patience
        self._current: Connection[C] | None = None

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Connection[C]]:
        """A call, over what is the connection now."""
        connection = self._current = self._current or Connection(self._make(), self._patience)
        connection.calls += 1
        try:
            yield connection
        finally:
            connection.calls -= 1
            await self._look_at(connection)

    async def _look_at(self, connection: Connection[C]) -> None:
        if connection is self._current and connection.given_up:
            self._current = None
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
