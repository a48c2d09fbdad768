"""Several gateways on one port, as real processes: any of them takes a webhook, any of them its stream."""

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gateway_process import RECORDINGS, place_call
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import READY, await_true, launched
from tests.servers import RealServer

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
TRUSTED = {"TWILIO_AUTH_TOKEN": "12345", "PUBLIC_URL": "https://bot.example.org"}
_CALLS = 8
"""All of them reach one gateway of two once in 2 ** 7, all streams the gateways of their webhooks once in 2 ** 8."""


@pytest.fixture
def shared(tmp_path: Path, one_real_server: RealServer) -> Iterator[House]:
    """Two gateways and one worker a stage; calls need tokens."""
    with house(tmp_path, one_real_server.url, GATEWAYS="2", **TRUSTED, **SCRIPTED) as running:
        running.start(4, "gateway")
        await_true(lambda: "listening host=" in (tmp_path / "gateway_4.log").read_text())
        yield running


def calls_of(log: Path) -> int:
    """How many calls a gateway had."""
    return len(re.findall("WS_START", log.read_text()))


def place(running: House) -> list[int]:
    """Calls at once; their exit codes."""
    url = f"http://127.0.0.1:{running.port}/twilio/voice"

    async def placing() -> list[int]:
        calls = [place_call(url, "--no-greeting", "--wav", HELLO, "--expect", "1", **TRUSTED) for _ in range(_CALLS)]
        return [code for code, _, _ in await asyncio.gather(*calls)]

    return asyncio.run(placing())


def test_calls_are_spread_and_each_is_answered(shared: House, tmp_path: Path) -> None:
    codes = place(shared)
    both = [calls_of(tmp_path / f"gateway_{number}.log") for number in (3, 4)]
    assert (codes, sum(both), min(both) > 0) == ([0] * _CALLS, _CALLS, True)


def test_make_run_waits_for_all_gateways(tmp_path: Path) -> None:
    with launched(tmp_path, GATEWAYS="3") as run:
        run.until_said(READY)
        gateways = [line for line in run.processes() if "-m gateway" in line]
        run.send(signal.SIGINT)
        assert (len(gateways), run.ended()) == (3, 0)
