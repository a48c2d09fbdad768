"""The guards of a piece of source, and what counting and removing them does to the core."""

from collections.abc import Iterator

import pytest

from gateway.turn import barge_in
from gateway.turn.barge_in import is_callers_own
from gateway.turn.utterance import Utterance
from gateway.turn.words import Lexicon
from tests.guards import Guard, all_guards, guards_of
from tests.guards_in_place import Hits, restore, without


def named(name: str) -> Guard:
    """The guard of the core with this name."""
    return next(guard for guard in all_guards() if guard.name == name)


def names(source: str) -> list[str]:
    """What the guards of ``source``'s function ``f`` are called."""
    return [guard.name.removeprefix("m:f: ") for guard in guards_of("gateway.m", source)]


@pytest.fixture(autouse=True)
def core_as_it_was() -> Iterator[None]:
    """Whatever a test does to the core is undone."""
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
        ("assert a and b", []),
    ],
)
def test_what_decides_is_a_guard(body: str, guards: list[str]) -> None:
    assert names(f"def f(a, b, c):\n {body}") == guards


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


def test_a_condition_is_removed_by_being_always_true_or_false() -> None:
    guard = named("turn.barge_in:is_callers_own: own_frames < OWN_LEVEL_FRAMES")
    without(guard, "True")
    known = barge_in.OWN_LEVEL_FRAMES
    always = is_callers_own(1, known * 1000, known)
    without(guard, "False")
    assert (always, is_callers_own(1, 1000, 1)) == (True, False)


def test_a_bound_is_removed_by_being_left_out() -> None:
    without(named("turn.utterance:Utterance.carry: other.began_at in min(self.began_at, other.began_at)"), "gone")
    utterance = Utterance(2, began_at=5.0, onset_at=5.0)
    utterance.carry(Utterance(1, began_at=1.0, onset_at=1.0))
    assert utterance.began_at == 5.0


def test_what_was_removed_comes_back() -> None:
    without(named("turn.words:Lexicon.asks_to_repeat: normalise(text) in self.repeat_requests"), "True")
    restore()
    assert not Lexicon().asks_to_repeat("what")


def test_hits_are_counted_by_side() -> None:
    hits = Hits()
    hits.start()
    Lexicon(repeat_requests=frozenset({"what"})).asks_to_repeat("what")
    name = "turn.words:Lexicon.asks_to_repeat: normalise(text) in self.repeat_requests"
    assert (hits.counts()[name, True], hits.counts()[name, False]) == (1, 0)


def test_a_bound_is_hit_where_it_binds() -> None:
    hits = Hits()
    hits.start()
    Utterance(2, began_at=5.0, onset_at=5.0).carry(Utterance(1, began_at=1.0, onset_at=1.0))
    bound = "turn.utterance:Utterance.carry: {} in min(self.began_at, other.began_at)"
    assert [hits.counts()[bound.format(which), True] for which in ("self.began_at", "other.began_at")] == [0, 1]
