"""When a vendor is asked again."""

import pytest

from common.circuit import Asked, Circuit


def resting(rests: int = 1) -> tuple[Circuit, float]:
    """A circuit that rests for the so-many-th time, and the moment at which that began."""
    circuit, now_s = Circuit(), 2.0
    for at_s in (0.0, 1.0, 2.0):
        circuit.failed(circuit.asked(), at_s)
    for _ in range(rests - 1):
        now_s += circuit.rest_left_s(now_s)
        circuit.failed(circuit.asked(), now_s)
    return circuit, now_s


def resting_with_one_asked_before() -> tuple[Circuit, float, Asked]:
    """A circuit that rests, since when, and a request that was on its way then."""
    circuit = Circuit()
    before = circuit.asked()
    for at_s in (0.0, 1.0, 2.0):
        circuit.failed(circuit.asked(), at_s)
    return circuit, 2.0, before


def test_a_vendor_is_well_at_first() -> None:
    assert Circuit().standing(0.0) == "well"


def test_one_failure_shuns_for_three_seconds() -> None:
    circuit = Circuit()
    circuit.failed(circuit.asked(), 10.0)
    assert (circuit.standing(12.9), circuit.standing(13.0)) == ("shunned", "well")


def test_an_answer_makes_well() -> None:
    circuit = Circuit()
    circuit.failed(circuit.asked(), 10.0)
    circuit.answered(circuit.asked())
    assert circuit.standing(10.0) == "well"


def test_three_failures_at_once_are_one_request_that_it_cannot_answer() -> None:
    circuit = Circuit()
    for at_s in (0.0, 0.5, 1.9):
        circuit.failed(circuit.asked(), at_s)
    assert circuit.standing(1.9) == "shunned"


def test_three_failures_in_a_row_rest_for_five_seconds() -> None:
    circuit, since_s = resting()
    assert (circuit.standing(since_s + 4.9), circuit.standing(since_s + 5.0)) == ("resting", "well")


def test_an_answer_between_them_begins_the_row_anew() -> None:
    circuit = Circuit()
    circuit.failed(circuit.asked(), 0.0)
    circuit.failed(circuit.asked(), 1.0)
    circuit.answered(circuit.asked())
    circuit.failed(circuit.asked(), 2.0)
    assert circuit.standing(2.0) == "shunned"


def test_an_answer_to_what_was_asked_before_them_ends_the_row_but_no_shun() -> None:
    circuit = Circuit()
    asked = circuit.asked()
    for at_s in (0.0, 1.0):
        circuit.failed(circuit.asked(), at_s)
    circuit.answered(asked)
    circuit.failed(circuit.asked(), 2.5)
    assert (circuit.standing(5.4), circuit.standing(5.5)) == ("shunned", "well")


def test_an_answer_to_what_was_asked_before_takes_no_time_that_was_asked_for() -> None:
    circuit = Circuit()
    asked = circuit.asked()
    circuit.failed(circuit.asked(), 0.5, wait_s=30.0)
    circuit.answered(asked)
    assert circuit.standing(30.4) == "resting"


def test_an_answer_to_what_was_asked_before_leaves_aside_what_was_set_aside() -> None:
    circuit = Circuit()
    asked = circuit.asked()
    circuit.set_aside(circuit.asked(), 0.5)
    circuit.answered(asked)
    assert circuit.standing(0.6) == "shunned"


@pytest.mark.parametrize(("rests", "rest_s"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60)])
def test_each_trial_that_fails_doubles_the_rest_up_to_a_minute(rests: int, rest_s: float) -> None:
    circuit, now_s = resting(rests)
    assert circuit.rest_left_s(now_s) == rest_s


def test_while_one_request_is_on_trial_it_rests_for_the_others() -> None:
    circuit, since_s = resting()
    circuit.asked()
    assert circuit.standing(since_s + 6.0) == "resting"


def test_a_trial_that_nobody_waits_for_is_none() -> None:
    circuit, since_s = resting()
    circuit.left(circuit.asked())
    assert circuit.standing(since_s + 6.0) == "well"


def test_what_was_asked_before_the_rest_lets_no_second_one_through_when_it_is_left() -> None:
    circuit, since_s, before = resting_with_one_asked_before()
    circuit.asked()
    circuit.left(before)
    assert circuit.standing(since_s + 6.0) == "resting"


def test_what_was_asked_before_the_rest_lets_no_second_one_through_when_it_fails() -> None:
    circuit, since_s, before = resting_with_one_asked_before()
    trial = circuit.asked()
    circuit.failed(before, since_s + 6.0)
    assert circuit.standing(since_s + 6.0) == "resting"
    circuit.answered(trial)  # the next is on trial, too, since the vendor failed meanwhile
    assert circuit.standing(since_s + 6.0) == "well"


def test_what_was_asked_before_the_rest_makes_it_no_longer() -> None:
    circuit, since_s, before = resting_with_one_asked_before()
    circuit.failed(before, since_s + 1.0)
    assert circuit.rest_left_s(since_s + 1.0) == 4.0


def test_a_trial_that_goes_well_ends_the_rest() -> None:
    circuit, since_s = resting()
    circuit.answered(circuit.asked())
    assert circuit.standing(since_s + 0.1) == "well"


def test_who_asks_for_time_gets_it_at_the_first_failure() -> None:
    circuit = Circuit()
    circuit.failed(circuit.asked(), 0.0, wait_s=7.0)
    assert (circuit.standing(6.9), circuit.standing(7.0)) == ("resting", "well")


@pytest.mark.parametrize(("at_s", "may"), [(2.9, False), (3.0, True)])
def test_who_rests_may_be_tried_three_seconds_after_a_failure(at_s: float, may: bool) -> None:
    circuit = Circuit()
    circuit.failed(circuit.asked(), 0.0, wait_s=300.0)
    assert circuit.may_be_tried(at_s) is may


def test_nobody_gets_more_than_five_minutes() -> None:
    circuit = Circuit()
    circuit.failed(circuit.asked(), 0.0, wait_s=86_400.0)
    assert circuit.rest_left_s(0.0) == 300


def test_a_shorter_wish_does_not_shorten_a_rest() -> None:
    circuit, since_s = resting(3)
    circuit.failed(circuit.asked(), since_s, wait_s=1.0)
    assert circuit.rest_left_s(since_s) == 20


def test_who_does_not_rest_has_nothing_left_of_it() -> None:
    assert Circuit().rest_left_s(3.0) == 0
