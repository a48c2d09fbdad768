"""``python -m gateway``: a gateway that has its port alone listens first of all; the rest is imported after that.

It takes a second or so until it answers. Who calls meanwhile waits, and is not refused; where others share the port, they answer sooner.
"""

import asyncio
import sys

from common import service
from common.config import Settings
from gateway.port import check_exposure, listen


async def main(settings: Settings, draining: asyncio.Event) -> None:
    """Serve until a signal."""
    check_exposure(settings)
    listener = None if settings.gateways > 1 else listen(settings.host, settings.port)
    from gateway.composition import run

    await run(settings, draining, listener)


if __name__ == "__main__":
    sys.exit(service.run("gateway", main))
