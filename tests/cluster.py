"""A Valkey Cluster for tests: three masters and a replica of each, as processes of this machine.

It is formed with the server's own commands, as ``valkey-cli --cluster create`` would. The ports are chosen free
and named one by one, the cluster's own bus included. It ends with the block, or with the tests.
"""

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis

from common.streams import Keys
from tests.authority import Secured
from tests.e2e.gateway_process import free_port
from tests.servers import RealServer

MASTERS = 3
SLOTS = 16_384
NODE_TIMEOUT_MS = 2_000
_FORM_LIMIT_S = 30
_LOOK_S = 0.05


class Node:
    """One server of the cluster."""

    def __init__(self, folder: Path, over: Secured | None, timeout_ms: int) -> None:
        folder.mkdir()
        self.port, self._bus_port = free_port(), free_port()
        options = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", str(self._bus_port)]
        options += ["--cluster-node-timeout", str(timeout_ms), "--repl-diskless-sync-delay", "0"]
        if over is None:
            self._server = RealServer(folder, port=self.port, options=options)
        else:
            options += [*over.options(self.port), "--tls-cluster", "yes", "--tls-replication", "yes"]
            self._server = RealServer(folder, command=over.command, options=options)
        self._stalled = False
        self._server.start()
        self._client = redis.Redis.from_url(self._server.url, protocol=2, socket_timeout=5)
        self.id = self.ask("MYID")

    def ask(self, *command: str | int) -> Any:
        """The answer to a CLUSTER command."""
        client: Any = self._client
        return client.execute_command("CLUSTER " + str(command[0]), *command[1:])

    def meet(self, other: "Node") -> None:
        """Make the other one known."""
        self.ask("MEET", "127.0.0.1", other.port, other._bus_port)

    def is_fit(self, nodes: int) -> bool:
        """Whether it knows so many nodes, and says that every slot is served."""
        known = self._client.cluster("INFO")
        return (known["cluster_state"], known["cluster_known_nodes"], known["cluster_slots_ok"]) == ("ok", str(nodes), str(SLOTS))

    def follows(self) -> bool:
        """Whether it is a replica that has all that its master has."""
        return bool(self._client.info("replication").get("master_link_status") == "up")

    def empty(self) -> None:
        """Throw away all that it holds."""
        self._client.flushall()

    def kill(self) -> None:
        """kill -9."""
        self._server.kill()

    def start(self) -> None:
        """Once more, with what it knows of the others, and nothing else."""
        self._server.start()

    def is_master(self) -> bool:
        """Whether it says so, and lives."""
        try:
            return bool(self._client.info("replication")["role"] == "master")
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def stall(self) -> None:
        """It stands still, its connections open, until it is stopped."""
        self._server.send(signal.SIGSTOP)
        self._stalled = True

    def pause(self, milliseconds: int) -> None:
        """It answers no client for so long; its replica and the other nodes hear from it as ever."""
        self._client.client_pause(milliseconds)

    def go_on(self) -> None:
        """As if nothing had been."""
        self._server.send(signal.SIGCONT)
        self._stalled = False

    def stop(self) -> None:
        """End it."""
        self._client.close()
        if self._stalled:
            self.go_on()
        self._server.stop()


class Cluster:
    """Six nodes that know each other."""

    def __init__(self, masters: list[Node], replicas: list[Node], over: Secured | None) -> None:
        self.masters = masters
        self.replicas = replicas
        """Of each master, in the same order."""
        self._over = over

    @property
    def url(self) -> str:
        """As an operator writes it down."""
        nodes = ",".join(f"127.0.0.1:{node.port}" for node in self.masters)
        return f"redis+cluster://{nodes}" if self._over is None else f"rediss+cluster://{nodes}{self._over.trust}"

    def master_of(self, call: str, keys: Keys) -> Node:
        """The one that serves a call, as long as it lives."""
        with redis.RedisCluster(port=self.masters[0].port, host="127.0.0.1") as client:
            port = client.get_node_from_key(keys.call_hash(call)).port
        return next(node for node in self.masters if node.port == port)

    def replica_of(self, master: Node) -> Node:
        """The one that stands behind it."""
        return self.replicas[self.masters.index(master)]

    @property
    def _nodes(self) -> list[Node]:
        return [*self.masters, *self.replicas]

    def masters_now(self) -> list[Node]:
        """Those that live."""
        return [node for node in self._nodes if node.is_master()]

    def await_masters(self) -> None:
        """Wait until one of a dead master's replicas has its place, and all that live serve again."""
        _until(lambda: len(masters := self.masters_now()) == MASTERS and all(node.is_fit(len(self._nodes)) for node in masters))

    def take_back(self, node: Node) -> None:
        """Start a node that was killed; wait until it follows the one that has its place."""
        node.start()
        _until(lambda: not node.is_master() and node.follows())

    def empty(self) -> None:
        """Throw away all that it holds."""
        for node in self.masters:
            node.empty()


def _formed(folder: Path, ends: ExitStack, over: Secured | None, timeout_ms: int) -> Cluster:
    nodes = []
    for number in range(2 * MASTERS):
        nodes.append(Node(folder / str(number), over, timeout_ms))
        ends.callback(nodes[-1].stop)
    masters, replicas = nodes[:MASTERS], nodes[MASTERS:]
    for number, master in enumerate(masters):
        master.ask("SET-CONFIG-EPOCH", number + 1)
        master.ask("ADDSLOTSRANGE", number * SLOTS // MASTERS, (number + 1) * SLOTS // MASTERS - 1)
    for other in nodes[1:]:
        nodes[0].meet(other)
    _until(lambda: all(node.is_fit(len(nodes)) for node in nodes))
    for master, replica in zip(masters, replicas, strict=True):
        replica.ask("REPLICATE", master.id)
    _until(lambda: all(replica.follows() for replica in replicas))
    return Cluster(masters, replicas, over)


def _until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + _FORM_LIMIT_S
    while not holds():
        assert time.monotonic() < limit, f"the cluster was not formed within {_FORM_LIMIT_S} s"
        time.sleep(_LOOK_S)


@contextmanager
def cluster(over: Secured | None = None, timeout_ms: int = NODE_TIMEOUT_MS) -> Iterator[Cluster]:
    """A cluster that ends with the block; ``over`` TLS, or not; ``timeout_ms``: after which a node counts as gone."""
    folder = Path(tempfile.mkdtemp(prefix="torim-"))
    with ExitStack() as ends:
        ends.callback(shutil.rmtree, folder)
        yield _formed(folder, ends, over, timeout_ms)
