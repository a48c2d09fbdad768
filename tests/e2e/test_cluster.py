"""Calls over a Valkey Cluster, one of whose masters is killed while all of them talk.

What a master had acknowledged and not yet told its replica is lost with it: that is what a cluster promises, and what a call
makes of it is a fallback phrase. How many turns that were is printed, with how long the slowest answer took.
"""

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster import Cluster, cluster
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, WORKERS, House, house
from tests.e2e.launched import await_true

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
CALLS, UTTERANCES = 6, 5


@dataclass(frozen=True)
class Outlived:
    """What became of the calls."""

    calls: list[dict[str, Any]]
    """As ``tools.call`` tells of each."""
    hit: int
    """How many of them the dead master had served."""
    logs: str


def calls_begun(running: House) -> list[str]:
    """The calls that the gateway has, or had."""
    return re.findall(r"^EVENT call=(\S+) turn=\S+ WS_START", running.logs, re.MULTILINE)


def talk(running: House) -> dict[str, Any]:
    """A call of so many words, each after the answer to the one before."""
    return running.call(*(argument for _ in range(UTTERANCES) for argument in ("--wav", HELLO)), "--gap", "0.6")


def kill_a_master(running: House, nodes: Cluster) -> int:
    """Kill the one that serves the first call, in the middle of everything; how many calls it served."""
    served = [nodes.master_of(call, running.keys) for call in calls_begun(running)]
    served[0].kill()
    return served.count(served[0])


@pytest.fixture(scope="module")
def outlived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outlived]:
    """Calls at once on two workers a stage; a master is killed once each of them is talking."""
    with (
        cluster() as nodes,
        house(tmp_path_factory.mktemp("house"), nodes.url, workers=[*WORKERS, *WORKERS], **SCRIPTED) as running,
        ThreadPoolExecutor(CALLS) as pool,
    ):
        placed = [pool.submit(talk, running) for _ in range(CALLS)]
        await_true(lambda: len(calls_begun(running)) == CALLS)
        await_true(lambda: len(re.findall(r"turn=1 STATE was=\S+ now=SPEAKING", running.logs)) == CALLS)
        hit = kill_a_master(running, nodes)
        yield Outlived([each.result() for each in placed], hit, running.logs)


def test_every_call_is_kept_to_its_end(outlived: Outlived) -> None:
    assert [(call["code"], call["violations"]) for call in outlived.calls] == [(0, 0)] * CALLS


def test_everything_that_was_said_is_followed_by_an_answer_or_a_phrase(outlived: Outlived, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [turn for call in outlived.calls for turn in call["turns"] if turn["turn"]]
    lost = len(re.findall(r"how=fallback", outlived.logs))
    waits_ms = sorted(turn["voice_to_voice_ms"] or 0 for turn in turns)
    with capsys.disabled():
        sys.stdout.write(
            f"\nkill -9 of one master of three, {CALLS} calls, {outlived.hit} of them on it: {len(turns)} turns, {lost} ended in the "
            f"fallback phrase; the bot spoke after {waits_ms[len(waits_ms) // 2]} ms (median), {waits_ms[-1]} ms (longest)\n"
        )
    assert [turn["heard_ms"] > 0 for turn in turns] == [True] * CALLS * UTTERANCES


def test_the_cluster_was_whole_again_before_the_calls_were_over(outlived: Outlived) -> None:
    assert re.search(r"what=redis_unreachable.*what=redis_reachable", outlived.logs, re.DOTALL)
