"""Random calls through the core: whatever happens, the rules of a turn hold (``judge.py``).

``python -m tests.sim 0 20000`` runs more of them, ``python -m tests.sim SEED`` shows the one that broke a rule.
"""

import sys
from typing import get_args

import pytest

from gateway.turn.events import End
from tests.sim.calls import run_at_once
from tests.sim.hits import FAULTS, Outcome

CALLS = 400


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What happened in the calls of all seeds."""
    return run_at_once(0, CALLS, guards=False)


def test_the_rules_of_a_turn_hold_in_every_random_call(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(outcome.lines()) + "\n")
    assert (outcome.calls, outcome.broken) == (CALLS, [])


@pytest.mark.parametrize("end", get_args(End))
def test_every_end_of_a_turn_happens_in_random_calls(outcome: Outcome, end: str) -> None:
    assert outcome.counts[f"end {end}"]


@pytest.mark.parametrize("happening", FAULTS)
def test_it_happens_in_random_calls(outcome: Outcome, happening: str) -> None:
    assert outcome.counts[happening]


def test_no_word_is_lost_without_a_reason(outcome: Outcome) -> None:
    assert not outcome.counts["words lost"]


def test_the_history_of_a_cut_sentence_is_at_most_100_ms_off_in_19_of_20(outcome: Outcome) -> None:
    errors = sorted(outcome.history_errors_ms)
    assert (len(errors) > 20, errors[len(errors) * 95 // 100] <= 100) == (True, True)
