"""A bot for the caller to call: webhooks and a media socket whose behaviour each test writes down."""

import asyncio
import json
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

Behaviour = Callable[["Line"], Awaitable[None]]
HANG_UP = "<Response><Hangup/></Response>"


@dataclass
class Line:
    """One stream, from the bot's end."""

    socket: WebSocket
    messages: list[dict[str, object]] = field(default_factory=list)
    stream: str = ""

    async def until(self, event: str) -> dict[str, object]:
        """Read up to the next message of a kind."""
        while True:
            message = await self.socket.receive_json()
            self.messages.append(message)
            if message["event"] == "start":
                self.stream = message["streamSid"]
            if message["event"] == event:
                return dict(message)

    async def send(self, event: str, **body: object) -> None:
        await self.socket.send_text(json.dumps({"event": event, "streamSid": self.stream} | body))

    async def speak(self, sound: bytes) -> None:
        await self.send("media", media={"payload": b64encode(sound).decode()})


@dataclass
class Bot:
    """The bot's webhooks and what was asked of them."""

    behaviour: Behaviour
    after: list[str] = field(default_factory=list)
    """What the action answers, one after the other; at last a hang-up."""
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Path, form and signature of each request."""
    lines: list[Line] = field(default_factory=list)
    port: int = 0
    status_callback: str = "/status"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/voice"

    @property
    def connect(self) -> str:
        attributes = f'url="ws://127.0.0.1:{self.port}/media" statusCallback="{self.status_callback}"'
        stream = f'<Stream {attributes}><Parameter name="menu" value="main"/></Stream>'
        return f'<Response><Connect action="/after">{stream}</Connect></Response>'

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    @property
    def app(self) -> Starlette:
        routes = [Route(path, self._webhook, methods=["POST"]) for path in ("/voice", "/after", "/status", "/broken", "/forbidden")]
        return Starlette(routes=[*routes, WebSocketRoute("/media", self._media)])

    async def _webhook(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.asked.append((request.url.path, form, request.headers.get("x-twilio-signature", "")))
        match request.url.path:
            case "/voice":
                return Response(self.connect)
            case "/after":
                return Response(self.after.pop(0) if self.after else HANG_UP)
            case "/broken":
                return Response("sorry")
            case "/forbidden":
                return Response(status_code=403)
            case _:
                return Response(status_code=204)

    async def _media(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.lines.append(Line(websocket))
        await self.behaviour(self.lines[-1])
        await websocket.close()


@asynccontextmanager
async def bot(behaviour: Behaviour) -> AsyncIterator[Bot]:
    """A bot that answers while the block lasts."""
    made = Bot(behaviour)
    listener = socket.create_server(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(made.app, lifespan="off", log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=1))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=[listener]))
        try:
            yield made
        finally:
            server.should_exit = True
