"""Whether a request is Twilio's, and what it says.

With an auth token everything is checked before anything is kept for it; without one everybody is trusted
(``gateway/port.py`` sees to who can be there at all).
"""

import asyncio
import re
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

from common.config import Settings
from gateway.complaints import Complaints
from gateway.telephony.auth import Parameters, Signatures

_MAX_FORM_BYTES = 64 * 1024
_MAX_FORM_FIELDS = 200
_BODY_TIMEOUT_S = 5.0
_HOST = re.compile(r"[A-Za-z0-9._\[\]:-]{1,255}")
_HEADER = "x-twilio-signature"


def auth_tokens(settings: Settings) -> tuple[str, ...]:
    """The account's secrets, the one that is in use first; none where everybody is trusted."""
    return tuple(token for token in (settings.twilio_auth_token, settings.twilio_auth_token_2) if token)


class Trust:
    """Checks requests, and reads those that pass."""

    def __init__(self, settings: Settings, complaints: Complaints) -> None:
        self._signatures = Signatures(auth_tokens(settings), settings.public_url.rstrip("/"))
        self._complaints = complaints

    @property
    def required(self) -> bool:
        """Whether requests are checked at all."""
        return self._signatures.required

    async def form(self, request: Request) -> Parameters:
        """A webhook's parameters, once it is sure that Twilio sent them."""
        posted = await _posted(request)
        if not self._signatures.webhook(_target(request), posted, request.headers.get(_HEADER, "")):
            self._complaints.add("webhook_signature")
            raise HTTPException(403, "bad signature")
        return posted or request.query_params.multi_items()

    def handshake(self, handshake: HTTPConnection) -> bool:
        """Whether a media socket may be opened."""
        trusted = self._signatures.handshake(_target(handshake), handshake.headers.get(_HEADER, ""))
        if not trusted:
            self._complaints.add("handshake_signature")
        return trusted

    def base_url(self, request: Request) -> str:
        """Where Twilio reaches us, without a slash at the end."""
        host = request.headers.get("host", "")
        if not self._signatures.public_url and not _HOST.fullmatch(host):
            raise HTTPException(400, "bad Host header")
        return self._signatures.public_url or f"{request.url.scheme}://{host}"


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
