"""The server of each shard: one for all of them, or those of a cluster.

What concerns one call is in one shard, and a shard is on one node, so each shard has clients of its own that speak to its node
as to a server alone: the same commands, pipelines, blocking reads and time-outs. What a cluster adds is in the connections.
Each asks for the node of its shard when it connects, as redis-py's own do for a master behind Sentinels. Where a node says
that it is not the one, or does not answer, the connection is cut, the map is doubted, and that is trouble like any other
(``BusUnavailable``): whoever had it tries again, and by then a replica may have been promoted.

redis-py's ``RedisCluster`` for asyncio was tried and does not fit: it asks a node of its own choice for the keys of each
XREADGROUP, and one command that finds the cluster down cuts the connections under all others.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import redis
from redis import exceptions
from redis.asyncio import Redis, SSLConnection
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot

from common.errors import ConfigError
from common.redis_connections import StraightConnection, StraightPool, StraightSSLConnection
from common.redis_link import TAKES, WRITE_LIMIT_S, WRITERS, Connect, Scripts, connect, patience, take_leave
from common.streams import CLUSTER_SHARDS, Keys

_CLUSTER = "+cluster"
_NODE_LIMIT_S = 0.5
"""What a node may take to be connected to, or to tell the map. One that stands still accepts connections and says nothing: its
replica may be promoted already, so nobody waits for it as long as for an answer."""
_ASK_AGAIN_S = 0.1
"""The map is not asked for more often than this: many connections may doubt it at once."""
_NOT_THE_ONE = (exceptions.AskError, exceptions.ReadOnlyError, exceptions.ClusterDownError, exceptions.MasterDownError)
"""What a node says that is not the master of the slot (MOVED is an ASK, too), or does not know who is."""
_AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)

Address = tuple[str, int]


def is_cluster(url: str) -> bool:
    """Whether it names a cluster's nodes: ``redis+cluster://one:6379,other:6379``."""
    return url.partition("://")[0].endswith(_CLUSTER)


def keys_of(url: str) -> Keys:
    """How the keys are spread there: all that have this URL agree."""
    return Keys(CLUSTER_SHARDS if is_cluster(url) else 1)


def nodes_of(url: str) -> list[str]:
    """The URL of each server that is named."""
    if not is_cluster(url):
        return [url]
    parts = urlsplit(url)
    who, at, hosts = parts.netloc.rpartition("@")
    scheme = parts.scheme.removesuffix(_CLUSTER)
    return [parts._replace(scheme=scheme, netloc=f"{who}{at}{host}").geturl() for host in hosts.split(",")]


@dataclass(frozen=True, slots=True)
class Link:
    """The clients of one shard."""

    tag: str
    reader: Redis
    """For one blocking read at a time."""
    writer: Redis
    scripts: Scripts

    async def close(self) -> None:
        """Close the connections."""
        await take_leave(self.reader, self.writer)


class Servers:
    """Makes clients of the servers that a URL names."""

    def __init__(self, url: str, connect: Connect = connect) -> None:
        """Raises ConfigError if the URL is empty or none."""
        self.keys = keys_of(url)
        self._url = url
        self._connect = connect
        self._map = _map_of(url) if is_cluster(url) else None

    def links(self, read_limit_s: float) -> list[Link]:
        """One a shard, in order; ``read_limit_s``: longer than a read blocks."""
        return [self._link(tag, read_limit_s) for tag in self.keys.tags]

    def _link(self, tag: str, read_limit_s: float) -> Link:
        writer = self.client(tag, WRITE_LIMIT_S, WRITERS)
        return Link(tag, self.client(tag, read_limit_s, 1), writer, Scripts(writer))

    def client(self, tag: str, answer_limit_s: float, connections: int) -> Redis:
        """A client of the shard's server."""
        if self._map is None:
            return self._connect(self._url, answer_limit_s, connections)
        return self._map.client(key_slot(tag.encode()), answer_limit_s, connections)


# A cluster


def _map_of(url: str) -> "ClusterMap":
    try:
        return ClusterMap(nodes_of(url))
    except ValueError:
        raise ConfigError(f"REDIS_URL: takes {TAKES}") from None


