"""Requests to an owner's HTTP server: signed, bounded, never redirected.

    Torim-Signature: t=<unix time>,v1=<hex>

is HMAC-SHA256, with the secret that the agent's file names, of time, method, path with query, and body, a line feed between them. The
server refuses what is old or signed otherwise.
"""

import hashlib
import hmac
import json
import ssl
from functools import cache

import httpx

MOST_BYTES = 16_000
"""Of an answer."""
_CONNECT_S = 2.0


def client() -> httpx.AsyncClient:
    """It follows no redirect, and knows nothing of the environment's proxies and passwords. How long an answer may take is the caller's."""
    limits = httpx.Timeout(None, connect=_CONNECT_S)
    return httpx.AsyncClient(verify=trusted(), timeout=limits, follow_redirects=False, trust_env=False)


@cache
def trusted() -> ssl.SSLContext:
    """Whom a server's certificate may be from. Read once a process: it takes 20 ms, and a gateway makes a client a call."""
    return httpx.create_ssl_context(trust_env=False)


def request(method: str, url: httpx.URL, content: bytes, secret: str, at_s: int, headers: dict[str, str]) -> httpx.Request:
    """A signed one; ``content`` is JSON, or nothing."""
    signed = {
        "Torim-Signature": f"t={at_s},v1={signature(secret, at_s, method, url.raw_path, content)}",
        "Accept": "application/json, text/plain",
        "Accept-Encoding": "identity",  # a small answer may hide a huge one
        **({"Content-Type": "application/json"} if content else {}),
        **headers,
    }
    return httpx.Request(method, url, headers=signed, content=content)


def signature(secret: str, at_s: int, method: str, path: bytes, content: bytes) -> str:
    """What a request is signed with; ``path`` has the query in it."""
    signed = b"\n".join([str(at_s).encode(), method.encode(), path, content])
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


async def text_of(response: httpx.Response) -> str | None:
    """The body of a streamed response, if it is JSON or plain text of a bearable size, or empty.

    Raises:
        httpx.HTTPError: it broke off.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    if not body:
        return ""
    is_json = kind == "application/json" or kind.endswith("+json")  # application/problem+json tells why not
    try:
        text = body.decode("utf-8-sig")
        if is_json:
            json.loads(text)
    except (ValueError, RecursionError):
        return None
    return text if is_json or kind == "text/plain" else None
