"""Fixtures of tests of what is common."""

from collections.abc import Iterator

import pytest
import redis

from tests.common.script_bench import Bench


@pytest.fixture(params=["redis_url", pytest.param("debian_redis_url", marks=pytest.mark.long)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each of the servers in turn."""
    with redis.Redis.from_url(request.getfixturevalue(request.param)) as client:
        yield Bench(client)
