"""What is told of a call that a bug ended."""

from gateway.boundary import last_words
from gateway.turn.events import CloseTurn
from tests.sim.desk import Desk, speaking_desk


def closed(desk: Desk) -> list[tuple[int, str, str, str]]:
    """Turns, and how they ended, with the caller's words and what was heard."""
    told = last_words(desk.machine.call, desk.now)
    return [(command.turn, command.how, command.caller, command.heard) for command in told if isinstance(command, CloseTurn)]


def test_the_turn_ends_with_what_is_known_of_it() -> None:
    assert closed(speaking_desk(None, "one two three four", seconds=1.6)) == [(1, "hung_up", "שלום", "one")]


def test_what_was_decided_before_the_bug_is_told() -> None:
    desk = speaking_desk(None, "one two three four", seconds=1.6)
    desk.machine.call.end_turn("interrupted", desk.now)
    assert [(turn, how) for turn, how, _, _ in closed(desk)] == [(1, "interrupted"), (2, "hung_up")]


def test_a_turn_that_was_the_last_ends_once() -> None:
    desk = speaking_desk()
    desk.machine.call.hang_up(desk.now)
    assert [(turn, how) for turn, how, _, _ in closed(desk)] == [(1, "hung_up")]


def test_a_turn_of_which_nothing_can_be_known_any_more_ends_all_the_same() -> None:
    desk = speaking_desk()
    desk.machine.call.playout.clips.append(None)  # type: ignore[arg-type]  # a bug's work
    assert closed(desk) == [(1, "hung_up", "", "")]
