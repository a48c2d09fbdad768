"""Random calls whose gateway dies: the caller's question is answered once, by whoever has the call then (R12)."""

import sys
from collections import Counter

import pytest

from tests.sim.takeover import run_takeovers

FEW = 15
CALLS = 150
LEAST = 5
"""Of each way in which a call is taken: a few in a hundred of them are."""


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
    """What happened in the calls of all seeds; a broken rule names its seed."""
    return run_takeovers(range(CALLS))


def test_the_rules_of_taking_over_hold_in_a_few_random_calls() -> None:
    assert run_takeovers(range(FEW))["end handed_over"] >= FEW


@pytest.mark.long
def test_the_rules_of_taking_over_hold_in_every_random_call(counts: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(f"{count:8d}  {name}" for name, count in sorted(counts.items())) + "\n")
    assert counts["end handed_over"] >= CALLS


@pytest.mark.long
@pytest.mark.parametrize(
    "happening",
    [
        "taken LISTENING, nothing open",
        "taken LISTENING, words unknown",
        "taken THINKING, words unknown",
        "taken THINKING, words known",
        "taken SPEAKING, nothing open",
        "taken SPEAKING, words known",
    ],
)
def test_it_happens_often_in_random_calls(counts: Counter[str], happening: str) -> None:
    assert counts[happening] >= LEAST
