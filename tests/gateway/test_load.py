"""Whether the workers are behind."""

import asyncio

from common.errors import BusUnavailable
from gateway.load import watch
from tests import virtual_clock


class FakeBacklog:
    """Says one age after the other, then the last for ever; None: does not answer."""

    def __init__(self, *ages_s: float | None) -> None:
        self._ages_s = list(ages_s)

    async def backlog_s(self) -> float:
        age_s = self._ages_s.pop(0) if len(self._ages_s) > 1 else self._ages_s[0]
        if age_s is None:
            raise BusUnavailable("down")
        return age_s


def told(*ages_s: float | None) -> list[bool]:
    """What a gateway hears while the backlog takes these ages."""
    heard: list[bool] = []

    async def watching() -> None:
        async with asyncio.timeout(10.0):
            await watch(FakeBacklog(*ages_s), heard.append)

    try:
        virtual_clock.run(watching())
    except TimeoutError:
        return heard
    raise AssertionError("it ended by itself")


def test_workers_that_keep_up_are_not_mentioned() -> None:
    assert told(0.0, 0.1) == []


def test_workers_that_fall_behind_are_told_once() -> None:
    assert told(0.3, 0.4, 5.0) == [True]


def test_workers_that_caught_up_are_told() -> None:
    assert told(0.3, 0.0) == [True, False]


def test_a_bus_that_does_not_answer_is_behind() -> None:
    assert told(0.0, None, 0.0) == [True, False]
