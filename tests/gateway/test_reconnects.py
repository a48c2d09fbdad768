"""Whether a call whose stream ended is connected again: three times a minute, whoever counts."""

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from common.agents.agent import Destination
from common.bus import Reconnect
from common.errors import BusUnavailable
from gateway.telephony.reconnects import GoesTo, Reconnects, TakeTransfer
from tests import virtual_clock
from tests.gateway.clock import Clock
from tests.uncollected import blocks_left


async def redis_is_away(call: str) -> Reconnect:
    raise BusUnavailable("ConnectionError")


async def asked(reconnects: Reconnects, clock: Clock, at_s: Sequence[float]) -> list[Reconnect]:
    """What a call becomes at these moments."""
    answers = []
    for seconds in at_s:
        clock.now_s = 100.0 + seconds
        answers.append(await reconnects.ask("CA1"))
    return answers


async def test_the_fourth_time_in_a_minute_is_too_often() -> None:
    clock = Clock(100.0)
    assert await asked(Reconnects(clock), clock, [0, 10, 20, 30]) == ["again"] * 3 + ["too_often"]


async def test_only_the_last_minute_counts() -> None:
    clock = Clock(100.0)
    assert await asked(Reconnects(clock), clock, [0, 25, 50, 61, 62]) == ["again"] * 4 + ["too_often"]


async def test_calls_are_counted_each_for_itself() -> None:
    clock = Clock(100.0)
    reconnects = Reconnects(clock)
    await asked(reconnects, clock, [0, 0, 0])
    assert await reconnects.ask("CA2") == "again"


@pytest.mark.parametrize("answer", ["again", "too_often", "over"])
async def test_where_all_gateways_count_together_that_is_the_answer(answer: Reconnect) -> None:
    async def shared(call: str) -> Reconnect:
        return answer

    assert await Reconnects(Clock(100.0), shared).ask("CA1") == answer


async def test_while_redis_is_away_this_gateway_counts_alone() -> None:
    clock = Clock(100.0)
    assert await asked(Reconnects(clock, redis_is_away), clock, [0, 1, 2, 3]) == ["again"] * 3 + ["too_often"]


async def test_a_call_that_was_ended_here_is_over_whatever_redis_says() -> None:
    async def shared(call: str) -> Reconnect:
        return "again"

    reconnects = Reconnects(Clock(100.0), shared)
    reconnects.call_over("CA1")
    assert await reconnects.ask("CA1") == "over"


async def test_a_call_that_was_ended_long_ago_is_another_call() -> None:
    clock = Clock(100.0)
    reconnects = Reconnects(clock)
    reconnects.call_over("CA1")
    assert await asked(reconnects, clock, [61]) == ["again"]


def test_calls_that_ended_long_ago_take_no_memory() -> None:
    clock, calls = Clock(100.0), itertools.count()
    reconnects = Reconnects(clock)

    def end_one() -> None:
        clock.now_s += 60
        reconnects.call_over(f"CA{next(calls)}")

    assert blocks_left(end_one, 500) < 50


async def test_a_call_that_began_again_is_not_over() -> None:
    reconnects = Reconnects(Clock(100.0))
    reconnects.call_over("CA1")
    reconnects.call_began("CA1")
    assert await reconnects.ask("CA1") == "again"


# Where it goes


async def reception(call: str) -> bytes | None:
    return b'{"number":"+97231234567","when":"people","language":"en"}'


async def no_answer_from_redis(call: str) -> bytes | None:
    raise BusUnavailable("ConnectionError")


async def never(call: str) -> bytes | None:
    await asyncio.Event().wait()
    return None


async def test_where_a_call_goes_is_what_redis_says() -> None:
    goes_to = await Reconnects(Clock(), take_transfer=reception).transferred_to("CA1")
    assert goes_to == GoesTo(Destination(number="+97231234567", when="people"), "en")


async def test_a_gateway_without_redis_transfers_nobody() -> None:
    assert await Reconnects(Clock()).transferred_to("CA1") is None


@pytest.mark.parametrize("take", [no_answer_from_redis, never])
def test_a_call_is_not_kept_waiting_for_a_redis_that_is_away(take: TakeTransfer) -> None:
    async def asked() -> GoesTo | None:
        return await Reconnects(Clock(), take_transfer=take).transferred_to("CA1")

    assert virtual_clock.run(asked()) is None
