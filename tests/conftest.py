"""Fixtures that every package's tests may use."""

from collections.abc import Iterator

import pytest
import redis

from tests.servers import RealServer, real_server


@pytest.fixture(scope="session")
def one_real_server() -> Iterator[RealServer]:
    """One real Redis for all tests of the run."""
    with real_server() as server:
        yield server


@pytest.fixture
def redis_url(one_real_server: RealServer) -> str:
    """A real Redis that holds nothing yet."""
    with redis.Redis.from_url(one_real_server.url) as client:
        client.flushall()
    return one_real_server.url
