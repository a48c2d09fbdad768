"""``supervisord.conf`` by itself, as on a server."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from common.config import Settings
from common.metrics import port_of
from tests.e2e.gateway_process import ROOT, free_port
from tests.e2e.house import SCRIPTED
from tests.e2e.launched import await_true

pytestmark = pytest.mark.e2e


class Server:
    """supervisord with what the head of its file asks for."""

    def __init__(self, run: Path) -> None:
        (run / "log").mkdir(parents=True)
        self.port, self.metrics_port = free_port(), 20_000 + free_port() % 10_000  # below those that systems give to connections
        self._environ = SCRIPTED | {
            "PATH": os.defpath,
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "TORIM_CACHE": str(run / "cache"),
            "TORIM_RUN": str(run),
            "TORIM_STOP": "TERM",
            "TORIM_STOP_WAIT": "15",
            "TORIM_REDIS": "1",
            "REDIS_URL": f"unix://{run}/redis.sock",
            "GATEWAYS": "2",
            "ASR_WORKERS": "1",
            "LLM_WORKERS": "1",
            "TTS_WORKERS": "2",
        }
        self._supervisord = subprocess.Popen(
            [ROOT / ".venv/bin/supervisord", "--silent", "--configuration", ROOT / "supervisord.conf"], env=self._environ
        )

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def metrics(self, service: str, number: int) -> str:
        """What a process tells Prometheus; nothing before it listens."""
        own = Settings(metrics_port=self.metrics_port, process_number=number)
        try:
            return httpx.get(f"http://127.0.0.1:{port_of(service, own)}/metrics").text
        except httpx.TransportError:
            return ""

    def running(self, kind: str) -> int:
        """How many processes of the kind (a pattern) run; one that starts does not yet."""
        return len(re.findall(rf"^torim:{kind}_\d +RUNNING", self._status(), re.MULTILINE))

    def _status(self) -> str:
        command = [str(ROOT / ".venv/bin/supervisorctl"), "--configuration", str(ROOT / "supervisord.conf"), "status"]
        return subprocess.run(command, env=self._environ, capture_output=True, text=True, check=False).stdout

    def restart_workers(self) -> str:
        command = [sys.executable, "-m", "tools.restart", "workers", "--run-dir", self._environ["TORIM_RUN"]]
        return subprocess.run(command, cwd=ROOT, env=self._environ, stdout=subprocess.PIPE, text=True, check=True).stdout

    def end(self) -> None:
        self._supervisord.send_signal(signal.SIGTERM)
        self._supervisord.wait(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all; what replaces its workers comes last."""
    server = Server(tmp_path_factory.mktemp("server") / "run")
    yield server
    server.end()


def test_it_serves_with_as_many_workers_as_named(server: Server) -> None:
    await_true(server.ready)
    await_true(lambda: server.running("tts_worker") == 2)


@pytest.mark.parametrize(
    ("service", "number", "tells"),
    [
        ("gateway", 0, "torim_calls 0.0"),
        ("gateway", 1, "torim_calls 0.0"),
        ("asr_worker", 0, 'torim_slots{stage="asr"} 16.0'),
        ("tts_worker", 0, 'torim_slots{stage="tts"} 16.0'),
        ("tts_worker", 1, 'torim_slots{stage="tts"} 16.0'),
    ],
)
def test_each_process_tells_its_metrics_on_a_port_of_its_own(server: Server, service: str, number: int, tells: str) -> None:
    await_true(server.ready)
    await_true(lambda: tells in server.metrics(service, number))


def test_its_workers_can_be_replaced_one_by_one(server: Server) -> None:
    await_true(server.ready)
    told = server.restart_workers()
    assert re.findall(r"^(\w+): drained", told, re.MULTILINE) == ["asr_worker_0", "llm_worker_0", "tts_worker_0", "tts_worker_1"]
    await_true(lambda: server.running("[a-z]+_worker") == 4)
