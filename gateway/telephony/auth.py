"""Twilio's signature, of webhooks and of handshakes.

Rules (https://www.twilio.com/docs/usage/security)
- ``X-Twilio-Signature`` is base64(HMAC-SHA1(auth token, URL + sorted POST parameters)); the
  websocket handshake has no parameters. The URL is the one that Twilio calls, so it is made from
  the configured public URL, never from what a proxy left in the request.
- Twilio is not consistent about the handshake's URL: any of {wss, https} x {no port, :443} x
  {exact, trailing slash toggled} is accepted. All candidates are compared, each in constant
  time, so that the answer's delay tells nothing.
- Two auth tokens are accepted while they are rotated.
- The signature of a handshake is the same for ever and could be replayed: ``tokens.py``.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlsplit

Parameters = Sequence[tuple[str, str]]
"""POST parameters in any order; a name may come more than once."""


# --- Signatures


def signature(auth_token: str, url: str, parameters: Parameters = ()) -> str:
    """The X-Twilio-Signature of a request.

    Of a name that comes twice, each different value counts once, sorted: so does Twilio's own library.
    """
    text = url + "".join(name + value for name, value in sorted(set(parameters)))
    return b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()


@dataclass(frozen=True, slots=True)
class Signatures:
    """Checks requests against the auth tokens; without any, everything passes."""

    auth_tokens: tuple[str, ...]
    public_url: str
    """Such as https://bot.example.org, with a path in front of ours where a proxy adds one."""

    @property
    def required(self) -> bool:
        """Whether requests are checked at all."""
        return bool(self.auth_tokens)

    def webhook(self, target: str, parameters: Parameters, given: str) -> bool:
        """Whether a webhook for ``target`` (path and query) comes from Twilio."""
        return self._matches(_with_ports(self.public_url, ("https", "http"), target), parameters, given)

    def handshake(self, target: str, given: str) -> bool:
        """Whether a websocket handshake for ``target`` comes from Twilio."""
        path, mark, query = target.partition("?")
        toggled = path[:-1] if path.endswith("/") else path + "/"
        urls = [
            url
            for one in (path, toggled)
            for schemes in (("https", "http"), ("wss", "ws"))
            for url in _with_ports(self.public_url, schemes, one + mark + query)
        ]
        return self._matches(urls, (), given)

    def _matches(self, urls: Iterable[str], parameters: Parameters, given: str) -> bool:
        candidates = [signature(auth_token, url, parameters) for auth_token, url in product(self.auth_tokens, urls)]
        found = [hmac.compare_digest(candidate.encode(), given.encode()) for candidate in candidates]
        return any(found) or not self.required


def _with_ports(public_url: str, schemes: tuple[str, str], target: str) -> list[str]:
    """The URL as configured, without a port, and with one; ``schemes`` are (with TLS, without)."""
    parts = urlsplit(public_url)
    secure = parts.scheme != "http"
    scheme = schemes[0] if secure else schemes[1]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port or (443 if secure else 80)
    before = parts.path.rstrip("/")
    return [f"{scheme}://{host}{before}{target}", f"{scheme}://{host}:{port}{before}{target}"]
