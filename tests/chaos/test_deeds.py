"""The judge sees what tools and actions did, once, not at all or twice, and nothing else."""

import dataclasses
from collections.abc import Sequence

import pytest

from tests.chaos.callers import Heard
from tests.chaos.costs import Strike, unexcused
from tests.chaos.deeds import Deed, deeds_of, was_dropped
from tests.chaos.desk import Errand
from tests.chaos.judge import Verdict

HEARD = Heard("CA1", 0.0, (), b"", hung_up=True, why="line   over: the caller hung up", begins_ms=(0,), violations=(), slowest_tick_ms=0)
BY_BOT = dataclasses.replace(HEARD, hung_up=False, why="line   over: Hangup")
BOOK, ASKS, PRESSED, NOTE, TRANSFER, BYE = 4, 5, 6, 7, 8, 10
"""The turns of a call (talk.py)."""


def verdict(code: int | None, *complaints: str, keys: str = "", unsure: bool = False, cut_in_on: bool = False) -> Verdict:
    """A turn in which the reply of the bot's turn ``code`` was heard."""
    found = (*complaints, *["unsure"] * unsure)
    return Verdict(0, 500, 5000, code, 1000, 3000, 1000, (), found, cut_in_on=cut_in_on, unsure=unsure, keys=keys)


def errand(turn: int, tool: str = "book", said: str = "") -> Errand:
    return Errand(tool, "CA1", turn, f"CA1-{tool}-{turn}", said)


def deeds(verdicts: Sequence[Verdict], errands: Sequence[Errand] = (), heard: Heard = HEARD) -> list[Deed]:
    return [deed for of_turn in deeds_of(heard, verdicts, errands) for deed in of_turn]


# --- What tools did


@pytest.mark.parametrize(("turn", "tool"), [(BOOK, "book"), (NOTE, "note")])
def test_what_was_told_and_done_is_done_once(turn: int, tool: str) -> None:
    assert deeds([verdict(turn)], [errand(turn, tool)]) == [Deed(tool, "once")]


def test_what_was_told_and_not_done_is_found() -> None:
    (deed,) = deeds([verdict(BOOK)])
    assert (deed, deed.complaint) == (Deed("book", "undone"), "undone book")


def test_what_was_done_in_another_turn_is_not_what_was_told() -> None:
    assert Deed("note", "undone") in deeds([verdict(NOTE)], [errand(PRESSED)])


def test_what_was_done_twice_is_found() -> None:
    (deed,) = deeds([verdict(BOOK)], [errand(BOOK), errand(BOOK)])
    assert (deed, deed.complaint) == (Deed("book", "twice"), "twice book")


def test_what_was_done_twice_is_found_though_its_reply_was_never_heard() -> None:
    assert deeds_of(HEARD, [verdict(3), verdict(PRESSED)], [errand(BOOK)] * 2)[0] == (Deed("book", "twice"),)


def test_two_things_that_were_done_are_not_one_twice() -> None:
    assert deeds([verdict(BOOK)], [errand(BOOK), errand(BOOK, "note")]) == [Deed("book", "once"), Deed("note", "once")]


def test_who_was_told_that_nobody_knows_may_have_nothing_done() -> None:
    assert deeds([verdict(BOOK, unsure=True)]) == [Deed("book", "unknown")]


def test_what_is_looked_up_may_be_looked_up_again() -> None:
    assert deeds([verdict(2)], [errand(2, "look_up")] * 2) == []


@pytest.mark.parametrize(("kind", "left"), [("kill", ["twice book"]), ("restart", ["twice book"]), ("tail", []), ("empty", [])])
def test_only_a_redis_that_forgets_may_have_a_thing_done_twice(kind: str, left: list[str]) -> None:
    assert unexcused(verdict(BOOK), [strike(kind)], ["twice book"]) == left


@pytest.mark.parametrize("kind", ["kill", "empty", "gateway"])
def test_no_fault_may_have_a_caller_told_what_was_not_done(kind: str) -> None:
    assert unexcused(verdict(BOOK), [strike(kind, "tool")], ["undone book"]) == ["undone book"]


@pytest.mark.parametrize(("what", "moment", "left"), [("tool", "", []), ("commit", "llm after", []), ("synthesis", "", ["unsure"])])
def test_only_who_used_the_tool_may_die_and_leave_it_unknown(what: str, moment: str, left: list[str]) -> None:
    assert unexcused(verdict(BOOK, unsure=True), [strike("kill", what, moment)]) == left


