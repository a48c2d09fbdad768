"""What a score is made of: events that went well or did not, their shares with intervals, and spreads of seconds.

Rules
    A score is a list of ``Scored``: one event of one call, and whether the bot did right. Nothing is averaged before that, so a
    share is always hits of events, and a change of it is a change of events that have names.
    No share, mean or rate of fewer than ``LEAST_EVENTS`` is told (``enough``): the counts are.
    What a call gave no occasion for is no event of a share, but kept: a bot that is silent by fault has done nothing right.
    Intervals are Wilson's, of 95 %: at 0 of n and n of n they say how little n proves.
    Latencies are what they are, below zero too.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from tests.bench.turns.scene import Cue, Kind, Scene

LEAST_EVENTS = 30
ALL = "all"
"""All languages of a half."""
_Z_95 = 1.959964


def enough(events: int) -> bool:
    """Whether anything but the counts may be told of so many."""
    return events >= LEAST_EVENTS


@dataclass(frozen=True, slots=True)
class Scored:
    """One event, and whether the bot did right."""

    metric: str
    name: str
    """The cue's, with the number of the pause or the hold where a cue has several."""
    kind: Kind
    language: str
    half: str
    good: bool | None
    """None: there was no occasion, as to yield for a bot that does not speak."""
    latency_s: float | None = None
    points: float | None = None
    """Where the metric is a mean of points, or so many of something, not a share."""
    lasted_s: float = 0.0
    """Of the sound, where something is counted by its length."""


def scored(
    metric: str,
    scene: Scene,
    cue: Cue,
    *,
    good: bool | None,
    latency_s: float | None = None,
    points: float | None = None,
    lasted_s: float = 0.0,
    part: str = "",
) -> Scored:
    """What became of ``cue``; ``part`` tells events of one cue apart."""
    return Scored(metric, f"{cue.name}{part}", cue.kind, scene.language, scene.half, good, latency_s, points, lasted_s)


@dataclass(frozen=True, slots=True)
class Count:
    """Hits among events."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """None where there are too few events for one."""
        return self.hits / self.of if enough(self.of) else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, of 95 %; nothing at all is known of no events."""
        if not self.of:
            return (0.0, 1.0)
        share, z2 = self.hits / self.of, _Z_95**2
        middle = share + z2 / (2 * self.of)
        reach = _Z_95 * math.sqrt(share * (1 - share) / self.of + z2 / (4 * self.of**2))
        return (max(0.0, (middle - reach) / (1 + z2 / self.of)), min(1.0, (middle + reach) / (1 + z2 / self.of)))


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds, sorted."""

    of: int
    mean: float
    mean_interval: tuple[float, float] | None
    p50: float
    p95: float
    least: float
    most: float
    below_zero: int


def count(events: Iterable[Scored]) -> Count:
    """How many went well, of those that had an occasion."""
    good = [each.good for each in events if each.good is not None]
    return Count(sum(good), len(good))


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Of a mean, of 95 %, by the normal distribution; one value alone has none."""
    if len(values) < 2:
        return None
    reach = _Z_95 * stdev(values) / math.sqrt(len(values))
    return mean(values) - reach, mean(values) + reach


def rate_interval(events: float) -> tuple[float, float]:
    """Of a number of rare events, of 95 %: Byar's approximation of Poisson's."""
    low = events * (1 - 1 / (9 * events) - _Z_95 / (3 * math.sqrt(events))) ** 3 if events else 0.0
    more = events + 1
    return low, more * (1 - 1 / (9 * more) + _Z_95 / (3 * math.sqrt(more))) ** 3


def spread(values: Sequence[float]) -> Spread | None:
    """None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.95)]
    below_zero = sum(value < 0 for value in ordered)
    return Spread(len(ordered), mean(ordered), mean_interval(ordered), at[0], at[1], ordered[0], ordered[-1], below_zero)
