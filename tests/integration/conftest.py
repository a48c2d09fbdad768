"""The servers that whole calls go over."""

import pytest

from tests.integration.pipeline import IN_MEMORY, Server, fake_server


@pytest.fixture(params=[IN_MEMORY, "valkey"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the servers in turn."""
    return fake_server() if request.param == "fakeredis" else Server(request.getfixturevalue("redis_url"))
