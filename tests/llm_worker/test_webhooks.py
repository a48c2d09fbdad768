"""Webhooks as tools, against a server over real sockets."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from common.agents.agent import Parameter, Webhook
from common.signed_http import MOST_BYTES, signature
from llm_worker import webhooks
from llm_worker.tools import BadArguments, Occasion, Tool, ToolFailed
from llm_worker.webhooks import NoAnswer
from tests.vendors.openai_server import Close, OpenAIServer, Request, Reset, Script, answer, document

OCCASION = Occasion("c1", "he", datetime(2026, 12, 31, 10, 0, tzinfo=UTC))
AT_S = 1_767_629_160
"""By the clock of who signs. The occasion's is another: an owner who tries an agent chooses when it is for it."""
SECRET = "BOOKING_SECRET"
DANA = '{"people":2,"name":"Dana"}'
PARAMETERS = {
    "people": Parameter(type="integer", description="how many"),
    "name": Parameter(description="whose", required=False),
    "place": Parameter(description="where", required=False, one_of=("in", "out")),
    "price": Parameter(type="number", description="at most", required=False),
    "quiet": Parameter(type="boolean", description="whether", required=False),
}
OK = answer(200, {"booked": True})
NOWHERE = "http://127.0.0.1:9/"
"""Nobody listens there."""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "s3cret")
    monkeypatch.setattr(webhooks, "time", SimpleNamespace(time=lambda: AT_S + 0.5))


@asynccontextmanager
async def tool(url: str, **about: Any) -> AsyncIterator[Tool]:
    yield webhooks.tool_of("book", Webhook(description="Books.", url=url, secret=SECRET, parameters=PARAMETERS, **about))


async def used(script: Script, arguments: str = DANA, **about: Any) -> tuple[str, list[Request]]:
    """What the model is told, and what reached the server."""
    async with OpenAIServer(script) as server, tool(f"{server.url}/book?house=1", **about) as book:
        return await book.use(book.read(arguments), OCCASION), server.requests


# --- What it takes


async def test_the_model_sees_what_it_takes() -> None:
    async with tool(NOWHERE) as book:
        assert (book.parameters["required"], book.parameters["additionalProperties"]) == (["people"], False)
        assert {name: each["description"] for name, each in book.parameters["properties"].items()} == {
            name: about.description for name, about in PARAMETERS.items()
        }


@pytest.mark.parametrize("arguments", ["{}", '{"people":"many"}', '{"people":2,"place":"roof"}', '{"people":2,"free":true}'])
async def test_what_does_not_fit_is_refused(arguments: str) -> None:
    async with tool(NOWHERE) as book:
        with pytest.raises(BadArguments):
            book.read(arguments)


@pytest.mark.parametrize(("effects", "kind"), [(True, "once"), (False, "none")])
async def test_its_effects_are_the_files(effects: bool, kind: str) -> None:
    async with tool(NOWHERE, effects=effects, timeout_s=3.0) as book:
        assert (book.effects, book.timeout_s) == (kind, 3.0)


# --- The request


async def test_a_post_says_what_is_wanted() -> None:
    _, [request] = await used(OK)
    assert (request.method, request.path, request.json) == (
        "POST", "/v1/book?house=1", {"call": "c1", "language": "he", "tool": "book", "arguments": {"people": 2, "name": "Dana"}},
    )  # fmt: skip


async def test_a_get_has_its_arguments_in_the_address() -> None:
    _, [request] = await used(OK, '{"people":2,"name":"a&b=c"}', method="GET")
    assert (request.method, request.path, request.body) == ("GET", "/v1/book?house=1&people=2&name=a%26b%3Dc", b"")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_it_is_signed_with_the_files_secret(method: str) -> None:
    _, [request] = await used(OK, method=method)
    signed = signature("s3cret", AT_S, method, request.path.encode(), request.body)
    assert request.headers["torim-signature"] == f"t={AT_S},v1={signed}"


def test_the_signature_is_hmac_sha256_of_time_method_path_and_body() -> None:
    # printf '1\nPOST\n/x\n{}' | openssl dgst -sha256 -hmac s3cret
    assert signature("s3cret", 1, "POST", b"/x", b"{}") == "6d5942c9720bff457e4e25afdf960aab55a5072e817a611e058ae18e69eca53c"


async def test_the_same_use_has_the_same_key() -> None:
    keys = [(await used(OK, arguments))[1][0].headers["idempotency-key"] for arguments in (DANA, '{"name":"Dana","people":"2"}')]
    assert keys[0] == keys[1]


