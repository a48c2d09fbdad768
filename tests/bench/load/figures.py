"""Figures out of many measurements: percentiles, a slope with its interval, what changed since the last result."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_Z95 = 1.96


ENOUGH = 100
"""Fewer values have no p99."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Some percentiles of so many values; of none all are None."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    largest: float | None

    @property
    def tail(self) -> float | None:
        """p99, or the largest where there are too few for that."""
        return self.p99 if self.count >= ENOUGH else self.largest


def spread(values: Sequence[float], *, scale: float = 1.0) -> Spread:
    """The spread of values, each multiplied by ``scale`` (1000 makes milliseconds of seconds)."""
    if not len(values):
        return Spread(0, None, None, None, None)
    p50, p95, p99, largest = (round(scale * float(each), 2) for each in np.percentile(values, [50, 95, 99, 100]))
    return Spread(len(values), p50, p95, p99, largest)


@dataclass(frozen=True, slots=True)
class Slope:
    """How fast something grows, and between which bounds that lies with 95 %."""

    per_hour: float
    low: float
    high: float


def slope(at_s: "Sequence[float] | Numbers", values: "Sequence[float] | Numbers") -> Slope:
    """The slope of a straight line through the values (least squares).

    What is left over is alike from one moment to the next, so fewer values count than there are: their
    number shrinks by (1 - r) / (1 + r), r the correlation of neighbours (Santer et al. 2000), of which a sample tells too
    little, by some (1 + 4 r) / n (Kendall 1954). Of a process that grows by leaps alone no interval of such a line is sure.
    """
    t, y = np.asarray(at_s, dtype=np.float64) / 3600, np.asarray(values, dtype=np.float64)
    if len(t) < 3:
        return Slope(0.0, -math.inf, math.inf)
    rate, start = np.polyfit(t, y, 1)
    rest = y - (rate * t + start)
    half = _half_interval(t, rest)
    return Slope(float(rate), float(rate) - half, float(rate) + half)


def _half_interval(t: Numbers, rest: Numbers) -> float:
    squares = float(rest @ rest)
    if squares == 0:
        return 0.0
    alike = float(rest[:-1] @ rest[1:]) / squares
    alike = min(max(alike + (1 + 4 * alike) / len(t), 0.0), 0.99)
    freedom = max(len(t) * (1 - alike) / (1 + alike) - 2, 1.0)
    return _t95(freedom) * math.sqrt(squares / freedom / float(((t - t.mean()) ** 2).sum()))


def _t95(freedom: float) -> float:
    """Student's t of which 95 % lies within, from the normal distribution's (Abramowitz and Stegun 26.7.5)."""
    z = _Z95
    terms = ((z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))


# --- Since the last time


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is another one than the last time."""

    name: str
    before: float
    now: float

    @property
    def ratio(self) -> float:
        """Now over before."""
        return self.now / self.before if self.before else math.inf


def changes(before: Mapping[str, Any], now: Mapping[str, Any], *, least: float = 0.1) -> list[Change]:
    """The figures of two results that differ by more than ``least`` of the earlier one, in the order of the later result."""
    old = dict(_numbers(before))
    both = (Change(name, old[name], value) for name, value in _numbers(now) if name in old)
    return [change for change in both if abs(change.now - change.before) > least * abs(change.before)]


def _numbers(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    for name, value in tree.items():
        where = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from _numbers(value, where)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield where, float(value)