class ClusterMap:
    """Which node has which slot, as the nodes themselves tell. One a bus."""

    def __init__(self, nodes: list[str]) -> None:
        """Raises ValueError if a URL is none."""
        self._options: dict[str, Any] = {**parse_url(nodes[0])}
        self._nodes = deque((parts.hostname or "", parts.port or 6379) for parts in map(urlsplit, nodes))
        """Whom to ask, in turn: one of them may live in the past."""
        self._slots: dict[tuple[int, int], Address] = {}
        self._doubted = True
        self._ask_again_at_s = 0.0
        self._trouble: Exception | None = None
        """What was wrong with the one that was asked last."""
        self._asking = asyncio.Lock()
        for of_one_node in ("host", "port"):
            self._options.pop(of_one_node, None)
        self._is_secure = self._options.pop("connection_class", None) is SSLConnection

    def client(self, slot: int, answer_limit_s: float, connections: int) -> Redis:
        """A client that speaks to whoever has the slot."""
        pool = StraightPool(
            max_connections=connections,
            timeout=answer_limit_s,
            connection_class=_SecureFollower if self._is_secure else _Follower,
            nodes=self,
            slot=slot,
            **self._options,
            **patience(answer_limit_s, Retry(NoBackoff(), 0)),
        )
        return Redis.from_pool(pool)

    def doubt(self) -> None:
        """A node was not what the map says."""
        self._doubted = True

    async def address(self, slot: int) -> Address:
        """The node that has the slot.

        Raises:
            ConnectionError: nobody knows.
        """
        async with self._asking:
            now_s = asyncio.get_running_loop().time()
            if self._doubted and now_s >= self._ask_again_at_s:
                await self._ask()
                self._ask_again_at_s = asyncio.get_running_loop().time() + _ASK_AGAIN_S
        for (first, last), address in self._slots.items():
            if first <= slot <= last:
                return address
        raise exceptions.ConnectionError(f"no node has slot {slot}") from self._trouble

    async def _ask(self) -> None:
        for _ in range(len(self._nodes)):
            asked = self._nodes[0]
            self._nodes.rotate(-1)
            try:
                self._learn(asked, await self._told_by(*asked))
                return
            except (*_AWAY, exceptions.ResponseError) as trouble:
                self._trouble = trouble

    async def _told_by(self, host: str, port: int) -> Any:
        options = {**self._options, **patience(_NODE_LIMIT_S, Retry(NoBackoff(), 0))}
        client: Any = Redis(host=host, port=port, ssl=self._is_secure, **options)
        async with client:
            return await client.execute_command("CLUSTER SLOTS")

    def _learn(self, asked: Address, told: Any) -> None:
        """``told``: lists of a first and a last slot, their master, its replicas. A node that does not know its own name leaves it out."""
        of_slots = {(first, last): [((host or b"").decode() or asked[0], port) for host, port, *_ in nodes] for first, last, *nodes in told}
        self._slots = {slots: nodes[0] for slots, nodes in of_slots.items()}
        self._doubted = not self._slots
        self._nodes.extend({node for nodes in of_slots.values() for node in nodes} - set(self._nodes))


class _Follower(StraightConnection):
    """A connection that goes where the slot is."""

    def __init__(self, *, nodes: ClusterMap, slot: int, **options: Any) -> None:
        self._nodes = nodes
        self._slot = slot
        super().__init__(**options)

    async def connect(self) -> None:
        """Connect to the node that has the slot now."""
        if self.is_connected:
            return
        self.host, self.port = await self._nodes.address(self._slot)
        try:
            async with asyncio.timeout(_NODE_LIMIT_S):
                await super().connect()
        except _AWAY:
            self._nodes.doubt()
            await self.disconnect(nowait=True)
            raise

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """An answer. That of a node that is not the one is trouble with the connection to it."""
        try:
            return await super().read_response(*args, **options)
        except _NOT_THE_ONE as wrong:
            self._nodes.doubt()
            await self.disconnect()
            raise exceptions.ConnectionError(type(wrong).__name__) from wrong
        except (*_AWAY, asyncio.CancelledError):  # whoever waited gave up, and this may be why
            self._nodes.doubt()
            raise


class _SecureFollower(_Follower, StraightSSLConnection):
    """The same over TLS."""


def connect_blocking(url: str, answer_limit_s: float) -> redis.Redis:
    """A client that is no coroutine's, for what asks once and ends.

    Raises:
        ValueError, TypeError: the URL is none.
        RedisError, RedisClusterException: no node of a cluster answers; a server alone is not asked yet.
    """
    options = patience(answer_limit_s, redis.retry.Retry(NoBackoff(), 0))
    if not is_cluster(url):
        return redis.Redis.from_url(url, **options)
    nodes, node = nodes_of(url), cast("Any", redis.cluster.ClusterNode)
    known = [node(parts.hostname or "", parts.port or 6379) for parts in map(urlsplit, nodes)]
    return cast("redis.Redis", redis.RedisCluster.from_url(nodes[0], startup_nodes=known, require_full_coverage=False, **options))
