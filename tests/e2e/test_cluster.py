"""Calls over a Valkey Cluster, one of whose masters or replicas is lost while all of them talk.

A master is killed, or cut off though it lives: it stands still until its replica was promoted, and comes back as if it were the
master. Or no client reaches it, while the other nodes do: then there is no other master, and its calls wait.

What a master had acknowledged and not yet told its replica is lost with it: that is what a cluster promises. A call makes a
fallback phrase of it, or a second question. How many turns that were is printed, with how long the slowest answer took.
"""

import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.cluster import Cluster, Node, cluster
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, WORKERS, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
CALLS, UTTERANCES = 6, 4
NODE_TIMEOUT_MS = 1_000
"""As docs/operations.md recommends it."""
UNREACHED_MS = 7_000
PATIENT_S = "5"
"""The caller waits for so long after a filler, which comes after 2 s, since the answer, or the fallback, comes within 5 s."""
FILLER = (0, 2)
"""The tone of the filler: the third phrase of no turn."""


@dataclass(frozen=True)
class Outlived:
    """What became of the calls."""

    calls: list[Placed]
    how: str
    """What became of which node."""
    hit: int
    """How many of them it, or its master, had served."""
    logs: str

    @property
    def away_ms(self) -> int:
        """How long the gateway missed a shard."""
        away_s = [float(told) for told in re.findall(r"what=redis_reachable .*after_s=([\d.]+)", self.logs)]
        return round(1000 * max(away_s, default=0.0))

    @property
    def waits_ms(self) -> list[list[int]]:
        """Of each call, from the end of each of the caller's words to an answer, or to a phrase that is no filler."""
        return [_waits_ms(call) for call in self.calls]


def _waits_ms(call: Placed) -> list[int]:
    ends_ms = [turn["caller_end_ms"] for turn in call.result["turns"] if turn["turn"]]
    told_ms = [tone.start_ms for tone in call.tones if (tone.turn, tone.sentence) != FILLER]
    return [min((told for told in told_ms if told > end), default=sys.maxsize) - end for end in ends_ms]


def calls_begun(running: House) -> list[str]:
    """The calls that the gateway has, or had."""
    return re.findall(r"^EVENT call=(\S+) turn=\S+ WS_START", running.logs, re.MULTILINE)


def talk(running: House, out: Path) -> Placed:
    """A call of so many words, each after the answer to the one before."""
    return place(running, out, *(argument for _ in range(UTTERANCES) for argument in ("--wav", HELLO)), "--gap", PATIENT_S)


# What is lost: with the master of the first call, in the middle of everything


def master_is_killed(nodes: Cluster, master: Node) -> None:
    """kill -9."""
    master.kill()


def master_is_cut_off(nodes: Cluster, master: Node) -> None:
    """It stands still, and goes on once another one is the master."""
    master.stall()
    await_true(nodes.replica_of(master).is_master)
    master.go_on()


def master_is_not_reached(nodes: Cluster, master: Node) -> None:
    """No client gets an answer of it for longer than the fallback takes; the nodes do, so nobody takes its place."""
    master.pause(UNREACHED_MS)
    replica = nodes.replica_of(master)
    await_true(lambda: master.is_master())  # its first answer
    assert not replica.is_master()


def replica_is_killed(nodes: Cluster, master: Node) -> None:
    """kill -9 of the one behind it."""
    nodes.replica_of(master).kill()


Loss = Callable[[Cluster, Node], None]


def outlive(tmp_path_factory: pytest.TempPathFactory, loss: Loss) -> Outlived:
    """Calls on two workers a stage; a node is lost once each of them had an answer."""
    folder = tmp_path_factory.mktemp("calls")
    with (
        cluster(timeout_ms=NODE_TIMEOUT_MS) as nodes,
        house(tmp_path_factory.mktemp("house"), nodes.url, workers=[*WORKERS, *WORKERS], **SCRIPTED) as running,
        ThreadPoolExecutor(CALLS) as pool,
    ):
        placed = []
        for number in range(CALLS):  # one behind the other, so that some of them ask while the node is away
            placed.append(pool.submit(talk, running, folder / f"{number}.wav"))
            await_true(lambda begun=number: len(calls_begun(running)) > begun)  # type: ignore[misc]
        await_true(lambda: len(set(re.findall(r"call=(\S+) turn=1 STATE was=\S+ now=SPEAKING", running.logs))) == CALLS)
        served = [nodes.master_of(call, running.keys) for call in calls_begun(running)]
        loss(nodes, served[0])
        return Outlived([each.result() for each in placed], loss.__name__, served.count(served[0]), running.logs)


LOSSES = (master_is_killed, master_is_cut_off, master_is_not_reached)


@pytest.fixture(scope="module")
def all_outlived(tmp_path_factory: pytest.TempPathFactory) -> dict[Loss, Outlived]:
    """What became of the calls in each loss: two at a time, since all that they do is wait."""
    losses = (*LOSSES, replica_is_killed)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(losses, pool.map(partial(outlive, tmp_path_factory), losses), strict=True))


@pytest.fixture(params=LOSSES)
def outlived(request: pytest.FixtureRequest, all_outlived: dict[Loss, Outlived]) -> Outlived:
    """Calls that outlived the loss of a master."""
    return all_outlived[request.param]


@pytest.fixture
def undisturbed(all_outlived: dict[Loss, Outlived]) -> Outlived:
    """Calls that lost a replica."""
    return all_outlived[replica_is_killed]


def test_every_call_is_kept_to_its_end(outlived: Outlived) -> None:
    assert [(call.result["code"], call.result["violations"]) for call in outlived.calls] == [(0, 0)] * CALLS


def test_all_words_are_followed_by_an_answer_or_a_phrase_before_the_caller_speaks_again(
    outlived: Outlived, capsys: pytest.CaptureFixture[str]
) -> None:
    waits_ms = sorted(wait for waits in outlived.waits_ms for wait in waits)
    lost = len(re.findall(r"TURN_ENDED.*how=fallback", outlived.logs))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{outlived.how} (missed for {outlived.away_ms} ms), {CALLS} calls, {outlived.hit} of them on it: "
            f"{len(waits_ms)} times a caller spoke, {lost} turns ended in the fallback; "
            f"answers after {waits_ms[len(waits_ms) // 2]} ms (median), {waits_ms[-1]} ms (longest)\n"
        )
    assert [len([wait for wait in waits if wait < sys.maxsize / 2]) for waits in outlived.waits_ms] == [UTTERANCES] * CALLS


def test_the_gateway_tells_of_the_outage_and_of_its_end(outlived: Outlived) -> None:
    assert re.search(r"what=redis_unreachable.*what=redis_reachable", outlived.logs, re.DOTALL)


def test_the_loss_of_a_replica_is_not_heard(undisturbed: Outlived) -> None:
    kept = [
        (call.result["code"], len([wait for wait in waits if wait < sys.maxsize]))
        for call, waits in zip(undisturbed.calls, undisturbed.waits_ms, strict=True)
    ]
    lost = len(re.findall(r"TURN_ENDED.*how=fallback", undisturbed.logs))
    assert (kept, lost, "what=redis_unreachable" in undisturbed.logs) == ([(0, UTTERANCES)] * CALLS, 0, False)
