"""What a run of mutants complains about."""

import pytest

from tests.guards import Guard
from tests.mutants_report import Fate, Mutant, Reason, Result, complaints

NAME = "turn.x:f: a -> True"
EQUIVALENT = Reason("equivalent", "it is")
DEFENCE = Reason("defence", "behind another")


def result(fate: Fate, *rules: str, name: str = "a") -> Result:
    """A guard of ``rules`` that was made always true."""
    guard = Guard(f"turn.x:f: {name}", "gateway.turn.x", "f", 1, "condition", rules, (False, True))
    return Result(Mutant(guard, "True"), fate, "", 0.0)


def test_a_survivor_without_a_reason_is_told() -> None:
    assert complaints([result(Fate.SURVIVED)], {}, whole=False) == [f"survived, and no reason is listed: {NAME}"]


def test_a_reason_for_what_was_killed_is_told() -> None:
    assert complaints([result(Fate.UNIT)], {NAME: EQUIVALENT}, whole=False) == [f"listed as a survivor, but killed: {NAME}"]


def test_a_reason_without_a_guard_is_told_after_a_whole_run() -> None:
    assert complaints([], {NAME: EQUIVALENT}, whole=True) == [f"listed as a survivor, but there is no such guard: {NAME}"]


@pytest.mark.parametrize("rules", [("R4",), ("R6", "R9"), ()])
def test_an_equivalent_may_survive_anywhere(rules: tuple[str, ...]) -> None:
    assert complaints([result(Fate.SURVIVED, *rules)], {NAME: EQUIVALENT}, whole=True) == []


@pytest.mark.parametrize("rule", ["R1", "R2", "R3", "R4", "R5", "R8", "R9"])
def test_the_strict_rules_allow_no_other_survivor(rule: str) -> None:
    assert complaints([result(Fate.SURVIVED, rule)], {NAME: DEFENCE}, whole=False) == [f"no survivor is allowed in {rule}: {NAME}"]


@pytest.mark.parametrize(("others", "wrong"), [(19, []), (18, ["1 of 19 survived elsewhere: more than 5%"])])
def test_elsewhere_a_twentieth_may_survive(others: int, wrong: list[str]) -> None:
    killed = [result(Fate.UNIT, "R10", name=f"b{number}") for number in range(others)]
    assert complaints([result(Fate.SURVIVED, "R10"), *killed], {NAME: DEFENCE}, whole=True) == wrong


def test_a_step_may_survive() -> None:
    step = Guard("turn.x:f: do a()", "gateway.turn.x", "f", 1, "step", ("R1",), ())
    assert complaints([Result(Mutant(step, "gone"), Fate.SURVIVED, "", 0.0)], {}, whole=False) == []
