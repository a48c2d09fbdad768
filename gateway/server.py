"""The front door: Twilio's webhooks and media sockets on one port.

    POST|GET /twilio/voice          which stream a call is to be connected to (TwiML)
    WS       /twilio/media          the sound of a call
    POST|GET /twilio/after          what to do with a call whose stream ended (TwiML)
    POST|GET /twilio/stream-status  what Twilio reports of streams
    GET      /healthz /readyz       the process lives; it can answer calls

Rules
- With an auth token every webhook and every handshake is checked before anything is kept for
  it (403), and a stream needs the single-use token of its call. Without one only this
  machine is served, unless the operator says otherwise.
- Of two streams of one call the newest wins.
- A call whose stream died is connected again, three times a minute; one that was ended is not (R12).
- TERM refuses new calls and lets the live ones end; INT ends at once (``common/service.py``). So
  uvicorn's own signal handling, which closes live sockets first of all, is switched off.
"""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from common.config import Settings
from common.errors import ConfigError
from common.phrases import language_of_words, phrases
from gateway.beginning import RECONNECTS, reconnects
from gateway.complaints import Complaints
from gateway.events_log import log_event
from gateway.media_socket import Limits, MediaSocket, SocketLine
from gateway.telephony import twiml
from gateway.telephony.auth import Parameters, Signatures, StreamTokens
from gateway.telephony.base import Answer, CallStarted
from gateway.telephony.reconnects import Reconnects
from gateway.telephony.twilio import TwilioCodec, language_of

logger = logging.getLogger("torim.gateway")

Ready = Callable[[], Awaitable[str]]
"""Why no call could be answered now; empty: all is well."""

