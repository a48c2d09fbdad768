"""The server of each shard, in a cluster and alone."""

import pytest
import redis
from redis.asyncio import Redis

from common.errors import BusUnavailable, ConfigError
from common.redis_link import once
from common.redis_shards import ClusterMap, Servers, keys_of, nodes_of
from tests.cluster import Cluster, cluster
from tests.contract.house import until
from tests.e2e.gateway_process import free_port


def test_a_cluster_is_named_by_some_of_its_nodes() -> None:
    assert nodes_of("rediss+cluster://me:pw@one:1,two:2?a=b") == ["rediss://me:pw@one:1?a=b", "rediss://me:pw@two:2?a=b"]


def test_a_server_alone_is_one_node() -> None:
    assert nodes_of("redis://:pw@one:1/2") == ["redis://:pw@one:1/2"]


@pytest.mark.parametrize(("url", "shards"), [("redis://one", 1), ("unix:///one.sock", 1), ("redis+cluster://one:1", 16)])
def test_the_url_says_how_the_keys_are_spread(url: str, shards: int) -> None:
    assert keys_of(url).shards == shards


@pytest.mark.parametrize("url", ["redis+cluster://one:port", "redis+cluster://["])
def test_what_is_no_cluster_url_is_told(url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL: takes"):
        Servers(url)


@pytest.fixture
async def nodes(one_cluster: Cluster) -> ClusterMap:
    """The map of a cluster that is told of by a node that is not there, and one that is."""
    return ClusterMap([f"redis://127.0.0.1:{free_port()}", f"redis://127.0.0.1:{one_cluster.masters[0].port}"])


# A cluster


@pytest.mark.e2e
@pytest.mark.parametrize("slot", [0, 8_000, 16_383])
async def test_any_node_that_answers_knows_who_has_a_slot(nodes: ClusterMap, one_cluster: Cluster, slot: int) -> None:
    assert await nodes.address(slot) == ("127.0.0.1", one_cluster.masters[slot * 3 // 16_384].port)


async def test_where_no_node_answers_nobody_knows() -> None:
    nodes = ClusterMap([f"redis://127.0.0.1:{free_port()}"])
    with pytest.raises(redis.ConnectionError, match="no node has slot 7"):
        await nodes.address(7)


@pytest.mark.e2e
async def test_a_shard_of_a_cluster_is_spoken_to_like_a_server_alone(one_cluster: Cluster) -> None:
    servers = Servers(one_cluster.url)
    for link in servers.links(read_limit_s=1.0):
        pipeline = link.writer.pipeline(transaction=True)
        pipeline.set(f"t:{link.tag}:one", 1)
        pipeline.get(f"t:{link.tag}:one")
        assert await pipeline.execute() == [True, b"1"]
        await link.close()


@pytest.mark.e2e
async def test_a_shard_goes_on_at_the_replica_of_a_master_that_died() -> None:
    with cluster() as made:
        servers = Servers(made.url)
        client = servers.client(servers.keys.tag("call-1"), 1.0, 4)
        await client.set(servers.keys.call_hash("call-1"), "kept")
        await client.wait(1, 1_000)  # for the replica
        made.master_of("call-1", servers.keys).kill()
        assert await until(lambda: read(client, servers.keys.call_hash("call-1")), limit_s=15.0) == b"kept"
        await client.aclose()


async def read(client: Redis, key: str) -> bytes | None:
    """What the key says; None while nobody answers."""
    try:
        found = await once(lambda: client.get(key))
    except BusUnavailable:
        return None
    assert isinstance(found, bytes)
    return found


@pytest.mark.e2e
async def test_a_node_that_is_not_the_one_is_trouble_and_found_out(one_cluster: Cluster, nodes: ClusterMap) -> None:
    client = nodes.client(0, 1.0, 1)
    nodes._slots = {(0, 16_383): ("127.0.0.1", one_cluster.masters[2].port)}  # what it learnt is out of date
    nodes._doubted = False
    with pytest.raises(BusUnavailable, match="ConnectionError"):
        await once(lambda: client.get("{s2}"))
    assert await once(lambda: client.get("{s2}")) is None
    await client.aclose()