async def test_another_use_has_another_key() -> None:
    keys = [(await used(OK, arguments))[1][0].headers["idempotency-key"] for arguments in (DANA, '{"people":3,"name":"Dana"}')]
    assert (keys[0] != keys[1], re.fullmatch("c1-[0-9a-f]{24}", keys[0]) is not None) == (True, True)


async def test_without_its_secret_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET)
    with pytest.raises(ToolFailed, match="not set up"):
        await used(OK)


# --- The answer


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (OK, '{"booked": true}'),
        (document(201, "text/plain; charset=utf-8", "נקבע".encode()), "נקבע"),
        (document(204, "text/plain", b""), ""),
        (document(201, "application/json", b""), ""),
        (document(200, "application/json; charset=utf-8", b'\xef\xbb\xbf{"ok": 1}'), '{"ok": 1}'),
        (document(200, "application/vnd.api+json", b'{"ok": 1}'), '{"ok": 1}'),
    ],
)
async def test_the_model_is_told_the_answer(script: Script, told: str) -> None:
    assert (await used(script))[0] == told


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (answer(409, {"error": "full"}), '{"error": "full"}'),
        (document(409, "application/problem+json", b'{"title": "full"}'), '{"title": "full"}'),
        (document(404, "text/html", b"<p>"), "its server refused it"),
    ],
)
async def test_a_refusal_did_nothing(script: Script, told: str) -> None:
    with pytest.raises(ToolFailed, match=re.escape(told)):
        await used(script)


async def test_a_server_that_cannot_be_reached_did_nothing() -> None:
    async with tool(NOWHERE) as book:
        with pytest.raises(ToolFailed, match="cannot be reached"):
            await book.use(book.read(DANA), OCCASION)


UNSURE: dict[str, Script] = {
    "500": answer(500, {"error": "x"}),
    "redirect": document(302, "text/plain", b"", "location: http://127.0.0.1:9/elsewhere\r\n"),
    "see_other": document(303, "text/plain", b"", "location: /done\r\n"),
    "reset": [Reset()],
    "half": [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{", Close()],
    "no_http": [b"\x00\x01\x02\r\n\r\n", Close()],
    "no_json": document(200, "application/json", b"{{{{"),
    "no_text": document(200, "text/plain", b"\xff\xfe\x00"),
    "a_page": document(200, "text/html", b"<title>Log in</title>"),
    "huge": document(200, "text/plain", b"x" * (MOST_BYTES + 1)),
    "packed": document(200, "text/plain", gzip.compress(b"x" * 10_000_000), "content-encoding: gzip\r\n"),
}


@pytest.mark.parametrize("fault", UNSURE)
async def test_of_anything_else_the_outcome_is_not_known(fault: str) -> None:
    with pytest.raises(NoAnswer):
        await used(UNSURE[fault])


async def test_a_redirect_is_not_followed() -> None:
    async with OpenAIServer(OK) as elsewhere:
        away = document(307, "text/plain", b"", f"location: {elsewhere.url}/steal\r\n")
        with pytest.raises(NoAnswer, match="status 307"):
            await used(away)
        assert elsewhere.requests == []


async def test_an_endless_answer_is_left_at_its_limit() -> None:
    endless = [b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n", *[b"x" * 1000] * (MOST_BYTES // 1000 + 50)]
    with pytest.raises(NoAnswer, match="no text"):
        await used([*endless, Close()])


async def test_what_the_server_said_is_in_no_error() -> None:
    with pytest.raises(NoAnswer) as failed:
        await used(document(500, "text/plain", b"Dana"))
    assert "Dana" not in json.dumps(str(failed.value))


# --- What is broken off


@dataclass
class SilentServer:
    """It counts who comes, and answers nobody."""

    came: int = 0
    there: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the client is gone."""
        self.came += 1
        self.there += 1
        with suppress(OSError):
            await reader.read()
        self.there -= 1
        writer.close()


async def broken_off(book: Tool, steps: int) -> None:
    """Use it, and cancel that after so many steps of the loop."""

    async def use() -> None:
        await book.use(book.read(DANA), OCCASION)

    async with asyncio.TaskGroup() as tasks:
        using = tasks.create_task(use())
        for _ in range(steps):
            await asyncio.sleep(0)
        using.cancel()


async def test_of_what_is_broken_off_no_connection_is_left() -> None:
    silent = SilentServer()
    server = await asyncio.start_server(silent.serve, "127.0.0.1", 0)
    async with server, tool(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/") as book:
        for steps in range(60):
            await broken_off(book, steps)
        async with asyncio.timeout(30.0):
            while silent.there or not silent.came:  # noqa: ASYNC110 - the server's own tasks end by and by
                await asyncio.sleep(0)
