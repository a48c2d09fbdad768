"""What is sent to an owner's server, as the docs say that it is checked there."""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common import signed_http
from tests.common.agents.files import blocks

URL = httpx.URL("https://x.example/torim/book?day=2026-12-31&name=%D7%93%D7%A0%D7%94")
SECRET = "s3cret"


@pytest.fixture
def is_from_torim() -> Callable[..., bool]:
    """The function of the docs."""
    (code,) = [code for code in blocks("python") if "is_from_torim" in code]
    namespace: dict[str, Any] = {"hmac": hmac, "hashlib": hashlib, "time": time}
    exec(code, namespace)
    taken: Callable[..., bool] = namespace["is_from_torim"]
    return taken


def sent(at_s: float = 0.0) -> tuple[str, str, bytes, str]:
    """Method, path and query, body and signature of a request that was made so long ago."""
    request = signed_http.request("POST", URL, b'{"a": 1}', SECRET, int(time.time() - at_s), {})
    return request.method, request.url.raw_path.decode(), request.content, request.headers["Torim-Signature"]


def test_the_check_of_the_docs_takes_what_is_sent(is_from_torim: Callable[..., bool]) -> None:
    assert is_from_torim(SECRET.encode(), *sent())


@pytest.mark.parametrize("place", range(4))
def test_it_refuses_what_somebody_changed(is_from_torim: Callable[..., bool], place: int) -> None:
    other = ("GET", "/torim/refund", b'{"a": 2}', sent()[3][:-1] + "x")
    assert not is_from_torim(SECRET.encode(), *(other[at] if at == place else each for at, each in enumerate(sent())))


def test_it_refuses_what_is_old_or_of_another_secret(is_from_torim: Callable[..., bool]) -> None:
    assert [is_from_torim(SECRET.encode(), *sent(at_s=301)), is_from_torim(b"other", *sent())] == [False, False]
