"""``REDIS_URL`` is tried before anything is started."""

import socket
from pathlib import Path

import pytest

from common.errors import ConfigError
from common.redis_link import TAKES
from tests.cluster import Cluster
from tests.e2e.gateway_process import free_port
from tests.servers import RealServer
from tools.end import AskedToEnd, End
from tools.redis_url import check, masked


def said(url: str, end: End) -> str:
    with pytest.raises(ConfigError) as caught:
        check(url, end)
    return str(caught.value)


def test_a_redis_that_answers_is_well(redis_url: str, end: End) -> None:
    check(redis_url, end)


@pytest.mark.e2e
def test_a_cluster_that_answers_is_well(cluster_url: str, end: End) -> None:
    check(cluster_url, end)


@pytest.mark.e2e
def test_a_node_of_a_cluster_is_no_server_alone(one_cluster: Cluster, end: End) -> None:
    assert "takes redis+cluster://" in said(f"redis://127.0.0.1:{one_cluster.masters[0].port}", end)


def test_a_server_alone_is_no_cluster(tmp_path: Path, end: End) -> None:
    server = RealServer(tmp_path, port=free_port())
    server.start()
    try:
        assert "Cluster mode is not enabled on this node" in said(f"redis+cluster://127.0.0.1:{server.port}", end)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url", ["foo", "http://127.0.0.1", "redis://127.0.0.1:port", "redis://[", "redis://a..b", "redis://127.0.0.1?no=1"]
)
def test_what_is_no_url_is_told_with_what_it_takes(url: str, end: End) -> None:
    assert said(url, end) == f"REDIS_URL={url.partition('?')[0]}: takes {TAKES}"


def test_a_socket_that_is_not_there_is_named(tmp_path: Path, end: End) -> None:
    assert said(f"unix://{tmp_path}/no.sock", end).startswith(f"REDIS_URL=unix://{tmp_path}/no.sock: no Redis answers there (")


def test_the_password_is_not_shown(end: End) -> None:
    assert "hunter2" not in said("redis://me:hunter2@127.0.0.1:1/0", end)


def test_the_end_may_come_while_nobody_answers(end: End) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        end.ask()
        with pytest.raises(AskedToEnd):
            check(f"redis://127.0.0.1:{silent.getsockname()[1]}", end)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://h:6379/1", "redis://h:6379/1"),
        ("redis://:pw@h", "redis://***@h"),
        ("redis://h?password=pw", "redis://h"),
        ("me:p@w@h", "***@h"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert masked(url) == shown
