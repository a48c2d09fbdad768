"""The third part: who is in it, and how its table tells few events."""

import json

from tests.bench.turns.material.speakers import SPEAKERS
from tests.bench.turns.scene import Kind
from tests.bench.turns.scored import LEAST_EVENTS, Scored
from tests.bench.turns.third.__main__ import table
from tests.bench.turns.third.voices import CALLERS, TABLE


def nods(count: int) -> list[Scored]:
    """So many nods that were talked through."""
    return [Scored("S_BC", str(number), Kind.BACKCHANNEL, "es", "third", good=True) for number in range(count)]


def test_nobody_of_the_halves_calls() -> None:
    assert {caller.who for caller in CALLERS}.isdisjoint(speaker.who for speaker in SPEAKERS)


def test_each_caller_has_somebody_else_of_the_same_language() -> None:
    assert {caller.language for caller in CALLERS} <= {speaker.language for speaker in SPEAKERS}


def test_words_are_known_of_each_caller() -> None:
    assert list(json.loads(TABLE.read_text(encoding="utf-8"))) == [caller.key for caller in CALLERS]


def test_few_events_have_no_share() -> None:
    assert f"| talks through nods | {LEAST_EVENTS - 1} / {LEAST_EVENTS - 1} |" in list(table({"hold": nods(LEAST_EVENTS - 1)}))


def test_enough_events_have_a_share_and_its_interval() -> None:
    assert "| talks through nods | **1.000** (30 / 30; 0.89-1.00) |" in list(table({"hold": nods(LEAST_EVENTS)}))