def test_nobody_may_be_told_that_nobody_knows_for_nothing() -> None:
    assert unexcused(verdict(BOOK, unsure=True), []) == ["unsure"]


def strike(kind: str, what: str = "", moment: str = "") -> Strike:
    return Strike(kind, what, 0, 0, frozenset(), moment)  # type: ignore[arg-type]


def test_what_was_done_before_and_after_turns_were_counted_anew_are_two_things() -> None:
    again = [verdict(BOOK), verdict(TRANSFER), verdict(3), verdict(BOOK)]
    assert [deed.outcome for deed in deeds(again, [errand(BOOK), errand(10_000 + BOOK)]) if deed.what == "book"] == ["once", "once"]


def test_what_is_missing_is_found_though_turns_were_counted_anew() -> None:
    again = [verdict(BOOK), verdict(TRANSFER), verdict(3), verdict(BOOK)]
    assert Deed("book", "undone") in deeds(again, [errand(10_000 + BOOK)])


# --- Actions


def pressed(came: str) -> list[Deed]:
    """Of a caller who was asked for keys and pressed 4711*; that much came of them."""
    return deeds([verdict(ASKS), verdict(PRESSED, keys="4711*")], [errand(PRESSED, said=came)])


def test_keys_that_were_asked_for_come_in_full() -> None:
    assert pressed("4711") == [Deed("collect", "done"), Deed("book", "once")]


@pytest.mark.parametrize("came", ["4711*", "47", ""])
def test_keys_that_come_otherwise_show_that_nobody_asked_for_them(came: str) -> None:
    assert pressed(came)[0].complaint == "left collect"


def test_keys_of_which_nothing_came_tell_nothing() -> None:
    assert deeds([verdict(ASKS), verdict(None, "no reply", keys="4711*")]) == [Deed("collect", "unknown")]


@pytest.mark.parametrize(("dials", "outcome"), [(1, "done"), (0, "left"), (2, "redone")])
def test_a_call_is_put_through_once(dials: int, outcome: str) -> None:
    (deed,) = deeds([verdict(TRANSFER)], heard=dataclasses.replace(BY_BOT, dials=dials))
    assert deed.outcome == outcome


@pytest.mark.parametrize(("dials", "outcome"), [(1, "unasked"), (0, "unknown")])
def test_who_cuts_in_before_it_is_put_through_stays(dials: int, outcome: str) -> None:
    (deed,) = deeds([verdict(TRANSFER, cut_in_on=True)], heard=dataclasses.replace(HEARD, dials=dials))
    assert deed.outcome == outcome


@pytest.mark.parametrize(("dials", "outcomes"), [(2, ["done", "done"]), (1, ["done", "left"]), (3, ["done", "redone"])])
def test_a_call_whose_turns_are_counted_anew_is_put_through_once_more(dials: int, outcomes: list[str]) -> None:
    found = deeds([verdict(TRANSFER), verdict(TRANSFER)], heard=dataclasses.replace(BY_BOT, dials=dials))
    assert [deed.outcome for deed in found] == outcomes


def test_the_bot_hangs_up_once_it_said_goodbye() -> None:
    assert deeds([verdict(BYE)], heard=BY_BOT) == [Deed("hang_up", "done")]


def test_a_caller_who_waits_for_it_in_vain_is_found() -> None:
    assert [deed.complaint for deed in deeds([verdict(BYE)])] == ["left hang_up"]


def test_a_goodbye_after_which_the_call_goes_on_is_found() -> None:
    assert [deed.complaint for deed in deeds([verdict(BYE), verdict(BYE + 1)], heard=BY_BOT)] == ["left hang_up", ""]


def test_a_goodbye_that_was_not_heard_to_its_end_need_not_end_the_call() -> None:
    assert deeds([verdict(BYE, cut_in_on=True), verdict(BYE + 1, "missing 2")]) == [Deed("hang_up", "unknown")] * 2


def test_a_gateway_that_dies_may_take_an_action_with_it_and_a_worker_may_not() -> None:
    left = [unexcused(verdict(BYE), [strike(kind)], ["left hang_up"]) for kind in ("gateway", "kill", "pause")]
    assert left == [[], ["left hang_up"], ["left hang_up"]]


def test_a_call_that_the_bot_ends_unasked_was_dropped() -> None:
    assert [was_dropped(BY_BOT, [verdict(code)]) for code in (3, BYE, TRANSFER)] == [True, False, False]


def test_a_call_that_broke_off_was_dropped_whatever_was_said() -> None:
    assert was_dropped(dataclasses.replace(BY_BOT, why="bot    closed the stream (1006)"), [verdict(BYE)])
