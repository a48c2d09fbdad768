"""A worker gets TERM while it holds a caller's turn, beside another worker of its stage."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from common import streams
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place
from tests.servers import real_server

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
THINKS_MS = "600"
"""Time enough to meet a worker at work; twice as much is below the 2 s after which a filler is said."""
WORK = streams.work(streams.ONE_TAG, "llm")


@dataclass(frozen=True)
class Drained:
    """The call, and what is left of the worker."""

    call: Placed
    exit_code: int
    alive: bool
    """Whether it still counts as alive."""
    holds: bool
    """Whether anything still waits for it."""


@pytest.fixture(scope="module", params=["8", "0"], ids=["in time", "out of time"])
def drained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drained]:
    """The worker that holds the turn has time to answer it, or none."""
    folder = tmp_path_factory.mktemp("house")
    settings = SCRIPTED | {"SCRIPTED_LLM_FIRST_TOKEN_MS": THINKS_MS, "SPECULATE": "off", "DRAIN_SEC": request.param}
    reply = "this is the answer."
    with real_server() as server, house(folder, server.url, SCRIPTED_LLM_REPLY=reply, **settings) as running, ThreadPoolExecutor(1) as pool:
        running.start(4, "llm_worker")
        await_true(lambda: len(running.redis.xinfo_consumers(WORK, streams.GROUP)) == 2)
        calling = pool.submit(place, running, folder / "call.wav", "--wav", HELLO)
        await_true(lambda: bool(_holders(running)))
        (name,) = _holders(running)
        exit_code = running.drain(_pid_of(name))
        call = calling.result()
        alive = bool(running.redis.exists(streams.worker_alive(name)))
        yield Drained(call, exit_code, alive, name in _holders(running))


def _holders(running: House) -> list[str]:
    """The LLM workers that hold an entry."""
    consumers = running.redis.xinfo_consumers(WORK, streams.GROUP)
    return [one["name"].decode() for one in consumers if one["pending"]]


def _pid_of(worker: str) -> int:
    found = re.fullmatch(r"llm-.*-(\d+)-[0-9a-f]+", worker)
    assert found
    return int(found[1])


def test_the_turn_is_answered_once(drained: Drained) -> None:
    assert drained.call.sentences == [(1, 0)]


def test_nobody_has_to_ask_for_patience(drained: Drained) -> None:
    assert [tone.sentence for tone in drained.call.tones if not tone.turn] == [0]


def test_a_worker_that_drained_ends_well(drained: Drained) -> None:
    assert drained.exit_code == 0


def test_nothing_is_left_of_a_worker_that_drained(drained: Drained) -> None:
    assert not drained.alive
    assert not drained.holds
