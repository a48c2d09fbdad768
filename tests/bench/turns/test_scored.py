"""Shares, intervals and spreads."""

import pytest

from tests.bench.turns.made_calls import scene
from tests.bench.turns.scene import Kind
from tests.bench.turns.scored import Count, count, mean_interval, rate_interval, scored, spread


def test_too_few_events_have_no_share() -> None:
    assert Count(29, 29).share is None
    assert Count(27, 30).share == pytest.approx(0.9)


def test_of_what_had_no_occasion_nothing_is_counted() -> None:
    made = scene(Kind.VOCAL)
    assert count(scored("S_VT", made, made.cues[0], good=good) for good in (True, False, None)) == Count(1, 2)


def test_intervals_are_wilsons() -> None:
    assert Count(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Count(30, 30).interval == pytest.approx((0.8865, 1.0), abs=1e-4)
    assert Count(0, 0).interval == (0.0, 1.0)


def test_latencies_below_zero_stay_what_they_are() -> None:
    found = spread([0.4, -0.2, 0.8])
    assert found is not None
    assert (found.least, found.p50, found.most, found.below_zero) == (-0.2, 0.4, 0.8, 1)
    assert found.mean == pytest.approx(1 / 3)


def test_nothing_has_no_spread() -> None:
    assert spread([]) is None


def test_a_mean_has_an_interval_where_there_are_several_values() -> None:
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - 1.131, 2 + 1.131), abs=1e-3)
    assert mean_interval([1.0]) is None


def test_rare_events_have_poissons_interval() -> None:
    assert rate_interval(3) == pytest.approx((0.62, 8.77), abs=0.03)
    assert rate_interval(0) == pytest.approx((0.0, 3.69), abs=0.1)
