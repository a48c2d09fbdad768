"""The whole house as real processes: Valkey, gateway and workers, for end-to-end tests."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.redis_shards import connect_blocking, keys_of
from tests.e2e.gateway_process import ROOT, free_port, place_call
from tests.e2e.launched import await_true

WORKERS = ("asr_worker", "llm_worker", "tts_worker")
SCRIPTED = {"ASR_VENDOR": "scripted", "LLM_VENDOR": "scripted", "TTS_VENDOR": "tone", "LANGUAGE": "en", "TONE_MS_PER_CHAR": "30"}
_READY_LIMIT_S = 90
_END_LIMIT_S = 30
_PATIENT_S = "3"
"""So long a caller waits for more: a filler is not the answer, and the answer behind one may be a while in coming."""


class House:
    """Running processes, what they wrote, and a caller."""

    def __init__(self, folder: Path, environment: dict[str, str], services: Sequence[str], code: Mapping[str, Path]) -> None:
        self.port = free_port()
        self.redis = connect_blocking(environment["REDIS_URL"], answer_limit_s=30)
        self.keys = keys_of(environment["REDIS_URL"])
        self._folder = folder
        cache = {"TORIM_CACHE": str(folder / "cache")} | environment
        self._environment = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "PORT": str(self.port)} | cache
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: list[Path] = []
        for number, service in enumerate(services):
            self.start(number, service, code.get(service, ROOT))

    def start(self, number: int, service: str, code: Path = ROOT, /, **environment: str) -> subprocess.Popen[bytes]:
        """One more process, of this checkout or another one."""
        self._logs.append(self._folder / f"{service}_{number}.log")
        with self._logs[-1].open("wb") as log:
            command = [sys.executable, "-m", service]
            self._processes.append(subprocess.Popen(command, cwd=code, env=self._environment | environment, stdout=log, stderr=log))
        return self._processes[-1]

    @property
    def gateway(self) -> subprocess.Popen[bytes]:
        """The gateway that was started with the house."""
        return self.process("gateway")

    def process(self, service: str) -> subprocess.Popen[bytes]:
        """The first process of a service."""
        return next(process for process in self._processes if service in list(process.args))  # type: ignore[arg-type]

    def await_ready(self, port: int = 0) -> None:
        """Return once ``/readyz`` says yes, of the house's gateway or the one at ``port``; a process that ended before is an error."""

        async def poll() -> None:
            async with asyncio.timeout(_READY_LIMIT_S):
                while not await asyncio.to_thread(self._is_ready, port or self.port):
                    ended = [process.args for process in self._processes if process.poll() is not None]
                    assert not ended, f"{ended} ended:\n{self.logs}"
                    await asyncio.sleep(0.05)

        asyncio.run(poll())

    def _is_ready(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def call(self, *arguments: str | Path) -> dict[str, Any]:
        """Place a call; its ``--json`` result with the exit code (``code``) and timeline (``timeline``)."""
        url = f"http://127.0.0.1:{self.port}/twilio/voice"
        code, result, timeline = asyncio.run(place_call(url, "--json", "--gap", _PATIENT_S, *arguments))
        return {"code": code, "timeline": timeline, **(result or {})}

    def await_told(self, call: str) -> None:
        """Return once a gateway has told, and written, all of a stream of the call: its caller does not wait for that."""
        await_true(lambda: bool(re.search(rf"^EVENT call={call} turn=\S+ WS_DONE", self.logs, re.MULTILINE)))

    def events(self, call: str) -> list[str]:
        """Names of the call's event lines, in order, as the gateway printed them."""
        found = re.findall(rf"^EVENT call={call} turn=\S+ (.*)$", self.logs, re.MULTILINE)
        return [re.sub(r" \w+=.*", "", line) for line in found]

    def recorded(self, call: str) -> list[dict[str, str]]:
        """The call's event stream in Redis."""
        entries: Any = self.redis.xrange(self.keys.events(call))
        return [{key.decode(): value.decode() for key, value in fields.items()} for _, fields in entries]

    @property
    def logs(self) -> str:
        """All that the processes wrote."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def kill_one_that_said(self, what: str) -> bool:
        """Kill -9 the first process with ``what`` among its lines; whether there is one."""
        for process, log in zip(self._processes, self._logs, strict=True):
            if what in log.read_text():
                process.kill()
                return True
        return False

    def drain(self, pid: int, meanwhile: Callable[[], object] = lambda: None) -> int:
        """TERM to one process, and wait for its end; the exit code."""
        process = next(process for process in self._processes if process.pid == pid)
        process.terminate()
        meanwhile()
        return process.wait(_END_LIMIT_S)

    def end(self) -> None:
        """INT to every process."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes:
            process.wait(_END_LIMIT_S)
        self.redis.close()


@contextmanager
def house(
    folder: Path, redis_url: str, code: Mapping[str, Path] | None = None, /, *, workers: Sequence[str] = WORKERS, **environment: str
) -> Iterator[House]:
    """A house that is ready for calls; ends with the block. ``code``: of services that are not of this checkout, where theirs is."""
    running = House(folder, {"REDIS_URL": redis_url} | environment, [*workers, "gateway"], code or {})
    try:
        running.await_ready()
        yield running
    finally:
        running.end()
