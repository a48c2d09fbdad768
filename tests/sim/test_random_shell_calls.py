"""Random calls through the shell, the workers and the bus in memory: the rules hold there too, and nothing is left behind."""

import sys
from collections import Counter

import pytest

from tests.sim.shell import ShellCall, simulate
from tests.virtual_clock import run

CALLS = 30


@pytest.fixture(scope="module")
def calls() -> list[ShellCall]:
    """The calls of all seeds; a broken rule names its seed."""
    return [run(simulate(seed)) for seed in range(CALLS)]


def test_the_rules_of_a_turn_hold_in_every_call(calls: list[ShellCall], capsys: pytest.CaptureFixture[str]) -> None:
    counts = sum((call.counts for call in calls), Counter[str]())
    with capsys.disabled():
        lines = [f"{len(calls)} calls, {sum(call.seconds for call in calls) / 3600:.2f} hours on the line, shell and workers included"]
        sys.stdout.write("\n" + "\n".join(lines + [f"{count:8d}  {name}" for name, count in sorted(counts.items())]) + "\n")
    assert len(calls) == CALLS


@pytest.mark.parametrize(
    "happened",
    ["tool look_up in a draft", "tool book done", "tool book unknown", "tool book failed", "tool book running", "llm worker died"],
)
def test_tools_were_used_in_every_way(calls: list[ShellCall], happened: str) -> None:
    assert sum(call.counts[happened] for call in calls) > 0


def test_no_task_outlives_its_call(calls: list[ShellCall]) -> None:
    assert [call.tasks_left for call in calls] == [0] * CALLS


def test_sound_goes_both_ways(calls: list[ShellCall]) -> None:
    assert all(call.rx > 0 and call.tx > 0 for call in calls)


def test_the_bus_has_the_history_of_the_turns_that_write_one(calls: list[ShellCall]) -> None:
    assert [call.history for call in calls] == [tuple(closed.caller for closed in call.closed.values() if closed.caller) for call in calls]


def test_the_same_seed_is_the_same_call() -> None:
    assert run(simulate(3)) == run(simulate(3))
