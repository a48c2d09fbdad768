"""Connections that an HTTP client keeps open between requests, and lets go of where one of them went dumb.

A NAT forgets connections that lie idle, tells nobody, and forgets many at a time: each would swallow a request, one after another, until
all that were kept are used up. So a request that waited in vain for the head of its answer takes all idle ones with it, and the
next one makes its own. Kept they are for a minute, shorter than NATs forget, and TCP asks from time to time whether the other side is
still there, which keeps a NAT's memory fresh.
"""

import asyncio
import socket
import ssl

import httpx2

from common.vendor_stream import IN_VAIN_S

_LIMITS = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=60.0)
_PROBES = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""When TCP asks, in seconds, and how often until the connection is taken for dead; not every system knows all of them."""
_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *((socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in _PROBES.items() if hasattr(socket, name)),
]


class Connections(httpx2.AsyncBaseTransport):
    """The transport of an HTTP client."""

    def __init__(self, trusted: ssl.SSLContext, proxy: str | None = None, in_vain_s: float = IN_VAIN_S) -> None:
        self._transport = httpx2.AsyncHTTPTransport(verify=trusted, limits=_LIMITS, proxy=proxy, socket_options=_ALIVE)
        self._in_vain_s = in_vain_s

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, and return when the head of its answer is there."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            return await self._transport.handle_async_request(request)
        except (asyncio.CancelledError, httpx2.TimeoutException):
            if loop.time() - began_s >= self._in_vain_s:
                await self._let_go()
            raise

    async def _let_go(self) -> None:
        """Close what lies idle. What is in use is left alone: its own wait will tell."""
        for connection in self._transport._pool.connections:  # the transport itself can close all or none
            if connection.is_idle():
                await connection.aclose()

    async def aclose(self) -> None:
        """Close all of them."""
        await self._transport.aclose()
