"""Turns of two runs side by side: which commands make which turn."""

import dataclasses

import pytest

from gateway.records.format import Handled, decode
from gateway.turn.events import CallTaken, CloseTurn, Command, CommitTurn, Event, SendClear, TimePassed
from tests.sim.desk import Desk
from tests.tools.recorded.calls import ask_and_hear, desk_record, record_of
from tools.recorded.rerun import Step
from tools.recorded.what_if import side_by_side, turns_of


def step(at: float, *commands: Command, event: Event | None = None) -> Step:
    """What a core did at a time."""
    return Step(Handled(at, event or TimePassed(), commands=None), commands)


@pytest.mark.parametrize("first", [0, 7])
def test_turns_go_by_their_own_numbers(first: int) -> None:
    begun = step(1.0, event=CallTaken(first))
    seen = turns_of([begun, step(2.0, CommitTurn(first, "")), step(3.0, CloseTurn(first, "replied", "", ""))], 1.0)
    assert {number: turn.line() for number, turn in seen.items()} == {first: "replied 2.00, committed 1.00"}


def test_a_clear_belongs_to_the_turn_that_it_ends() -> None:
    seen = turns_of([step(1.0, CloseTurn(0, "interrupted", "", ""), SendClear()), step(2.0, CommitTurn(1, ""))], 0.0)
    assert (seen[0].clears_s, seen[1].clears_s) == ([1.0], [])


def test_a_turn_that_is_committed_as_another_ends_is_committed_itself() -> None:
    seen = turns_of([step(1.0, CloseTurn(0, "superseded", "", ""), CommitTurn(1, ""))], 0.0)
    assert (seen[0].committed_s, seen[1].committed_s) == (None, 1.0)


def test_what_differs_late_in_a_long_line_is_shown() -> None:
    def ask_at_length(desk: Desk) -> None:
        desk.say("long " * 20, 2.0)
        desk.reply("one two")
        desk.wait(3.0)

    record = decode(desk_record(ask_at_length))
    lines, _ = side_by_side(record, dataclasses.replace(record.header.rules, min_utt_s=0.6), None, "0.6")
    turns = "\n".join(line for line in lines[1:])
    assert (turns.count("long"), max(len(line) for line in lines) < 130) == (40, True)


def test_a_call_that_was_taken_over_is_shown_from_the_turn_that_it_began_with() -> None:
    record = decode(record_of(lambda new: Desk(begins=CallTaken(7, ended=6), new_recorder=new), ask_and_hear))
    lines, differing = side_by_side(record, record.header.rules, None, "the same")
    assert ([line.split()[0] for line in lines[1:]], differing) == (["7"], 0)
