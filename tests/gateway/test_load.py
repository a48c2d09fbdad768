"""Whether the workers are behind, and how far."""

import pytest

from common.bus import Backlog
from common.errors import BusUnavailable
from gateway.load import Level, Load
from tests import virtual_clock

ENOUGH_LOOKS = 20


class Seen(Exception):
    """The backlog was looked at often enough."""


class FakeBacklog:
    """Says one age after the other, then the last; None: does not answer; shards: these do not, and in the others nothing waits."""

    def __init__(self, load: Load, *ages_s: float | set[int] | None) -> None:
        self.levels: list[Level] = []
        """What was made of each look."""
        self._load = load
        self._ages_s = list(ages_s)
        self._looks = 0

    async def backlog(self) -> Backlog:
        self._looks += 1
        self.levels += [self._load.level] if self._looks > 1 else []
        if self._looks > ENOUGH_LOOKS:
            raise Seen
        age_s = self._ages_s.pop(0) if len(self._ages_s) > 1 else self._ages_s[0]
        if age_s is None:
            raise BusUnavailable("down")
        if isinstance(age_s, set):
            return Backlog(0.0, frozenset(age_s))
        return Backlog(age_s)


def watched(*ages_s: float | None) -> tuple[list[bool], list[Level]]:
    """What the calls hear while the backlog takes these ages, and the levels of the looks."""
    load, heard = Load(busy_after_s=2.0), list[bool]()
    backlog = FakeBacklog(load, *ages_s)
    with pytest.raises(Seen):
        virtual_clock.run(load.watch(backlog, heard.append))
    return heard, backlog.levels


def told(*ages_s: float | None) -> list[bool]:
    return watched(*ages_s)[0]


def levels(*ages_s: float | None) -> list[Level]:
    return watched(*ages_s)[1][: len(ages_s)]


def test_workers_that_keep_up_are_not_mentioned() -> None:
    assert told(0.0, 0.1) == []


def test_workers_that_fall_behind_are_told_once() -> None:
    assert told(0.3, 0.4, 5.0) == [True]


def test_workers_that_caught_up_are_told() -> None:
    assert told(0.3, 0.0) == [True, False]


def test_a_bus_that_does_not_answer_is_behind() -> None:
    assert told(0.0, None, 0.0) == [True, False]


def test_drafts_go_first_and_new_calls_next() -> None:
    assert levels(0.1, 0.3, 2.1) == [Level.CALM, Level.BEHIND, Level.OVERLOADED]


def test_who_was_overloaded_is_so_until_the_workers_caught_up() -> None:
    assert levels(2.1, 1.0, 0.3, 0.1, 0.3) == [Level.OVERLOADED, Level.OVERLOADED, Level.OVERLOADED, Level.CALM, Level.BEHIND]


def test_a_bus_that_is_away_for_a_moment_costs_drafts_alone() -> None:
    assert levels(0.0, None, None, 0.0) == [Level.CALM, Level.BEHIND, Level.BEHIND, Level.CALM]


def test_a_bus_that_stays_away_overloads() -> None:
    assert levels(0.0, *[None] * 5)[-1] is Level.OVERLOADED


def why_no_room(*ages_s: float | None) -> str:
    """Why a new call is refused after these looks."""
    load = Load(busy_after_s=2.0)
    with pytest.raises(Seen):
        virtual_clock.run(load.watch(FakeBacklog(load, *ages_s), lambda behind: None))
    return load.why_busy(0, "CA1")


def test_calls_that_are_refused_for_want_of_a_bus_are_not_laid_to_the_workers() -> None:
    assert why_no_room(None) == "redis_away"


def test_calls_that_are_refused_once_the_bus_is_back_wait_for_the_workers() -> None:
    assert why_no_room(*[None] * 6, 5.0) == "overloaded"


def test_there_is_no_room_while_the_workers_are_overloaded() -> None:
    load, said = Load(busy_after_s=2.0), []
    for load.level in Level:
        said.append(load.why_busy(0, "CA1"))
    assert said == ["", "", "overloaded"]


def test_there_is_no_room_in_a_gateway_that_has_all_the_calls_it_may_have() -> None:
    load = Load(busy_after_s=2.0, most_calls=2)
    assert [load.why_busy(calls, "CA1") for calls in (0, 1, 2)] == ["", "", "too_many_calls"]


# --- Shards that are away alone


def taken(*looks: set[int]) -> list[str]:
    """Why each of three calls, of the first three shards, is refused after these looks."""
    load = Load(2.0, shard_of=int)
    with pytest.raises(Seen):
        virtual_clock.run(load.watch(FakeBacklog(load, *looks), lambda behind: None))
    return [load.why_busy(0, call) for call in ("0", "1", "2")]


def test_new_calls_of_a_shard_that_stays_away_are_refused_and_no_others() -> None:
    assert taken({1}) == ["", "redis_away", ""]


def test_a_shard_that_is_back_takes_calls_at_once() -> None:
    assert taken(*[{1, 2}] * 15, {2}) == ["", "", "redis_away"]


def test_a_shard_that_is_away_for_a_moment_refuses_nobody() -> None:
    assert taken(*[set[int]()] * (ENOUGH_LOOKS - 3), {1}) == ["", "", ""]


def test_a_shard_that_is_away_costs_the_others_no_drafts() -> None:
    load, heard = Load(2.0, shard_of=int), list[bool]()
    with pytest.raises(Seen):
        virtual_clock.run(load.watch(FakeBacklog(load, {1}), heard.append))
    assert heard == []
