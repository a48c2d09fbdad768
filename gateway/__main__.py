"""``python -m gateway``: the gateway's composition root."""

import asyncio
import logging
import sys

from common import service
from common.config import Settings
from common.errors import ConfigError
from gateway.complaints import Complaints
from gateway.echo import Echo
from gateway.server import FrontDoor, check_exposure, listen, serve
from gateway.telephony.auth import MemoryTokens

logger = logging.getLogger("torim.gateway")
_DRAIN_SEC = 10.0


async def run(settings: Settings, draining: asyncio.Event) -> None:
    """Serve until a signal."""
    if settings.ws_mode != "ECHO":
        raise ConfigError("WS_MODE=AI: not here yet; takes ECHO")
    check_exposure(settings)
    listener = listen(settings.host, settings.port)
    clock = asyncio.get_running_loop().time
    door = FrontDoor(settings, Echo, _always_ready, MemoryTokens(clock), Complaints(clock))
    logger.info("listening host=%s port=%d mode=%s", settings.host, settings.port, settings.ws_mode)
    await serve(door, listener, draining, _DRAIN_SEC if settings.drain_sec is None else settings.drain_sec)


async def _always_ready() -> str:
    return ""


if __name__ == "__main__":
    sys.exit(service.run("gateway", run))
