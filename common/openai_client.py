"""The official OpenAI client as a phone line needs it, and who is to blame when it fails.

Its defaults are made for batch work: 600 s to read, two retries of its own behind our back, idle
connections dropped after 5 s, so that every turn would pay for a new handshake. Here a call waits
seconds at most, retries belong to the pipeline's attempts, and connections are kept (``http_connections.py``).

OpenAI ends models with a few months' notice, and says so in its list of them: that is told at every start, as is a model that is
not in the list at all (``agents/given.py``).
"""

import logging
import math
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2
import msgspec
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    DefaultAsyncHttpx2Client,
    OpenAIError,
)

from common.agents.given import Given, tell_unknown
from common.config import Settings, proxy_for
from common.errors import Blame, KeyRefused, VendorError
from common.http_connections import Connections
from common.vendor_stream import IN_VAIN_S

VENDOR = "openai"
CONNECT_S = 2.0
READ_S = 3.5
"""Longest silence on a connection, in mid-stream too."""
_POOL_S = 1.0
_OPENAI_HOST = "api.openai.com"
_OPENAI_URL = f"https://{_OPENAI_HOST}/v1"
"""Named, since the client takes an empty OPENAI_BASE_URL for an address."""
FIRST_KEY, SECOND_KEY = "OPENAI_API_KEY", "OPENAI_2_API_KEY, else OPENAI_API_KEY"
"""The settings that hold the key of ``openai``, and of ``openai_2``."""
_NO_KEY = "none"
"""Servers of one's own want no key, but the client wants one."""
_RETRYABLE = frozenset({408, 409, 429})
_OF_THE_REQUEST = frozenset({400, 413, 422})
"""Filtered, too large, or not understood: the next request has nothing to do with it."""

logger = logging.getLogger("torim.common")