MAX_MESSAGE_BYTES = 64 * 1024
_MAX_FORM_BYTES = 64 * 1024
_MAX_FORM_FIELDS = 200
_BODY_TIMEOUT_S = 5.0
_READY_TIMEOUT_S = 2.0
_TOKEN_TIMEOUT_S = 2.0
_EXIT_TIMEOUT_S = 1.5
"""How long calls may take over their own end once they were hung up."""
_GONE = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""What Twilio calls a call that nothing can be done with any more."""
_HOST = re.compile(r"[A-Za-z0-9._\[\]:-]{1,255}")


class FrontDoor:
    """Lets calls in and knows those that are here."""

    def __init__(
        self,
        settings: Settings,
        answer: Answer,
        ready: Ready,
        tokens: StreamTokens,
        reconnects: Reconnects,
        complaints: Complaints,
        limits: Limits | None = None,
    ) -> None:
        auth_tokens = tuple(token for token in (settings.twilio_auth_token, settings.twilio_auth_token_2) if token)
        self.complaints = complaints
        self._signatures = Signatures(auth_tokens, settings.public_url.rstrip("/"))
        self._settings = settings
        self._reconnects = reconnects
        self._answer = answer
        self._ready = ready
        self._tokens = tokens
        self._limits = limits or Limits()
        self._sockets: set[MediaSocket] = set()
        self._calls: dict[str, MediaSocket] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._draining = False
        self.app = Starlette(
            routes=[
                Route("/twilio/voice", self._voice, methods=["GET", "POST"]),
                Route("/twilio/after", self._after, methods=["GET", "POST"]),
                Route("/twilio/stream-status", self._stream_status, methods=["GET", "POST"]),
                WebSocketRoute("/twilio/media", _Endpoint(self._media)),
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
            ]
        )

    # --- Webhooks

    async def _voice(self, request: Request) -> Response:
        form = dict(await self._trusted_form(request))
        if self._draining:
            raise HTTPException(503, "draining")
        language = language_of(dict(request.query_params))
        return await self._connect(request, form.get("CallSid", ""), {"language": language} if language else {})

    async def _connect(self, request: Request, call: str, parameters: Mapping[str, str]) -> Response:
        token = await self._issue_token(call) if self._signatures.required else ""
        return _xml(twiml.connect(self._base_url(request), parameters, token))

    async def _issue_token(self, call: str) -> str:
        if not call:
            raise HTTPException(400, "no CallSid")
        async with asyncio.timeout(_TOKEN_TIMEOUT_S):
            return await self._tokens.issue(call)

    async def _after(self, request: Request) -> Response:
        form = dict(await self._trusted_form(request))
        call, language = form.get("CallSid", ""), language_of(dict(request.query_params))
        if not call or form.get("CallStatus") in _GONE:
            return _xml(twiml.hang_up())
        match await self._reconnects.ask(call):
            case "over":
                return _xml(twiml.hang_up())
            case "too_often":
                return self._give_up(call, language or self._settings.language)
            case "again":
                again = reconnects(request.query_params) + 1
                log_event(call, None, "RECONNECT", again=again)
                return await self._connect(request, call, {**({"language": language} if language else {}), RECONNECTS: str(again)})

    def _give_up(self, call: str, language: str) -> Response:
        self.complaints.add("reconnects", call)
        return _xml(
            twiml.say_and_hang_up(phrases(self._settings, language).goodbye, language_of_words(self._settings, language, "goodbye"))
        )

    async def _stream_status(self, request: Request) -> Response:
        form = dict(await self._trusted_form(request))
        if form.get("StreamEvent") == "stream-error":
            self.complaints.add("stream_error")
        return Response(status_code=204)

    async def _trusted_form(self, request: Request) -> Parameters:
        """The request's parameters, once it is sure that Twilio sent them."""
        posted = await _posted(request)
        if not self._signatures.webhook(_target(request), posted, request.headers.get("x-twilio-signature", "")):
            self.complaints.add("webhook_signature")
            raise HTTPException(403, "bad signature")
        return posted or request.query_params.multi_items()

    def _base_url(self, request: Request) -> str:
        host = request.headers.get("host", "")
        if not self._signatures.public_url and not _HOST.fullmatch(host):
            raise HTTPException(400, "bad Host header")
        return self._signatures.public_url or f"{request.url.scheme}://{host}"

    # --- Health

    async def _healthz(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def _readyz(self, request: Request) -> Response:
        reason = "draining" if self._draining else await self._why_not_ready()
        return JSONResponse({"ready": not reason, "reason": reason}, status_code=503 if reason else 200)

    async def _why_not_ready(self) -> str:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                return await self._ready()
        except TimeoutError:
            return "the check itself timed out"

    # --- Media sockets

    async def _media(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        handshake = HTTPConnection(scope)
        if not self._signatures.handshake(_target(handshake), handshake.headers.get("x-twilio-signature", "")):
            self.complaints.add("handshake_signature")
            await send({"type": "websocket.close"})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept"})
        line = SocketLine(TwilioCodec(), send, scope["state"]["abort"], self._limits)
        await self._serve(MediaSocket(line, receive, self._admit, self._reconnects.call_over, self.complaints, self._limits))

    async def _serve(self, media: MediaSocket) -> None:
        self._sockets.add(media)
        self._empty.clear()
        try:
            await media.run()
        finally:
            self._sockets.discard(media)
            if self._calls.get(media.call) is media:
                del self._calls[media.call]
            if not self._sockets:
                self._empty.set()

    async def _admit(self, media: MediaSocket, started: CallStarted) -> Answer | None:
        """What answers a call that may come in. The old stream of the call must give way."""
        refusal = await self._why_refused(started)
        if refusal:
            self.complaints.add(refusal, started.call)
            return None
        old = self._calls.get(started.call)
        if old:
            self.complaints.add("second_stream", started.call)
            old.stop("replaced", goes_on=True)
        self._calls[started.call] = media
        self._reconnects.call_began(started.call)
        return self._answer

    async def _why_refused(self, started: CallStarted) -> str:
        if self._draining:
            return "draining"
        if not self._signatures.required:
            return ""
        try:
            async with asyncio.timeout(_TOKEN_TIMEOUT_S):
                return "" if await self._tokens.take(started.token) == started.call else "stream_token"
        except TimeoutError:
            return "token_timeout"

    # --- The end

    async def drain(self, timeout_s: float) -> None:
        """Refuse new calls; return when the live ones are over or the time is."""
        self._draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()

    def hang_up_all(self) -> None:
        """End every call now."""
        self._draining = True
        for media in list(self._sockets):
            media.stop("shutdown")


class _Endpoint:
    """A plain ASGI websocket endpoint; Starlette wraps functions and methods, but not objects."""

    def __init__(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send)


def _xml(body: str) -> Response:
    return Response(body, media_type="application/xml")


def _target(connection: HTTPConnection) -> str:
    """Path and query as they came over the wire, since that is what was signed."""
    path: bytes = connection.scope.get("raw_path") or connection.scope["path"].encode()
    query: bytes = connection.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


async def _posted(request: Request) -> Parameters:
    """The parameters of a POST's body; none for GET."""
    if request.method != "POST":
        return []
    body = b""
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_FORM_BYTES:
                    raise HTTPException(413, "form too long")
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS)
    except TimeoutError:
        raise HTTPException(408, "form too slow") from None
    except ValueError:
        raise HTTPException(400, "not a form") from None


# --- Listening


def check_exposure(settings: Settings) -> None:
    """Refuse a front door that stands open to the world by oversight.

    Raises:
        ConfigError: naming the variable to set.
    """
    if settings.twilio_auth_token or settings.twilio_auth_token_2:
        if urlsplit(settings.public_url).scheme not in {"http", "https"} or not urlsplit(settings.public_url).hostname:
            raise ConfigError(
                f"PUBLIC_URL={settings.public_url!r}: with TWILIO_AUTH_TOKEN it takes the URL that Twilio calls, https://..., "
                "since signatures are computed over it"
            )
    elif not _is_loopback(settings.host) and not settings.allow_unsigned:
        raise ConfigError(
            f"HOST={settings.host}: open to other machines, but calls could not be told from forgeries; "
            "set TWILIO_AUTH_TOKEN and PUBLIC_URL, or ALLOW_UNSIGNED=1 if that is meant"
        )
    else:
        logger.warning(
            "signatures=off host=%s: everybody who reaches this port can place calls; TWILIO_AUTH_TOKEN switches them on", settings.host
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ConfigError: naming HOST or PORT and what is wrong with it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigError(f"HOST={host}: no such address ({error.strerror})") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ConfigError(_why_no_socket(host, port, error)) from None
    listener.setblocking(False)
    return listener


def _why_no_socket(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"PORT={port}: taken by another program on {host}; end it, or choose another port"
        case errno.EACCES:
            return f"PORT={port}: not allowed for this user; choose one above 1023"
        case _:
            return f"HOST={host} PORT={port}: {error.strerror}"


# --- Serving


class _AbortableSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which also hands the app the means to drop a peer that does not read."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:  # the handshake was good, so there is a scope; its task has not run yet
            self.scope["state"]["abort"] = self.transport.abort


class _Server(uvicorn.Server):
    """uvicorn without its signal handling."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(door: FrontDoor, listener: socket.socket, draining: asyncio.Event, drain_s: float) -> None:
    """Serve until ``draining`` is set, and on until the live calls are over or ``drain_s`` is; cancelled: end at once."""
    server = _Server(_uvicorn_config(door.app))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]))
        try:
            await draining.wait()
            logger.info("draining seconds=%g", drain_s)
            await door.drain(drain_s)
        finally:
            door.hang_up_all()
            server.should_exit = True
            await end_within(serving, _EXIT_TIMEOUT_S)


async def end_within(task: "asyncio.Task[Any]", seconds: float) -> None:
    """Let a task end by itself; past the deadline cancel it."""
    _, late = await asyncio.wait({task}, timeout=seconds)
    if late:
        logger.error("what=server_ended_late seconds=%g", seconds)
        task.cancel()


def _uvicorn_config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws=_AbortableSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
