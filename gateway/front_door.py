"""The front door: Twilio's webhooks and media sockets on one port.

    POST|GET /twilio/voice          which stream a call is to be connected to (TwiML)  ┐
    POST|GET /twilio/after          what to do with a call whose stream ended (TwiML)  ├ webhooks.py
    POST|GET /twilio/stream-status  what Twilio reports of streams                     ┘
    WS       /twilio/media          the sound of a call        admission.py, media_socket.py
    GET      /healthz /readyz       the process lives; it can answer calls

With an auth token every webhook and every handshake is checked before anything is kept for it (403), and
a stream needs the single-use token of its call. Without one only this machine is served, unless the
operator says otherwise (``trust.py``, ``port.py``).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from common.config import Settings
from gateway.admission import Admission
from gateway.agents import Agents
from gateway.complaints import Complaints
from gateway.media_socket import Limits, MediaSocket, SocketLine, Wire
from gateway.spending import Spending
from gateway.telephony.base import Answer
from gateway.telephony.reconnects import Reconnects
from gateway.telephony.tokens import StreamTokens
from gateway.telephony.twilio import TwilioCodec
from gateway.trust import Trust
from gateway.webhooks import Webhooks

Ready = Callable[[], Awaitable[str]]
"""Why no call could be answered now; empty: all is well."""

_READY_TIMEOUT_S = 2.0


class FrontDoor:
    """What can be asked for on the port."""

    def __init__(
        self,
        settings: Settings,
        answer: Answer,
        ready: Ready,
        tokens: StreamTokens,
        reconnects: Reconnects,
        complaints: Complaints,
        limits: Limits | None = None,
        why_busy: Callable[[int, str], str] = lambda calls, call: "",
        agents: Agents | None = None,
        spending: Spending | None = None,
    ) -> None:
        self._trust = Trust(settings, complaints)
        used_tokens = tokens if self._trust.required else None
        self._ready = ready
        self._reconnects = reconnects
        self._complaints = complaints
        self._limits = limits or Limits()
        self.admission = Admission(answer, used_tokens, reconnects, complaints, self._limits, why_busy)
        webhooks = Webhooks(self._trust, used_tokens, self.admission, reconnects, complaints, agents or Agents(settings), spending)
        self.app = Starlette(
            routes=[
                Route("/twilio/voice", webhooks.voice, methods=["GET", "POST"]),
                Route("/twilio/after", webhooks.after, methods=["GET", "POST"]),
                Route("/twilio/stream-status", webhooks.stream_status, methods=["GET", "POST"]),
                WebSocketRoute("/twilio/media", _Endpoint(self._media)),
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
            ]
        )

    async def _media(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire: Wire = scope["state"].pop("wire")  # which knows the scope in turn
        await receive()  # websocket.connect
        if not self._trust.handshake(HTTPConnection(scope)):
            await send({"type": "websocket.close"})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept"})
        line = SocketLine(TwilioCodec(), send, wire, self._limits)
        await self.admission.serve(
            MediaSocket(line, receive, wire, self.admission.admit, self._reconnects.call_over, self._complaints, self._limits)
        )

    async def _healthz(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def _readyz(self, request: Request) -> Response:
        reason = "draining" if self.admission.draining else await self._why_not_ready()
        answer = {"ready": not reason, "reason": reason, "process": os.getpid()}
        return JSONResponse(answer, status_code=503 if reason else 200)

    async def _why_not_ready(self) -> str:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                return await self._ready()
        except TimeoutError:
            return "the check itself timed out"


class _Endpoint:
    """A plain ASGI websocket endpoint; Starlette wraps functions and methods, but not objects."""

    def __init__(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send)
