"""How a vendor fails, as a table: each fault is what becomes of a good answer.

    400 ... 500     refused before the answer begins (404: there is no such model, 429 with Retry-After: 7)
    reset           the connection is torn down before the answer
    silence         the request is read, and nothing ever comes
    half            the first half of the answer, then the end of the connection
    stall           the first half of the answer, then nothing more
    garbage         an answer of the right kind whose body is none
    wrong_type      a page for people, as of a proxy that wants a login
    drip            the good answer, its pieces further apart than they are long to hear

Others are of the way there (``nat.py``, ``faulty_house.py``):

    forgotten       whoever passes the bytes on forgot the connections that were open; new ones would do
    torn            whoever passes the bytes on resets the connection behind the first half of the answer
    no_such_name    the server's name does not resolve
    untrusted       the server's certificate is of an authority that nobody knows

``ENDINGS`` are those of a model's stream alone, which comes to its first sentence and a part of the next:

    filtered        the server takes the rest away
    too_long        the answer is cut at its most tokens
    error_event     the server says that it failed

``over_grpc`` is the same table for Google: the status codes that its documentation gives those cases, and the same
tears in a stream.
"""

from collections.abc import Callable, Sequence

import grpc

from tests.vendors import google_server as google
from tests.vendors.openai_server import (
    DONE,
    END_OF_BODY,
    ERROR_EVENT,
    Close,
    Pause,
    Reset,
    Script,
    Stall,
    Step,
    document,
    event,
    http_chunk,
    refusal,
)

RETRY_AFTER_S = 7
FORGOTTEN, TORN, NO_SUCH_NAME, UNTRUSTED = "forgotten", "torn", "no_such_name", "untrusted"
WAYS = (FORGOTTEN, TORN, NO_SUCH_NAME, UNTRUSTED)
"""Faults of the way there."""
DRIP_S = 1.3
"""Less than a pause may be."""

HttpFault = Callable[[Script], Script]


def _half(good: Script) -> list[Step]:
    """The head and the first half of what follows it."""
    if len(good) > 2:
        return list(good[: 1 + len(good) // 2])
    head, _, body = b"".join(step for step in good if isinstance(step, bytes)).partition(b"\r\n\r\n")
    return [head + b"\r\n\r\n" + body[: len(body) // 2]]


def _drip(good: Script) -> list[Step]:
    """The head, what follows it, and then a piece now and then."""
    return [*good[:3], *(each for step in good[3:] for each in (Pause(DRIP_S), step))]


def _garbage(good: Script) -> Script:
    """The head of the good answer, and then what nobody can read."""
    first = good[0]
    assert isinstance(first, bytes)
    head = first.partition(b"\r\n\r\n")[0]
    if b"chunked" in head:
        return [head + b"\r\n\r\n" + b"e\r\ndata: {{{{\n\n\x00\x01\r\n0\r\n\r\n"]
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return [b"\r\n".join([*lines, b"content-length: 6\r\n\r\n"]) + b"\x00{{{{\x01"]


OVER_HTTP: dict[str, HttpFault] = {
    "400": lambda good: refusal(400, "bad request", "invalid_value"),
    "401": lambda good: refusal(401, "bad key", "invalid_api_key"),
    "403": lambda good: refusal(403, "this key may not", "forbidden"),
    "404": lambda good: refusal(404, "The model does not exist, or you do not have access to it.", "model_not_found"),
    "429": lambda good: refusal(429, "slow down", "rate_limit_exceeded", f"retry-after: {RETRY_AFTER_S}\r\n"),
    "500": lambda good: refusal(500, "internal error"),
    "reset": lambda good: [Reset()],
    "silence": lambda good: [Stall()],
    "half": lambda good: [*_half(good), Close()],
    "stall": lambda good: [*_half(good), Stall()],
    "garbage": _garbage,
    "wrong_type": lambda good: document(200, "text/html", b"<!doctype html><title>Log in</title>"),
    "drip": _drip,
}


ENDINGS: dict[str, HttpFault] = {
    "filtered": lambda good: [*_half(good), event({}, "content_filter"), http_chunk(DONE) + END_OF_BODY],
    "too_long": lambda good: [*_half(good), event({}, "length"), http_chunk(DONE) + END_OF_BODY],
    "error_event": lambda good: [*_half(good), ERROR_EVENT + END_OF_BODY],
}


def over_grpc(fault: str, good: Sequence[bytes]) -> google.Script:
    """The same faults of Google's service."""
    half = good[: max(1, len(good) // 2)]
    table: dict[str, google.Script] = {
        "400": [google.Fail(grpc.StatusCode.INVALID_ARGUMENT)],
        "401": [google.Fail(grpc.StatusCode.UNAUTHENTICATED)],
        "403": [google.Fail(grpc.StatusCode.PERMISSION_DENIED)],
        "404": [google.Fail(grpc.StatusCode.NOT_FOUND)],
        "429": [google.Fail(grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after_s=RETRY_AFTER_S)],
        "500": [google.Fail(grpc.StatusCode.INTERNAL)],
        "reset": [google.Fail(grpc.StatusCode.UNAVAILABLE)],
        "silence": [google.Stall()],
        "half": [*half, google.Fail(grpc.StatusCode.UNAVAILABLE)],
        "stall": [*half, google.Stall()],
        "garbage": [google.Garbage()],
        "wrong_type": [google.Fail(grpc.StatusCode.UNKNOWN)],
        "drip": [each for sound in good for each in (sound, google.Pause(DRIP_S))],
    }
    return table[fault]
