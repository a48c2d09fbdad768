"""Random calls through the core: whatever happens, the rules of a turn hold (``judge.py``), and everything happens often (``hits.py``).

``make sim N=20000`` runs more of them and shows every guard's hits, ``python -m tests.sim SEED`` shows the call that broke a rule.
"""

import sys

import pytest

from tests.sim.calls import CALLS, LEAST, run_at_once, run_calls
from tests.sim.hits import Outcome

FEW = 40
TURNS = 10_000


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What happened in the calls of all seeds."""
    return run_at_once(0, CALLS, guards=True)


def test_the_rules_of_a_turn_hold_in_a_few_random_calls() -> None:
    few = run_calls(range(FEW))
    assert (few.calls, few.broken) == (FEW, [])


@pytest.mark.long
def test_the_rules_of_a_turn_hold_in_every_random_call(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(outcome.lines()) + "\n")
    assert (outcome.calls, outcome.broken) == (CALLS, [])


@pytest.mark.long
def test_there_are_ten_thousand_turns(outcome: Outcome) -> None:
    assert outcome.turns >= TURNS


@pytest.mark.long
def test_every_guard_fault_moment_and_end_is_hit_a_hundred_times(outcome: Outcome) -> None:
    assert outcome.below(LEAST) == []


@pytest.mark.long
@pytest.mark.parametrize(("what", "least"), [("words", 0.7), ("key", 0.9)])
def test_a_reason_for_which_it_is_not_in_the_history_is_the_exception(outcome: Outcome, what: str, least: float) -> None:
    fates = {name: count for name, count in outcome.counts.items() if name.startswith(f"{what} ")}
    assert fates[f"{what} in the history"] >= least * sum(fates.values())


@pytest.mark.long
def test_more_than_half_of_the_words_have_no_reason_for_which_they_might_be_missing(outcome: Outcome) -> None:
    said = sum(count for name, count in outcome.counts.items() if name.startswith("words "))
    assert outcome.counts["word insisted on"] >= 0.5 * said


@pytest.mark.long
def test_the_history_of_a_cut_sentence_is_at_most_100_ms_off_in_19_of_20(outcome: Outcome) -> None:
    errors = sorted(outcome.history_errors_ms)
    assert (len(errors) > 20, errors[len(errors) * 95 // 100] <= 100) == (True, True)
