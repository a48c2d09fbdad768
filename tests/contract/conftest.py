"""The buses that the contract binds."""

from collections.abc import AsyncIterator
from typing import get_args

import pytest
import pytest_asyncio

from tests.contract.house import House, Kind, house


@pytest_asyncio.fixture(params=get_args(Kind))
async def a_house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A house of each kind in turn."""
    fixture = "debian_redis_url" if request.param == "redis" else "redis_url"
    async with house(request.param, lambda: str(request.getfixturevalue(fixture))) as made:
        yield made