def client(settings: Settings, base_url: str, *, read_s: float = READ_S, in_vain_s: float = IN_VAIN_S) -> AsyncOpenAI:
    """A client for ``base_url``, else for ``OPENAI_BASE_URL``, else for OpenAI itself."""
    timeout = httpx2.Timeout(read_s, connect=CONNECT_S, pool=_POOL_S)
    url = base_url or settings.openai_base_url or _OPENAI_URL
    return AsyncOpenAI(
        api_key=settings.openai_api_key or _NO_KEY,
        base_url=url,
        timeout=timeout,
        max_retries=0,
        http_client=DefaultAsyncHttpx2Client(transport=Connections(_trusted(), proxy_for(url), in_vain_s), timeout=timeout),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Whom a server's certificate may be from: read once a process, for all clients."""
    return httpx2.create_ssl_context()


def second(settings: Settings) -> Settings:
    """The settings as the vendor ``openai_2`` reads them: its own server, account and models in the place of the first's."""
    url = settings.openai_2_base_url
    return replace(
        settings,
        openai_api_key=settings.openai_2_api_key or settings.openai_api_key,
        asr_base_url=url or settings.asr_base_url,
        llm_base_url=url or settings.llm_base_url,
        asr_model=settings.asr_2_model,
        llm_model=settings.llm_2_model,
    )


class _Model(msgspec.Struct):
    id: str
    shutdown_date: str | None = None


class _Models(msgspec.Struct):
    data: list[_Model]


async def warm_up(openai: AsyncOpenAI, models: Iterable[Given], key: str = FIRST_KEY) -> None:
    """Open a connection, and learn early that the key is refused, or that a model ends or is none.

    A key that may not list models (HTTP 403) may well use them: OpenAI has such keys.

    Args:
        key: the setting that holds it.

    Raises:
        KeyRefused: the server refuses the key, or is OpenAI's and there is none.
        VendorError: it cannot be reached, or fails.
    """
    if openai.api_key == _NO_KEY and openai.base_url.host == _OPENAI_HOST:
        raise KeyRefused(f"{key}: is not set, and {_OPENAI_HOST} takes nobody without; a server of your own has an address (*_BASE_URL)")
    try:
        # Unparsed: whatever a server answers here, it answers.
        listed = (await openai.models.with_raw_response.list()).content
    except APIStatusError as error:
        if error.status_code == 401:
            raise KeyRefused(f"{key}: refused by {openai.base_url.host} (HTTP 401)") from None
        if error.status_code == 403:
            logger.warning("vendor=openai what=models_not_listed host=%s error=http_403 see=docs/vendors.md", openai.base_url.host)
        if error.status_code >= 500:
            raise blame(error) from error
        # Anything else was an answer: not every server lists its models.
    except OpenAIError as error:
        raise blame(error) from error
    else:
        _tell(list(models), shutdown_dates(listed))


def _tell(given: list[Given], dates: dict[str, str]) -> None:
    tell_unknown("model", given, dates)
    for model in dict.fromkeys(each.name for each in given):
        if date := dates.get(model):
            logger.warning("model=%s what=model_ends on=%s see=docs/vendors.md", model, date)


def shutdown_dates(listed: bytes) -> dict[str, str]:
    """The models that a server lists, and when each ends; "" if that is not said."""
    try:
        models = msgspec.json.decode(listed, type=_Models).data
    except msgspec.DecodeError:  # not every server has such a list
        return {}
    return {each.id: each.shutdown_date or "" for each in models}


def blame(error: OpenAIError) -> VendorError:
    """The client's error as ours. Texts stay out: a server may quote the request."""
    match error:
        case APITimeoutError():
            return VendorError(VENDOR, "timeout", retryable=True)
        case APIConnectionError():
            return _no_connection(error)
        case APIError() if error.code == "insufficient_quota":
            return VendorError(VENDOR, "insufficient_quota", retryable=False)
        case APIStatusError():
            status = error.status_code
            retryable = status in _RETRYABLE or status >= 500
            told_s = wait_s(error.response.headers)
            return VendorError(VENDOR, f"http_{status}", retryable=retryable, wait_s=told_s, blame=_at_fault(error))
        case APIError():  # the server says in mid-stream that it failed
            return VendorError(VENDOR, "error_event", retryable=True)
        case _:
            return VendorError(VENDOR, "bad_answer", retryable=True)


def words_of(error: APIStatusError) -> str:
    """The server's: OpenAI's message, or FastAPI's detail without what that quotes of the request."""
    match error.body:
        case {"detail": [*faults]}:
            return " ".join(f"{fault.get('loc')} {fault.get('msg')}" for fault in faults if isinstance(fault, dict))
        case {"detail": detail}:
            return str(detail)
        case _:
            return str(error)


def _no_connection(error: APIConnectionError) -> VendorError:
    """Why there is none, where that is somebody's to mend."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return VendorError(VENDOR, "no_such_name", retryable=True)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return VendorError(VENDOR, "certificate", retryable=False)
        cause = cause.__cause__ or cause.__context__
    return VendorError(VENDOR, "connection", retryable=True)


def _at_fault(error: APIStatusError) -> Blame:
    if error.status_code == 404 or error.code == "model_not_found":
        return "settings"
    return "request" if error.status_code in _OF_THE_REQUEST else "vendor"


def wait_s(headers: Mapping[str, str]) -> float | None:
    """How long a server asks to be left alone, in seconds; None where it says nothing.

    ``retry-after-ms`` is OpenAI's, and the finer one; ``Retry-After`` is a number of seconds, or a date (RFC 9110, 10.2.3).
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    told = headers.get("retry-after", "")
    until = _date(told)
    return _number(told if until is None else (until - datetime.now(UTC)).total_seconds())


def _number(told: str | float) -> float | None:
    """A number, where it is one that can be waited for."""
    try:
        number = float(told)
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None


def _date(told: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(told)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)  # of the forms of RFC 9110 (5.6.7) one names no zone
