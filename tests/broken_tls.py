"""A server of an owner's whose TLS breaks: it shakes hands, and goes on with what is none."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from common import signed_http
from tests.authority import secured

_NO_TLS = b"HTTP/1.1 502 Bad Gateway\r\n\r\n"


@asynccontextmanager
async def broken_tls() -> AsyncIterator[str]:
    """Its address. Requests to owners believe its certificate from then on, which is good for a day."""
    server = await asyncio.start_server(_break, "127.0.0.1", 0, ssl=_believed())
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@cache
def _believed() -> ssl.SSLContext:
    """Once a process: of two authorities with one name the first would be believed alone."""
    with TemporaryDirectory() as folder:
        house = secured(Path(folder) / "authority", [])
        signed_http.trusted().load_verify_locations(house.folder / "ca.pem")
        context = house.context
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


async def _break(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    os.write(writer.get_extra_info("socket").fileno(), _NO_TLS)
    await reader.read()
    writer.close()
