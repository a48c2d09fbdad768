"""Tokens that open a stream, at one gateway and at several."""

import asyncio

import pytest

from common.errors import BusUnavailable
from gateway.telephony.tokens import LIFE_S, StreamTokens
from tests import virtual_clock
from tests.gateway.clock import Clock

CALL = "CA1"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alone(clock: Clock) -> StreamTokens:
    return StreamTokens(("secret",), clock)


async def test_a_token_opens_its_call(alone: StreamTokens) -> None:
    assert await alone.take(alone.issue(CALL), CALL)


async def test_a_token_opens_only_once(alone: StreamTokens) -> None:
    token = alone.issue(CALL)
    assert [await alone.take(token, CALL), await alone.take(token, CALL)] == [True, False]


async def test_a_token_opens_no_other_call(alone: StreamTokens) -> None:
    assert not await alone.take(alone.issue(CALL), "CA2")


async def test_a_token_of_another_call_that_was_tried_is_not_spent(alone: StreamTokens) -> None:
    token = alone.issue(CALL)
    await alone.take(token, "CA2")
    assert await alone.take(token, CALL)


async def test_two_tokens_of_a_call_are_two(alone: StreamTokens) -> None:
    first, second = alone.issue(CALL), alone.issue(CALL)
    assert [await alone.take(first, CALL), await alone.take(second, CALL)] == [True, True]


@pytest.mark.parametrize(("after_s", "opens"), [(LIFE_S - 1, True), (LIFE_S, False)])
async def test_a_token_expires(alone: StreamTokens, clock: Clock, after_s: float, opens: bool) -> None:
    token = alone.issue(CALL)
    clock.now_s = after_s
    assert await alone.take(token, CALL) == opens


@pytest.mark.parametrize("forged", ["", ".", "9999999999.abc.", "9999999999.abc.0", "\u05d0.\u05d0.\u05d0"])
async def test_what_nobody_signed_opens_nothing(alone: StreamTokens, forged: str) -> None:
    assert not await alone.take(forged, CALL)


async def test_nobody_makes_a_token_live_longer(alone: StreamTokens, clock: Clock) -> None:
    until, _, rest = alone.issue(CALL).partition(".")
    clock.now_s = LIFE_S
    assert not await alone.take(f"{int(until) + 60}.{rest}", CALL)


async def test_used_tokens_are_forgotten_once_they_are_no_good(alone: StreamTokens, clock: Clock) -> None:
    for _ in range(100):
        await alone.take(alone.issue(CALL), CALL)
    clock.now_s = LIFE_S
    await alone.take(alone.issue(CALL), CALL)
    assert len(alone._spent) == 1


async def test_either_secret_is_good_while_they_are_rotated(clock: Clock) -> None:
    old, both, new = (StreamTokens(secrets, clock) for secrets in (("old",), ("new", "old"), ("new",)))
    assert await both.take(old.issue(CALL), CALL)
    assert await new.take(both.issue(CALL), CALL)
    assert not await new.take(old.issue(CALL), CALL)


# --- Several gateways


class FakeShelf:
    """Where gateways look which tokens were used; may not answer, or never."""

    def __init__(self) -> None:
        self.used: set[tuple[str, str]] = set()
        self.answers = True
        self.hangs = False

    async def spend(self, call: str, token: str) -> bool:
        if self.hangs:
            await asyncio.Event().wait()
        if not self.answers:
            raise BusUnavailable("down")
        is_new = (call, token) not in self.used
        self.used.add((call, token))
        return is_new


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
def two(shelf: FakeShelf, clock: Clock) -> tuple[StreamTokens, StreamTokens]:
    return StreamTokens(("secret",), clock, shelf.spend), StreamTokens(("secret",), clock, shelf.spend)


Two = tuple[StreamTokens, StreamTokens]


async def test_a_stream_may_reach_another_gateway_than_its_webhook(two: Two) -> None:
    one, other = two
    assert await other.take(one.issue(CALL), CALL)


async def test_a_token_that_another_gateway_took_is_spent(two: Two) -> None:
    one, other = two
    token = one.issue(CALL)
    await other.take(token, CALL)
    assert not await one.take(token, CALL)


async def test_a_token_is_good_at_any_gateway_while_nobody_answers(two: Two, shelf: FakeShelf) -> None:
    one, other = two
    shelf.answers = False
    assert await other.take(one.issue(CALL), CALL)


async def test_a_token_is_good_though_what_all_share_was_forgotten_since_it_was_issued(two: Two, shelf: FakeShelf) -> None:
    one, _ = two
    token = one.issue(CALL)
    shelf.used.clear()
    assert await one.take(token, CALL)


async def test_where_nobody_answers_any_more_a_token_opens_only_once(two: Two, shelf: FakeShelf) -> None:
    one, _ = two
    token = one.issue(CALL)
    await one.take(token, CALL)
    shelf.answers = False
    assert not await one.take(token, CALL)


def test_a_shelf_that_never_answers_is_not_waited_for_for_long(clock: Clock, shelf: FakeShelf) -> None:
    shelf.hangs = True
    one = StreamTokens(("secret",), clock, shelf.spend)
    assert virtual_clock.run(one.take(one.issue(CALL), CALL))
