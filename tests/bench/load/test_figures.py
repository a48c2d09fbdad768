"""What the bench computes."""

import math

import numpy as np
import pytest

from tests.bench.load.figures import Slope, changes, slope, spread


def test_a_spread_tells_percentiles_in_the_wanted_unit() -> None:
    found = spread([each / 1000 for each in range(101)], scale=1000)
    assert (found.count, found.p50, found.p95, found.p99, found.largest) == (101, 50.0, 95.0, 99.0, 100.0)


def test_a_spread_of_nothing_tells_nothing() -> None:
    assert (spread([]).count, spread([]).p99) == (0, None)


def test_a_straight_line_has_its_slope_and_no_doubt() -> None:
    found = slope([0, 1800, 3600], [10.0, 15.0, 20.0])
    assert found.per_hour == pytest.approx(10)
    assert width(found) < 1e-9


def test_the_interval_holds_the_true_slope_as_often_as_it_says() -> None:
    chance, at_s = np.random.default_rng(1), np.arange(0, 1800, 10.0)
    found = [slope(at_s, 100 + at_s / 3600 + chance.normal(0, 1, len(at_s))) for _ in range(400)]
    assert 0.9 <= np.mean([each.low <= 1 <= each.high for each in found]) <= 0.99


@pytest.mark.parametrize("alike", [0.5, 0.9, 0.95])
def test_the_interval_holds_the_true_slope_of_what_wanders_too(alike: float) -> None:
    chance, at_s = np.random.default_rng(1), np.arange(0, 1200, 5.0)
    found = [slope(at_s, 100 + 3 * at_s / 3600 + wandering(chance, len(at_s), alike)) for _ in range(400)]
    assert 0.9 <= np.mean([each.low <= 3 <= each.high for each in found]) <= 0.99


def wandering(chance: np.random.Generator, count: int, alike: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    jitter, found = chance.normal(0, 1, count + 200), np.zeros(count + 200)
    for number in range(1, len(found)):
        found[number] = alike * found[number - 1] + jitter[number]
    return found[200:]


def test_what_wanders_is_known_less_well_than_what_jitters() -> None:
    at_s = np.arange(0, 1800, 10.0)
    jitter = np.random.default_rng(1).normal(0, 1, len(at_s))
    smooth = np.convolve(jitter, np.full(10, 0.1), "same")
    wander = smooth / smooth.std() * jitter.std()
    assert width(slope(at_s, wander)) > 2 * width(slope(at_s, jitter))


def width(found: Slope) -> float:
    return found.high - found.low


def test_two_moments_make_no_slope() -> None:
    assert slope([0, 1], [1, 2]).high == math.inf


def test_changes_are_those_by_more_than_a_tenth() -> None:
    found = changes({"a": 1.0, "b": {"c": 2.0}, "gone": 1}, {"a": 1.05, "b": {"c": 1.0}, "new": 3})
    assert [(each.name, each.before, each.now, each.ratio) for each in found] == [("b.c", 2.0, 1.0, 0.5)]


def test_what_was_nothing_grew_without_bounds() -> None:
    assert changes({"a": 0}, {"a": 3})[0].ratio == math.inf
