"""The processes of ``make run``: supervisord with everything that ``supervisord.conf`` names.

supervisord runs in a session of its own, so that a Ctrl-C reaches the launcher alone, which
ends the others in order; its lifeline (``tools/lifeline.py``) ends them should the launcher
be killed. Should supervisord be killed, the launcher kills what it left.
"""

import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from common.errors import TorimError
from common.service import EXIT_SETUP
from tools.log_tail import last_lines

_STARTS_BEFORE_READY = 4
_LINES_SHOWN = 12
_STOP_LIMIT_S = 8.0
_TICK_S = 0.05


class ProcessFailed(TorimError):
    """A process that nothing works without is gone: the message says which, and its last words."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process as supervisord sees it."""

    name: str
    state: str
    pid: int
    exit_code: int
    log: Path


class Processes:
    """Starts, watches and ends them."""

    def __init__(self, root: Path, run: Path, environ: dict[str, str]) -> None:
        self._root = root
        self._run = run
        self._environ = environ
        self._supervisord: subprocess.Popen[bytes] | None = None
        self._pids: dict[str, list[int]] = {}

    def start(self) -> None:
        """Starts supervisord, which starts the rest."""
        self._run.joinpath("supervisor.sock").unlink(missing_ok=True)
        command = [sys.executable, "-m", "tools.lifeline", "supervisor.supervisord"]
        command += ["--silent", "--configuration", str(self._root / "supervisord.conf")]
        with self._own_words.open("wb") as words:
            self._supervisord = subprocess.Popen(
                command, cwd=self._root, env=self._environ, stdin=subprocess.PIPE, stdout=words, stderr=words, start_new_session=True
            )

    @property
    def _own_words(self) -> Path:
        return self._run / "log" / "supervisord.out"

    def check(self, *, ready: bool) -> list[str]:
        """The names of processes that were started again since the last time.

        Raises:
            ProcessFailed: one keeps dying, or says that a setting is at fault.
        """
        if self._supervisord is None or self._supervisord.poll() is not None:
            raise ProcessFailed(_with_last_words("supervisord ended", self._own_words))
        return [process.name for process in self._states() if self._check(process, ready=ready)]

    def _check(self, process: Running, *, ready: bool) -> bool:
        pids = self._pids.setdefault(process.name, [])
        new = process.pid != 0 and process.pid not in pids
        if new:
            pids.append(process.pid)
        if process.exit_code == EXIT_SETUP and process.state in {"BACKOFF", "EXITED", "FATAL"}:
            raise ProcessFailed("\n".join(last_lines(process.log, 1)) or f"{process.name}: cannot start")
        if process.state == "FATAL" or (not ready and len(pids) > _STARTS_BEFORE_READY):
            raise ProcessFailed(_with_last_words(f"{process.name} keeps dying", process.log))
        return new and len(pids) > 1

    def _states(self) -> list[Running]:
        """None while supervisord is not up yet, or busy."""
        url = f"unix://{self._run / 'supervisor.sock'}"
        transport = SupervisorTransport("torim", "torim", url)
        try:
            proxy: Any = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
            return [_running(info) for info in proxy.supervisor.getAllProcessInfo()]
        except (OSError, HTTPException, xmlrpc.client.Error):
            return []
        finally:
            transport.close()

    def stop(self, at_once: Callable[[], bool]) -> None:
        """Ends everything in order; kills what is left after some seconds, or when ``at_once`` says so."""
        if self._supervisord is None:
            return
        self._supervisord.terminate()
        limit = time.monotonic() + _STOP_LIMIT_S
        while self._supervisord.poll() is None and time.monotonic() < limit and not at_once():
            time.sleep(_TICK_S)
        if self._supervisord.poll() != 0:
            self._kill()

    def _kill(self) -> None:
        """Each process leads a group of its own."""
        assert self._supervisord is not None
        self._states_once_more()
        self._supervisord.kill()
        self._supervisord.wait()
        for pids in self._pids.values():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pids[-1], signal.SIGKILL)

    def _states_once_more(self) -> None:
        for process in self._states():
            if process.pid:
                self._pids.setdefault(process.name, []).append(process.pid)


def _running(info: dict[str, Any]) -> Running:
    return Running(info["name"], info["statename"], info["pid"], info["exitstatus"], Path(info["stdout_logfile"]))


def _with_last_words(what: str, log: Path) -> str:
    lines = last_lines(log, _LINES_SHOWN)
    return "\n  | ".join([f"{what}; its last lines:", *lines]) if lines else what
