"""A worker gets TERM while it holds a caller's turn, beside another worker of its stage."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from common import streams
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place
from tests.servers import real_server
from tests.vendors.openai_server import OpenAIServer, Request, Script, Until
from tests.vendors.openai_service import OpenAIService

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
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


class Mind:
    """A model that keeps whoever asks first waiting."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self._service = OpenAIService(reply=("this is ", "the answer."))
        self._asked = False

    def __call__(self, request: Request) -> Script:
        """The answer, in its time."""
        script = self._service(request)
        if self._asked or not request.path.endswith("/completions"):
            return script
        self._asked = True
        return [Until(self.may_answer), *script]


@pytest.fixture(scope="module", params=["8", "0"], ids=["in time", "out of time"])
def drained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Drained:
    """The worker that holds the turn has time to answer it, or none."""
    return asyncio.run(_drained(tmp_path_factory.mktemp("house"), request.param))


async def _drained(folder: Path, drain_s: str) -> Drained:
    mind, loop = Mind(), asyncio.get_running_loop()

    def may_answer() -> None:
        loop.call_soon_threadsafe(mind.may_answer.set)

    async with OpenAIServer(mind) as server:
        vendor = {"LLM_VENDOR": "openai", "LLM_BASE_URL": server.url, "LLM_MODEL": "gpt-6-luna"}
        settings = SCRIPTED | vendor | {"SPECULATE": "off", "DRAIN_SEC": drain_s}
        found = await asyncio.to_thread(_call_and_drain, folder, settings, may_answer if float(drain_s) else lambda: None)
        mind.may_answer.set()
    return found


def _call_and_drain(folder: Path, settings: dict[str, str], behind_term: Callable[[], None]) -> Drained:
    with real_server() as server, house(folder, server.url, **settings) as running, ThreadPoolExecutor(1) as pool:
        running.start(4, "llm_worker")
        await_true(lambda: len(running.redis.xinfo_consumers(WORK, streams.GROUP)) == 2)
        calling = pool.submit(place, running, folder / "call.wav", "--wav", HELLO)
        name = _first_holder(running)
        exit_code = running.drain(_pid_of(name), behind_term)
        call = calling.result()
        alive = bool(running.redis.exists(streams.worker_alive(name)))
        return Drained(call, exit_code, alive, name in _holders(running))


def _first_holder(running: House) -> str:
    found: list[str] = []

    def anybody() -> bool:
        found.extend(_holders(running))
        return bool(found)

    await_true(anybody)
    return found[0]


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
