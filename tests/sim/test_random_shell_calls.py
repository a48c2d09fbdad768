"""Random calls through the shell, the workers and the bus in memory: the rules hold there too, whatever Redis, workers and line do.

A broken rule names its seed; ``python -m tests.sim FIRST LAST --shell`` runs more of them.
"""

import sys

import pytest

from tests.sim.shell import simulate
from tests.sim.shell_calls import FAULTS, ShellOutcome, run_at_once, run_calls
from tests.virtual_clock import run

FEW = 6
CALLS = 1000
LEAST = 100
MUST_BE_THERE = 0.5
"""Of all words: those that neither trouble with their own piece nor another stream nor the end of the call may have lost."""
ASKED = 0.9
"""Of committed turns; the others ended before, or Redis or workers were in trouble."""


@pytest.fixture(scope="module")
def calls() -> ShellOutcome:
    """The calls of all seeds: each was judged, its record and the tasks that it left included."""
    return run_at_once(0, CALLS)


def test_the_rules_of_a_turn_hold_in_a_few_calls() -> None:
    few = run_calls(range(FEW))
    assert (few.outcome.broken, few.outcome.calls, few.silent) == ([], FEW, [])


@pytest.mark.long
def test_the_rules_of_a_turn_hold_in_every_call(calls: ShellOutcome, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(calls.outcome.lines()) + "\n")
    assert (calls.outcome.broken, calls.outcome.calls, calls.silent) == ([], CALLS, [])


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_happens_often(calls: ShellOutcome, fault: str) -> None:
    assert calls.outcome.counts[fault] >= LEAST


@pytest.mark.long
@pytest.mark.parametrize("happened", ["look_up in a draft", "book done", "book unknown", "book failed", "book running"])
def test_tools_were_used_in_every_way(calls: ShellOutcome, happened: str) -> None:
    assert calls.outcome.counts[f"tool {happened}"] > 0


@pytest.mark.long
def test_half_of_all_words_must_be_there_whatever_happens(calls: ShellOutcome) -> None:
    counts = calls.outcome.counts
    words = sum(count for name, count in counts.items() if name.startswith("words "))
    assert counts["word insisted on"] >= MUST_BE_THERE * words


@pytest.mark.long
def test_models_are_asked_about_nearly_every_committed_turn(calls: ShellOutcome) -> None:
    counts = calls.outcome.counts
    unasked = sum(count for name, count in counts.items() if name.startswith("model not asked"))
    assert counts["model asked what was committed"] >= ASKED * (unasked + counts["model asked what was committed"])


def test_the_same_seed_is_the_same_call() -> None:
    assert run(simulate(3)) == run(simulate(3))
