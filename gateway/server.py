"""The front door under uvicorn, from the first request to the end of a drain.

TERM sends new calls elsewhere and lets the live ones end, or move on; INT ends at once (``common/service.py``). So uvicorn's
own signal handling, which closes live sockets first of all, is switched off.

A gateway that shares its port listens no longer than it wants calls: the others get them then. One that is alone goes on
listening while it drains, since nobody else could tell Twilio what becomes of its calls.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette

from gateway.front_door import FrontDoor
from gateway.media_protocol import DoorProtocol, MediaProtocol
from gateway.rounds import Rounds

logger = logging.getLogger("torim.gateway")

MAX_MESSAGE_BYTES = 64 * 1024
EXIT_TIMEOUT_S = 1.2
"""How long calls may take over their own end once they were closed."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handling."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    def stop_listening(self) -> None:
        """Take no more connections; those that are there stay."""
        for server in self.servers if self.started else ():
            server.close()


async def serve(door: FrontDoor, listener: socket.socket, draining: asyncio.Event, drain_s: float) -> None:
    """Serve until ``draining`` is set, and on until the live calls are over, or go on elsewhere after ``drain_s``.

    Cancelled: end at once.
    """
    server = _Server(_uvicorn_config(door.app))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]))
        try:
            await draining.wait()
            logger.info("draining seconds=%g", drain_s)
            if listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT):
                server.stop_listening()
            await door.admission.drain(drain_s)
            await door.admission.move_on()
        finally:
            door.admission.end_all()
            server.should_exit = True
            await end_within(serving, EXIT_TIMEOUT_S)


async def end_within(task: "asyncio.Task[Any]", seconds: float) -> None:
    """Let a task end by itself; past the deadline cancel it."""
    _, late = await asyncio.wait({task}, timeout=seconds)
    if late:
        logger.error("what=server_ended_late seconds=%g", seconds)
        task.cancel()


def _uvicorn_config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=DoorProtocol,
        ws=partial(MediaProtocol, Rounds()),  # type: ignore[arg-type]  # it is called, and nothing else
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
