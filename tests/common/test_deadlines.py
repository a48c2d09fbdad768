"""How long an attempt may take, by the server's time."""

import pytest

from common.bus import Delivery
from common.deadlines import LEAST_S, time_left_s, waited_s
from common.errors import VendorError
from tests.contract.house import transcript
from tests.recorded_bus import RecordedBus
from tests.virtual_clock import run

PUBLISHED_S = 1_000.0
LIMIT_S = 3.5


def after(waited: float) -> RecordedBus:
    """A bus whose server has had the entry for so long."""
    return RecordedBus(server_began_s=PUBLISHED_S + waited)


def delivery(*, taken_over: bool = False) -> Delivery:
    return Delivery(f"{PUBLISHED_S * 1000:.0f}-0", transcript(), taken_over=taken_over)


def left_s(waited: float, *, taken_over: bool = False) -> float:
    async def ask() -> float:
        return time_left_s(delivery(taken_over=taken_over), after(waited), LIMIT_S, "fake")

    return run(ask())


def test_the_servers_time_tells_how_long_an_entry_waited() -> None:
    async def ask() -> float:
        return waited_s(delivery(), after(1.25))

    assert run(ask()) == 1.25


def test_a_server_whose_clock_was_set_back_has_not_let_it_wait() -> None:
    assert left_s(-7_200.0) == LIMIT_S


def test_what_waited_in_the_stream_has_less_time_left() -> None:
    assert left_s(1.0) == 2.5


def test_what_is_begun_has_a_fair_chance() -> None:
    assert left_s(3.4) == LEAST_S


def test_what_waited_for_all_of_its_time_is_not_begun() -> None:
    with pytest.raises(VendorError, match="fake: too_late") as failed:
        left_s(3.5)
    assert not failed.value.retryable


def test_what_was_taken_over_is_begun_at_any_age() -> None:
    assert left_s(60.0, taken_over=True) == LEAST_S
