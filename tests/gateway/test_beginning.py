"""How a call begins: greeted, taken over with what is known of it, or with a question."""

import pytest

from common.bus import Taken
from common.messages import Collect
from gateway.beginning import beginning, lowest_turn, reconnects
from gateway.turn.events import CallAnswered, CallTaken, LanguageChanged
from gateway.turn.words import Lexicon
from tests.sim.sound import phrase_book


def test_a_new_call_is_answered() -> None:
    assert beginning(Taken(fence=1), 0) == CallAnswered(0)


def test_a_new_call_is_answered_though_redis_is_away() -> None:
    assert beginning(None, 0) == CallAnswered(0)


def test_a_call_that_was_over_and_is_back_is_answered_in_a_turn_of_its_own() -> None:
    assert beginning(Taken(fence=2, turn=5), 0) == CallAnswered(5)


@pytest.mark.parametrize("again", [0, 1])
def test_a_call_that_goes_on_is_taken_over_with_what_is_known(again: int) -> None:
    taken = Taken(fence=2, turn=5, left=4, open=True, text="when", heard="Hello.", heard_before="Hi.")
    assert beginning(taken, again) == CallTaken(5, 4, True, "when", "Hello.", "Hi.")


def test_it_goes_on_with_the_keys_that_were_asked_for_and_in_the_language_that_was_spoken_last() -> None:
    keys, spoken = Collect(digits=9), LanguageChanged(phrase_book(), Lexicon())
    begins = beginning(Taken(fence=2, turn=5, left=4, collect=keys), 0, spoken=spoken)
    assert begins == CallTaken(5, 4, collect=keys, spoken=spoken)


def test_a_reconnect_while_redis_is_away_asks_to_repeat_in_a_turn_above_all_others() -> None:
    assert beginning(None, 2) == CallTaken(lowest_turn(2), ended=None, open=True)


def test_a_reconnect_that_redis_forgot_asks_to_repeat() -> None:
    assert beginning(Taken(fence=1, turn=lowest_turn(1)), 1) == CallTaken(lowest_turn(1), ended=None, open=True)


@pytest.mark.parametrize(("given", "count"), [("2", 2), ("", 0), ("-1", 0), ("x", 0), ("999", 90), ("9" * 99, 0), ("²", 0)])
def test_how_often_a_call_was_connected_again_is_a_small_number(given: str, count: int) -> None:
    assert reconnects({"again": given}) == count
