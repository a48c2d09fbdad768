"""How late sound is handled is told by the provider's time in it, and by nothing else."""

from collections.abc import Iterable

import pytest

from gateway.lateness import Lateness

ON_TIME = [(20 * number, 5.0 + 0.02 * number) for number in range(10)]


def late_ms(messages: Iterable[tuple[int, float]]) -> int:
    """Of the last message, each said so long after the begin, and handled then."""
    lateness = Lateness()
    for said_ms, now in messages:
        lateness.came(said_ms, now)
    return round(1000 * lateness.seconds)


@pytest.mark.parametrize(
    ("then", "late"),
    [
        ([(200, 5.2)], 0),
        ([(200, 5.5)], 300),
        ([(200, 5.5), (220, 5.5), (240, 5.5)], 260),
        ([(200, 5.5), (600, 5.6)], 0),
    ],
    ids=["on time", "behind", "catching up", "caught up"],
)
def test_what_is_handled_later_than_the_quickest_is_late_by_as_much(then: list[tuple[int, float]], late: int) -> None:
    assert late_ms([*ON_TIME, *then]) == late


def test_nothing_is_late_before_anything_came() -> None:
    assert late_ms([]) == 0


def test_what_was_waited_with_before_the_call_began_is_late() -> None:
    assert late_ms([(0, 9.5), (20, 9.5), (500, 9.5)]) == 0
    assert late_ms([(500, 9.5), (520, 9.5), (540, 9.74)]) == 220


def test_time_that_jumps_where_sound_was_lost_is_not_late() -> None:
    assert late_ms([*ON_TIME, (3000, 8.0)]) == 0


def test_a_time_that_stands_still_says_nothing() -> None:
    assert late_ms([(0, 5.0 + 0.02 * number) for number in range(500)]) == 0


def test_an_hour_with_a_clock_that_is_a_little_slower_makes_nothing_late() -> None:
    hour = [(round(1000 * seconds), 5.0 + seconds * 1.000_05) for seconds in range(3600)]
    assert late_ms(hour) <= 1


def test_a_minute_behind_is_a_minute_late_in_the_end_too() -> None:
    behind = [(20 * number, 5.3 + 0.02 * number) for number in range(10, 3000)]
    assert late_ms([*ON_TIME, *behind]) == pytest.approx(300, abs=7)
