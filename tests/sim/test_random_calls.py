"""Random calls through the core: whatever happens, the rules of a turn hold (``judge.py``).

``make sim N=20000`` runs more of them and counts every guard's hits, ``python -m tests.sim SEED`` shows the call that broke a rule.
"""

import sys

import pytest

from tests.sim.calls import run_at_once, run_calls
from tests.sim.hits import Outcome

FEW = 80
CALLS = 400


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What happened in the calls of all seeds."""
    return run_at_once(0, CALLS, guards=False)


def test_the_rules_of_a_turn_hold_in_a_few_random_calls() -> None:
    few = run_calls(range(FEW))
    assert (few.calls, few.broken) == (FEW, [])


@pytest.mark.long
def test_the_rules_of_a_turn_hold_in_every_random_call(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(outcome.lines()) + "\n")
    assert (outcome.calls, outcome.broken) == (CALLS, [])


@pytest.mark.long
def test_no_word_is_lost_without_a_reason(outcome: Outcome) -> None:
    assert not outcome.counts["words lost"]


@pytest.mark.long
def test_the_history_of_a_cut_sentence_is_at_most_100_ms_off_in_19_of_20(outcome: Outcome) -> None:
    errors = sorted(outcome.history_errors_ms)
    assert (len(errors) > 20, errors[len(errors) * 95 // 100] <= 100) == (True, True)
