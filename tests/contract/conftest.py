"""The buses that the contract binds."""

from collections.abc import AsyncIterator
from typing import get_args

import pytest
import pytest_asyncio

from tests.contract.house import House, Kind, house

FIXTURES = {"redis": "debian_redis_url", "cluster": "cluster_url"}
MARKS = {"redis": pytest.mark.long, "cluster": pytest.mark.e2e}
"""What the other server answers is asked by `make test`; a cluster is many processes."""


@pytest_asyncio.fixture(params=[pytest.param(kind, marks=MARKS.get(kind, ())) for kind in get_args(Kind)])
async def a_house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A house of each kind in turn."""
    fixture = FIXTURES.get(request.param, "redis_url")
    async with house(request.param, lambda: str(request.getfixturevalue(fixture))) as made:
        yield made
