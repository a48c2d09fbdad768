"""Calls over a Valkey Cluster, one of whose masters is killed, or stands still, while all of them talk.

What a master had acknowledged and not yet told its replica is lost with it: that is what a cluster promises. A call makes a
fallback phrase of it, or a second question. How many turns that were is printed, with how long the slowest answer took.
"""

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
PATIENT_S = "3.2"
"""The caller waits for so long after a filler, since the answer, or the fallback, comes within 5 s."""
FILLER = (0, 2)
"""The tone of the filler: the third phrase of no turn."""


@dataclass(frozen=True)
class Outlived:
    """What became of the calls."""

    calls: list[Placed]
    how: str
    """What became of the master."""
    hit: int
    """How many of them the dead master had served."""
    logs: str

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


def lose_a_master(running: House, nodes: Cluster, how: Callable[[Node], None]) -> int:
    """Kill or stall the one that serves the first call, in the middle of everything; how many calls it served."""
    served = [nodes.master_of(call, running.keys) for call in calls_begun(running)]
    how(served[0])
    return served.count(served[0])


@pytest.fixture(scope="module", params=[Node.kill, Node.stall], ids=["killed", "stalled"])
def outlived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outlived]:
    """Calls at once on two workers a stage; a master is lost once each of them had an answer."""
    folder = tmp_path_factory.mktemp("calls")
    with (
        cluster() as nodes,
        house(tmp_path_factory.mktemp("house"), nodes.url, workers=[*WORKERS, *WORKERS], **SCRIPTED) as running,
        ThreadPoolExecutor(CALLS) as pool,
    ):
        placed = [pool.submit(talk, running, folder / f"{number}.wav") for number in range(CALLS)]
        await_true(lambda: len(set(re.findall(r"call=(\S+) turn=1 STATE was=\S+ now=SPEAKING", running.logs))) == CALLS)
        hit = lose_a_master(running, nodes, request.param)
        yield Outlived([each.result() for each in placed], f"{request.param.__name__}ed", hit, running.logs)


def test_every_call_is_kept_to_its_end(outlived: Outlived) -> None:
    assert [(call.result["code"], call.result["violations"]) for call in outlived.calls] == [(0, 0)] * CALLS


def test_all_words_are_followed_by_an_answer_or_a_phrase_before_the_caller_speaks_again(
    outlived: Outlived, capsys: pytest.CaptureFixture[str]
) -> None:
    waits_ms = sorted(wait for waits in outlived.waits_ms for wait in waits)
    lost = len(re.findall(r"TURN_ENDED.*how=fallback", outlived.logs))
    with capsys.disabled():
        sys.stdout.write(
            f"\none master of three {outlived.how}, {CALLS} calls, {outlived.hit} of them on it: {len(waits_ms)} times the caller spoke, "
            f"{lost} turns ended in the fallback; answers after {waits_ms[len(waits_ms) // 2]} ms (median), {waits_ms[-1]} ms (longest)\n"
        )
    assert [len([wait for wait in waits if wait < sys.maxsize / 2]) for waits in outlived.waits_ms] == [UTTERANCES] * CALLS


def test_the_gateway_tells_of_the_outage_and_of_its_end(outlived: Outlived) -> None:
    assert re.search(r"what=redis_unreachable.*what=redis_reachable", outlived.logs, re.DOTALL)
