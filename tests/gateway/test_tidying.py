"""When the memory of ended calls is given back."""

import pytest

from gateway.tidying import CALLS, tidy_up
from tests import virtual_clock


class Enough(Exception):
    """It was looked at often enough."""


def collections(*ended: int) -> int:
    """How often was collected while so many calls had ended at each look."""
    counts, collected = iter(ended), list[None]()

    def count() -> int:
        found = next(counts, None)
        if found is None:
            raise Enough
        return found

    async def run() -> None:
        await tidy_up(count, lambda: collected.append(None))

    with pytest.raises(Enough):
        virtual_clock.run(run())
    return len(collected)


def test_nothing_is_collected_while_few_calls_ended() -> None:
    assert collections(0, 0, CALLS - 1) == 0


def test_it_is_collected_once_enough_calls_ended() -> None:
    assert collections(0, CALLS, CALLS, CALLS, CALLS + 1) == 1


def test_it_is_collected_again_after_as_many_more() -> None:
    assert collections(0, CALLS, CALLS, 2 * CALLS, 2 * CALLS) == 2
