"""What a run of mutants tells and complains about."""

import pytest

from tests.guards import Guard
from tests.mutants_report import Fate, Mutant, Result, complaints, report


def result(fate: Fate, kind: str = "condition") -> Result:
    """A guard of R1 that was made always true, or a step of it that was left out."""
    guard = Guard("turn.x:f: a", "gateway.turn.x", "f", 1, "step" if kind == "step" else "condition", ("R1",), (False, True))
    return Result(Mutant(guard, "gone" if kind == "step" else "True"), fate, "", 0.0)


@pytest.mark.parametrize(("kind", "name"), [("condition", "turn.x:f: a -> True"), ("step", "turn.x:f: a -> gone")])
def test_a_survivor_is_told(kind: str, name: str) -> None:
    assert complaints([result(Fate.UNIT), result(Fate.SURVIVED, kind)]) == [f"survived: {name}"]


def test_what_unit_tests_or_random_calls_kill_is_no_survivor() -> None:
    assert complaints([result(Fate.UNIT), result(Fate.CALLS)]) == []


def test_the_report_counts_guards_by_rule_and_steps_by_module() -> None:
    lines = report([result(Fate.UNIT), result(Fate.CALLS), result(Fate.UNIT, "step")], 1.0, 20, [])
    assert {"| R1 | 2 | 1 | 1 | 0 |", "| gateway.turn.x | 1 | 1 | 0 | 0 |"} <= set(lines)


def test_the_report_says_what_was_typed() -> None:
    assert any('`make mutants ARGS="--calls 20"`' in line for line in report([result(Fate.UNIT)], 1.0, 20, ["--calls", "20"]))
