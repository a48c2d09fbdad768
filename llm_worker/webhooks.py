"""Webhooks: tools of the model that are an HTTP server of the owner's.

    POST url                                             GET url?argument=value&...
    Torim-Signature: ... (common/signed_http.py)         the same headers, no body
    Idempotency-Key: <one for each call, tool and arguments>
    {"call": "...", "language": "he", "tool": "book_table", "arguments": {...}}

What came twice with one key is to be done once: a tool is run once in a call
for the same arguments (R11), and the key keeps it so where Redis forgot that.

An answer is a status of 200 to 299 with at most 16 kB of JSON or plain text, told to the model. A status of 400 to 499 says that nothing
was done, and in the same form why. With all else, redirects among it, nobody knows: a tool with effects counts as perhaps done.

Each call has a client of its own, 0.2 ms of work: of one that is cancelled between its connecting and its request the library's pool keeps
the connection for ever, and a turn that is raised past cancels. Once a hundred were kept, all later calls would wait in vain.
"""

import hashlib
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import httpx
import msgspec

from common import config, signed_http
from common.agents.agent import Parameter, Webhook
from common.errors import TorimError
from llm_worker.tools import Occasion, Tool, ToolFailed, spelled

_LONGEST_TEXT = 1_000
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TYPES: Mapping[str, Any] = {"integer": int, "number": float, "boolean": bool}


class NoAnswer(TorimError):
    """What the server made of it is not known. Its words are not in here."""


def tool_of(name: str, webhook: Webhook) -> Tool:
    """The tool that a webhook is."""

    async def use(taken: msgspec.Struct, occasion: Occasion) -> str:
        secret = config.secret(webhook.secret)
        if not secret:
            raise ToolFailed("it is not set up")
        async with signed_http.client() as http:
            return await _answer(http, _request(name, webhook, secret, taken, occasion))

    effects: Literal["once", "none"] = "once" if webhook.effects else "none"
    return Tool(name, webhook.description, _takes(name, webhook), effects, webhook.timeout_s, use)


# --- What it takes


def _takes(name: str, webhook: Webhook) -> type[msgspec.Struct]:
    fields = [_field(parameter, about) for parameter, about in webhook.parameters.items()]
    return msgspec.defstruct(f"{name}_arguments", fields, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True)


def _field(name: str, about: Parameter) -> Any:
    described = msgspec.Meta(description=about.description)
    if about.type != "text":
        kind: Any = _TYPES[about.type]
    elif about.one_of:
        kind = Literal[about.one_of]
    else:
        kind = Annotated[str, msgspec.Meta(max_length=_LONGEST_TEXT)]
    return (name, Annotated[kind, described]) if about.required else (name, Annotated[kind | None, described], None)


# --- The request


def _request(name: str, webhook: Webhook, secret: str, taken: msgspec.Struct, occasion: Occasion) -> httpx.Request:
    arguments = {key: value for key, value in msgspec.to_builtins(taken).items() if value is not None}
    content = b""
    if webhook.method == "POST":
        about = {"call": occasion.call, "language": occasion.language, "tool": name, "arguments": arguments}
        content = msgspec.json.encode(about)
    url = httpx.URL(webhook.url)
    if webhook.method == "GET":
        url = url.copy_merge_params(arguments)
    key = f"{occasion.call}-{hashlib.sha256(f'{name} {spelled(taken)}'.encode()).hexdigest()[:24]}"
    return signed_http.request(webhook.method, url, content, secret, int(time.time()), {"Idempotency-Key": key})


# --- The answer


async def _answer(http: httpx.AsyncClient, request: httpx.Request) -> str:
    """What the model is told.

    Raises:
        ToolFailed: nothing was done.
        NoAnswer: that is not known.
    """
    try:
        response = await http.send(request, stream=True)
        try:
            return await _told(response)
        finally:
            await response.aclose()
    except _NOT_SENT as error:
        raise ToolFailed("its server cannot be reached") from error
    except httpx.HTTPError as error:
        raise NoAnswer(type(error).__name__) from error


async def _told(response: httpx.Response) -> str:
    refused = 400 <= response.status_code < 500
    if not refused and not response.is_success:
        raise NoAnswer(f"status {response.status_code}")
    text = await signed_http.text_of(response)
    if refused:
        raise ToolFailed(text or "its server refused it")
    if text is None:
        raise NoAnswer("no text")
    return text
