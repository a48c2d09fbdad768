"""A gateway is killed, or has no more time to drain, in the middle of its reply, and another one goes on with the call (R12)."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.gateway_process import RECORDINGS, free_port
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place
from tests.servers import real_server

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
LONG_REPLY = "the first sentence of turn {turn} is long enough to be cut off in the middle. the second sentence goes on."

_HEARD_S = 0.7
"""So much of a sentence of 4 s the caller hears, more or less, before its gateway is killed."""


@contextmanager
def two_gateways(folder: Path, **environment: str) -> Iterator[tuple[House, int]]:
    """A house with a second gateway, and the port of that one."""
    other, settings = free_port(), SCRIPTED | {"SCRIPTED_LLM_REPLY": LONG_REPLY, "TONE_MS_PER_CHAR": "60"} | environment
    with real_server() as server, house(folder, server.url, **settings) as running:
        running.start(4, "gateway", PORT=str(other))
        running.await_ready(other)
        yield running, other


def placed(running: House, other: int, out: Path, end: Callable[[], None]) -> Placed:
    """A call whose gateway is ended while it speaks its first reply; the other one is asked where it does not answer."""
    with ThreadPoolExecutor(1) as pool:
        calling = pool.submit(place, running, out, "--wav", HELLO, "--fail-over", f"http://127.0.0.1:{other}")
        await_true(lambda: bool(re.search(r"turn=1 STATE was=\S+ now=SPEAKING", running.logs)))
        await_true(lambda: _question_is_known(running))
        speaks_since = time.monotonic()
        await_true(lambda: time.monotonic() > speaks_since + _HEARD_S)
        end()
        return calling.result()


@pytest.fixture(scope="module")
def outlived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Placed]:
    """A call whose gateway is killed (kill -9)."""
    folder = tmp_path_factory.mktemp("killed")
    with two_gateways(folder) as (running, other):
        yield placed(running, other, folder / "call.wav", running.gateway.kill)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Placed, int]]:
    """A call whose gateway gets TERM, with no time to let the reply end; and how that gateway ended."""
    folder = tmp_path_factory.mktemp("drained")
    with two_gateways(folder, DRAIN_SEC="0.1") as (running, other):
        call = placed(running, other, folder / "call.wav", running.gateway.terminate)
        yield call, running.gateway.wait()


def _question_is_known(running: House) -> bool:
    """Whether Redis has what the caller said: what a gateway had not written when it died, no other can know."""
    return any(running.redis.hexists(key, "text") for key in running.redis.scan_iter("t:*:call:*"))


def test_the_greeting_is_not_repeated(outlived: Placed) -> None:
    assert [tone.turn for tone in outlived.tones].count(0) == 1


def test_the_question_is_answered_by_the_other_gateway(outlived: Placed) -> None:
    assert outlived.sentences == [(1, 0), (2, 0), (2, 1)]


def test_the_caller_hears_of_no_broken_protocol(outlived: Placed) -> None:
    assert outlived.result["violations"] == 0


def test_the_turn_of_the_dead_gateway_was_handed_over(outlived: Placed, capsys: pytest.CaptureFixture[str]) -> None:
    cut = next(tone for tone in outlived.tones if tone.turn == 1)
    again = next(tone for tone in outlived.tones if tone.turn == 2)
    with capsys.disabled():
        sys.stdout.write(
            f"\nkill -9 of a gateway in mid-reply: {again.start_ms - cut.end_ms} ms of silence until the answer begins again\n"
        )
    assert [name for name in outlived.events if name in ("RECONNECT", "CALL_TAKEN")] == ["RECONNECT", "CALL_TAKEN"]


def test_a_gateway_that_drained_ends_well(moved: tuple[Placed, int]) -> None:
    assert moved[1] == 0


def test_a_call_that_outlasts_a_drain_is_answered_by_the_other_gateway(moved: tuple[Placed, int]) -> None:
    assert moved[0].sentences == [(1, 0), (2, 0), (2, 1)]


def test_a_call_that_outlasts_a_drain_is_greeted_once(moved: tuple[Placed, int]) -> None:
    assert [tone.turn for tone in moved[0].tones].count(0) == 1
