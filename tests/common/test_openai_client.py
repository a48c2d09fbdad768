"""What a server says of how long to wait, and of how long its models live; why it is not reached."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx2
import pytest
from openai import APIStatusError, OpenAIError

from common.config import Settings
from common.errors import KeyRefused, VendorError
from common.openai_client import blame as blamed
from common.openai_client import client, shutdown_dates, wait_s, warm_up
from tests.authority import secured
from tests.vendors.nat import Nat


@pytest.mark.parametrize(
    ("told", "wait"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("", None), ("-1", None), ("inf", None), ("nan", None)]
)
def test_seconds_are_taken_and_nonsense_is_not(told: str, wait: float | None) -> None:
    assert wait_s({"retry-after": told}) == wait


def test_nothing_told_is_nothing() -> None:
    assert wait_s({}) is None


def test_milliseconds_are_finer_and_count() -> None:
    assert wait_s({"retry-after-ms": "1250", "retry-after": "2"}) == 1.25


def test_milliseconds_that_are_none_are_not_looked_at() -> None:
    assert wait_s({"retry-after-ms": "soon", "retry-after": "2"}) == 2


@pytest.mark.parametrize(
    ("status", "code", "blame"),
    [
        (400, "content_filter", "request"),
        (413, "", "request"),
        (422, "", "request"),
        (404, "", "settings"),
        (403, "model_not_found", "settings"),
        (401, "invalid_api_key", "vendor"),
        (403, "", "vendor"),
        (429, "rate_limit_exceeded", "vendor"),
        (500, "", "vendor"),
    ],
)
def test_whose_fault_a_refusal_is(status: int, code: str, blame: str) -> None:
    answer = httpx2.Response(status, request=httpx2.Request("POST", "http://a"))
    assert blamed(APIStatusError("no", response=answer, body={"code": code})).blame == blame


def test_a_date_is_taken() -> None:
    told = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    assert wait_s({"retry-after": told}) == pytest.approx(120, abs=5)


def test_a_date_that_is_over_is_none() -> None:
    assert wait_s({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) is None


def test_a_date_of_each_form_that_http_has_is_taken() -> None:
    then = datetime.now(UTC) + timedelta(minutes=2)
    told = [then.strftime(form) for form in ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")]
    assert [wait_s({"retry-after": each}) for each in told] == 3 * [pytest.approx(120, abs=5)]


def test_a_date_without_a_zone_is_no_reason_to_fall_over() -> None:
    told = (datetime.now(UTC) + timedelta(minutes=2)).strftime("%a, %d %b %Y %H:%M:%S -0000")
    assert wait_s({"retry-after": told}) == pytest.approx(120, abs=5)


LISTED = b'{"object":"list","data":[{"id":"m1","shutdown_date":"2027-02-26"},{"id":"m2","shutdown_date":null},{"id":"m3"}]}'


def test_the_end_of_a_model_stands_in_the_servers_list() -> None:
    assert shutdown_dates(LISTED) == {"m1": "2027-02-26", "m2": "", "m3": ""}


@pytest.mark.parametrize("listed", [b"", b"<html>", b"[]", b'{"data": 3}'])
def test_a_server_without_such_a_list_says_nothing(listed: bytes) -> None:
    assert shutdown_dates(listed) == {}


# --- The key


async def test_openai_is_not_asked_without_a_key() -> None:
    async with client(Settings(), "") as openai:
        with pytest.raises(KeyRefused, match=r"^OPENAI_API_KEY: is not set"):
            await warm_up(openai, [])


# --- Why there is no connection


async def failure_at(url: str) -> VendorError:
    """What comes of asking there."""
    async with client(Settings(), url) as openai:
        with pytest.raises(OpenAIError) as raised:
            await openai.models.list()
    return blamed(raised.value)


async def test_a_name_that_does_not_resolve_is_told() -> None:
    failure = await failure_at("http://nowhere.invalid/v1")
    assert (failure.kind, failure.retryable) == ("no_such_name", True)


async def test_a_certificate_that_nobody_trusts_is_told_and_not_shown_again(tmp_path: Path) -> None:
    async with Nat("http://127.0.0.1:9/v1", secured(tmp_path / "tls", ()).context) as server:
        failure = await failure_at(server.url)
    assert (failure.kind, failure.retryable) == ("certificate", False)


async def test_where_nobody_listens_is_no_more_than_no_connection() -> None:
    failure = await failure_at("http://127.0.0.1:9/v1")
    assert (failure.kind, failure.retryable) == ("connection", True)
