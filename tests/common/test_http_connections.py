"""OpenAI's client on connections that somebody between forgot, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from openai import APITimeoutError, AsyncOpenAI

from common import openai_client
from common.config import Settings, proxy_for
from tests.vendors.nat import Nat
from tests.vendors.openai_server import OpenAIServer, Pause, Script, answer

HELD_S, PATIENT_S, LONG_S = 0.1, 0.15, 30.0
"""How long the server keeps each request; how long somebody waits whom nobody answers, and who is answered. Any wait counts as one in
vain, but where a test says otherwise: how much of his time somebody waits for an answer depends on what else the machine does."""
AT_ONCE = 4
MODELS: Script = answer(200, {"object": "list", "data": []})


@asynccontextmanager
async def behind_a_nat(script: Script = MODELS, in_vain_s: float = 0.0) -> AsyncIterator[tuple[Nat, AsyncOpenAI]]:
    async with (
        OpenAIServer([Pause(HELD_S), *script]) as server,
        Nat(server.url) as nat,
        openai_client.client(Settings(), nat.url, read_s=LONG_S, in_vain_s=in_vain_s) as client,
    ):
        yield nat, client


async def answered(client: AsyncOpenAI, patient_s: float = LONG_S) -> bool:
    try:
        async with asyncio.timeout(patient_s):
            await client.models.with_raw_response.list()
    except TimeoutError:
        return False
    return True


async def waits_in_vain(client: AsyncOpenAI) -> bool:
    return not await answered(client, PATIENT_S)


async def open_some(client: AsyncOpenAI) -> None:
    """Have connections, all of them idle."""
    assert all(await asyncio.gather(*(answered(client) for _ in range(AT_ONCE))))


async def test_one_wait_in_vain_costs_all_connections_that_lay_idle() -> None:
    async with behind_a_nat() as (nat, client):
        await open_some(client)
        nat.forget()
        assert (await waits_in_vain(client), await answered(client), nat.made) == (True, True, AT_ONCE + 1)


async def test_what_is_let_go_is_closed() -> None:
    async with behind_a_nat() as (nat, client):
        await open_some(client)
        nat.forget()
        assert (await waits_in_vain(client), await answered(client), nat.open) == (True, True, 1)


async def test_a_time_out_of_the_clients_own_counts_too() -> None:
    async with behind_a_nat() as (nat, client):
        await open_some(client)
        nat.forget()
        with pytest.raises(APITimeoutError):
            await client.with_options(timeout=PATIENT_S).models.with_raw_response.list()
        assert (await answered(client), nat.made) == (True, AT_ONCE + 1)


async def test_who_leaves_early_costs_one_connection() -> None:
    async with behind_a_nat(in_vain_s=LONG_S) as (nat, client):
        await open_some(client)
        assert not await answered(client, HELD_S / 10)
        await open_some(client)
        assert nat.made == AT_ONCE + 1


async def test_an_answer_that_is_being_read_goes_on_while_others_wait_in_vain() -> None:
    slow: Script = [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n[1", Pause(4 * HELD_S), b",2"]
    async with behind_a_nat(slow) as (_, client), client.models.with_streaming_response.list() as reading:
        assert await waits_in_vain(client)
        assert await reading.read() == b"[1,2"


async def test_tcp_asks_whether_the_other_side_is_there() -> None:
    async with behind_a_nat() as (_, client), client.models.with_streaming_response.list() as reading:
        sock = reading.http_response.extensions["network_stream"].get_extra_info("socket")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


# --- A proxy on the way


async def test_the_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with OpenAIServer(MODELS) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        async with openai_client.client(Settings(), "http://models.example/v1") as client:
            assert await answered(client)
        assert proxy.requests[0].path == "http://models.example/v1/models"


@pytest.mark.parametrize(
    ("named", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://here:3128"}, "http://here:3128"),
        ({"ALL_PROXY": "here:3128"}, "http://here:3128"),
        ({"HTTP_PROXY": "http://here:3128"}, None),
        ({"HTTPS_PROXY": "http://here:3128", "NO_PROXY": "openai.com"}, None),
        ({"HTTPS_PROXY": "http://here:3128", "NO_PROXY": "*"}, None),
    ],
)
def test_the_environment_names_a_proxy_or_none(monkeypatch: pytest.MonkeyPatch, named: dict[str, str], proxy: str | None) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert proxy_for("https://api.openai.com/v1") == proxy
