"""The guards of a piece of source, and what counting and removing them does."""

from collections.abc import Iterator

import pytest

from tests import guarded_sample
from tests.guards import Guard, Removal, all_guards, guards_of, source_of
from tests.guards_in_place import Hits, restore, without

SAMPLE = "tests.guarded_sample"


def named(name: str) -> Guard:
    """The guard of the sample with this name."""
    return next(guard for guard in guards_of(SAMPLE, source_of(SAMPLE)) if guard.name == f"{SAMPLE}:{name}")


def hits(name: str, side: bool = True) -> int:
    """How often a guard of the sample was hit by some calls."""
    counting = Hits((SAMPLE,))
    counting.start()
    guarded_sample.small(5), guarded_sample.small(6), guarded_sample.small(50)
    guarded_sample.first(1, 2), guarded_sample.first(2, 2)
    guarded_sample.chosen(0, 3), guarded_sample.Sample(1).name, guarded_sample.Sample(2).name
    return counting.counts()[f"{SAMPLE}:{name}", side]


def names(source: str) -> list[str]:
    """What the guards of ``source``'s function ``f`` are called."""
    return [guard.name.removeprefix("m:f: ") for guard in guards_of("gateway.m", source)]


@pytest.fixture(autouse=True)
def all_as_it_was() -> Iterator[None]:
    """Whatever a test does is undone."""
    yield
    restore()


@pytest.mark.parametrize(
    ("body", "guards"),
    [
        ("if a: pass", ["a"]),
        ("if a and not (b or c.d()): pass", ["a", "b", "c.d()"]),
        ("while a: pass", ["a"]),
        ("return 1 if a else 2", ["a"]),
        ("return [x for x in y if x.z]", ["x.z"]),
        ("return all(x.z for x in y)", ["x.z"]),
        ("return a < b", ["a < b"]),
        ("b = not a", ["not a"]),
        ("b = a and c > 2", ["a", "c > 2"]),
        ("b = a or c", ["a in a or c", "c in a or c"]),
        ("return max(0, a)", ["0 in max(0, a)", "a in max(0, a)"]),
        ("return max(a, key=b)", []),
        ("match a:\n  case 1 if b: pass\n  case _: pass", ["b", "case 1"]),
        ("match a:\n  case 1 | 2: pass", ["case 1 | 2", "1 in 1 | 2", "2 in 1 | 2"]),
        ("match a:\n  case B(c=1, d=d): pass", ["case B(c=1, d=d)", "c in B(c=1, d=d)"]),
        ("assert a and b", []),
    ],
)
def test_what_decides_is_a_guard(body: str, guards: list[str]) -> None:
    assert names(f"def f(a, b, c):\n {body}") == guards


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("a.b(c)", ["a.b(c)"]),
        ("a.b = c", ["a.b = c"]),
        ("a.b, a[c] = c, b", ["a.b, a[c] = (c, b)"]),
        ("a += 1", ["a += 1"]),
        ("del a[b]", ["del a[b]"]),
        ("while True: break", ["break"]),
        ("return", ["return"]),
        ("yield a", ["yield a"]),
        ("b = c\n return b", []),
        ("'Text.'", []),
    ],
)
def test_what_is_there_for_its_effect_alone_is_a_step(body: str, steps: list[str]) -> None:
    found = [guard for guard in guards_of("gateway.m", f"def f(a, b, c):\n {body}") if guard.kind == "step"]
    assert [guard.name for guard in found] == [f"m:f: do {step}" for step in steps]


def test_what_makes_an_object_is_no_step() -> None:
    assert guards_of("gateway.m", "class A:\n def __init__(self):\n  self.b = 1") == []


def test_operands_that_a_function_returns_as_bool_are_conditions() -> None:
    guards = guards_of("gateway.m", "def f(a, b) -> bool:\n return a or b")
    assert {guard.kind for guard in guards} == {"condition"}


def test_the_second_of_the_same_text_has_a_number() -> None:
    assert names("def f(a):\n if a: pass\n if a: pass") == ["a", "a #2"]


def test_a_guard_is_of_the_rule_that_the_nearest_docstring_cites() -> None:
    guards = guards_of("gateway.m", '"""R1."""\ndef f(a):\n """As in R2 and R9."""\n if a: pass\ndef g(a):\n if a: pass')
    assert [guard.rules for guard in guards] == [("R2", "R9"), ("R1",)]


def test_guards_have_names_of_their_own() -> None:
    guards = all_guards()
    assert len({guard.name for guard in guards}) == len(guards)


@pytest.mark.parametrize(("removal", "small"), [("True", True), ("False", False)])
def test_a_condition_is_removed_by_being_always_true_or_false(removal: Removal, small: bool) -> None:
    without(named("small: number < 10"), removal)
    assert [guarded_sample.small(1), guarded_sample.small(100)] == [small, small]


def test_a_bound_is_removed_by_being_left_out() -> None:
    without(named("first: other in min(number, other)"), "gone")
    assert guarded_sample.first(2, 1) == 2


def test_an_operand_is_removed_by_being_left_out() -> None:
    without(named("chosen: number in number or other"), "gone")
    assert guarded_sample.chosen(2, 1) == 1


def test_an_arm_that_is_removed_never_matches_even_for_who_is_there_already() -> None:
    sample = guarded_sample.Sample(1)
    without(named("Sample.name: case 1"), "gone")
    assert sample.name == "many"


def test_a_part_of_a_pattern_is_removed_by_not_being_asked_for() -> None:
    sample = guarded_sample.Sample(5)
    before = sample.parity
    without(named("Sample.parity: number in Sample(number=5)"), "gone")
    assert (before, sample.parity, guarded_sample.Sample(4).parity) == ("five", "five", "five")


def test_one_of_two_patterns_is_removed_by_being_left_out() -> None:
    without(named("Sample.parity: 2 in 2 | 4"), "gone")
    assert [guarded_sample.Sample(number).parity for number in (2, 4)] == ["odd", "even"]


def test_a_step_is_removed_by_not_being_done() -> None:
    sample = guarded_sample.Sample(1)
    without(named("Sample.add: do self.number += other"), "gone")
    sample.add(2)
    assert sample.number == 1


def test_what_was_removed_comes_back() -> None:
    without(named("small: number < 10"), "True")
    restore()
    assert not guarded_sample.small(100)


@pytest.mark.parametrize(
    ("name", "side", "count"),
    [
        ("small: number < 10", True, 2),
        ("small: number < 10", False, 1),
        ("chosen: number in number or other", False, 1),
        ("Sample.name: case 1", True, 1),
        ("first: number in min(number, other)", True, 1),
        ("first: other in min(number, other)", True, 0),
    ],
)
def test_a_guard_is_hit_where_it_decides(name: str, side: bool, count: int) -> None:
    assert hits(name, side) == count
