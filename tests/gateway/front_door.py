"""A front door on a real port for tests, and conversations and callers to go with it."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from common.config import Settings
from gateway.agents import Agents
from gateway.complaints import Complaints
from gateway.front_door import FrontDoor
from gateway.media_socket import Limits
from gateway.port import listen
from gateway.server import serve
from gateway.spending import Spending
from gateway.telephony.base import Answer, CallStarted, CallStopped, Line, LineEvent
from gateway.telephony.reconnects import Reconnects
from gateway.telephony.tokens import StreamTokens
from gateway.trust import auth_tokens

SOON_S = 30.0
"""Nothing in these tests takes so long; it only keeps a broken one from hanging."""
AT_ONCE = Limits(stream_delay_s=0, action_delay_s=0)
"""A drain waits for nobody."""


class Listener:
    """A conversation that writes down what it receives and lives until it is told to end."""

    def __init__(self, started: CallStarted, line: Line) -> None:
        self.started = started
        self.line = line
        self.events: list[LineEvent] = []
        self.over = asyncio.Event()
        self._changed = asyncio.Event()

    def receive(self, event: LineEvent) -> None:
        self.events.append(event)
        self._changed.set()
        if isinstance(event, CallStopped):
            self.over.set()

    async def run(self) -> bool:
        await self.over.wait()
        return not any(isinstance(event, CallStopped) and event.goes_on for event in self.events)

    async def until(self, holds: Callable[["Listener"], bool]) -> None:
        """Wait until what was received satisfies a condition."""
        async with asyncio.timeout(SOON_S):
            while not holds(self):
                await self._changed.wait()
                self._changed.clear()


class Gateway:
    """A running front door and all calls that it let in."""

    def __init__(
        self,
        settings: Settings,
        answer: Answer | None,
        ready: Callable[[], Any] | None,
        limits: Limits | None = None,
        why_busy: Callable[[int, str], str] = lambda calls, call: "",
        *,
        shared: bool = False,
        agents: Agents | None = None,
        spending: Spending | None = None,
    ) -> None:
        clock = asyncio.get_running_loop().time
        self.complaints = Complaints(clock)
        self.reconnects = Reconnects(clock)
        self.calls: list[Listener] = []
        self.draining = asyncio.Event()
        self._arrived = asyncio.Event()
        self._listener = listen("127.0.0.1", 0, shared=shared)
        self.port: int = self._listener.getsockname()[1]
        self.door = FrontDoor(
            settings,
            answer or self._listen_to,
            ready or _all_well,
            StreamTokens(auth_tokens(settings), clock),
            self.reconnects,
            self.complaints,
            limits or AT_ONCE,
            why_busy,
            agents,
            spending,
        )

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def media(self) -> str:
        return f"ws://127.0.0.1:{self.port}/twilio/media"

    async def serve(self, drain_s: float = 0) -> None:
        await serve(self.door, self._listener, self.draining, drain_s)

    async def call(self, number: int = 0) -> Listener:
        """The conversation of a call, once it is there."""
        async with asyncio.timeout(SOON_S):
            while len(self.calls) <= number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.calls[number]

    def _listen_to(self, started: CallStarted, line: Line) -> Listener:
        self.calls.append(Listener(started, line))
        self._arrived.set()
        return self.calls[-1]


async def _all_well() -> str:
    return ""


@asynccontextmanager
async def gateway(
    settings: Settings | None = None,
    answer: Answer | None = None,
    ready: Callable[[], Any] | None = None,
    limits: Limits | None = None,
    why_busy: Callable[[int, str], str] = lambda calls, call: "",
    agents: Agents | None = None,
    spending: Spending | None = None,
) -> AsyncIterator[Gateway]:
    """A front door that serves while the block lasts."""
    running = Gateway(settings or Settings(), answer, ready, limits, why_busy, agents=agents, spending=spending)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(running.serve())
        try:
            yield running
        finally:
            running.draining.set()
            await serving


# --- Callers


@asynccontextmanager
async def caller(running: Gateway, call: str = "CA1", stream: str = "MZ1", **parameters: str) -> AsyncIterator[ClientConnection]:
    """A socket that has said ``start``."""
    async with connect(running.media, compression=None) as socket:
        await socket.send(start(call, stream, **parameters))
        yield socket


def start(call: str = "CA1", stream: str = "MZ1", **parameters: str) -> str:
    body = {"accountSid": "AC1", "streamSid": stream, "callSid": call, "tracks": ["inbound"], "customParameters": parameters}
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": stream, "start": body})


def media(sound: bytes = b"\xff" * 160, stream: str = "MZ1") -> str:
    body = {"track": "inbound", "chunk": "1", "timestamp": "0", "payload": b64encode(sound).decode()}
    return json.dumps({"event": "media", "sequenceNumber": "2", "streamSid": stream, "media": body})


def stop(stream: str = "MZ1") -> str:
    return json.dumps({"event": "stop", "sequenceNumber": "9", "streamSid": stream, "stop": {"accountSid": "AC1", "callSid": "CA1"}})


async def until_closed(socket: ClientConnection) -> int | None:
    """Read until the other side closes; its code."""
    async with asyncio.timeout(SOON_S):
        await socket.wait_closed()
    return socket.close_code
