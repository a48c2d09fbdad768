"""The processes of ``make run``: supervisord with everything that ``supervisord.conf`` names.

supervisord runs in a session of its own, so that a Ctrl-C reaches the launcher alone, which
ends the others in order; its lifeline (``tools/lifeline.py``) ends them should the launcher
be killed. Should supervisord be killed, the launcher kills what it left.

Until calls can come, a process that keeps dying ends the run. After that a worker does not: live
calls go on, with the fallback phrase where nobody is left to do its work, and it is tried again.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from common.errors import TorimError
from common.service import EXIT_SETUP
from tools.log_tail import last_lines
from tools.supervised import UNREACHABLE, Running, supervisor

_STARTS_BEFORE_READY = 4
_LINES_SHOWN = 12
_ORDERLY_S = 1.5
_STOP_LIMIT_S = 8.0
_TICK_S = 0.05
_TRIED_AGAIN_S = 30.0


class ProcessFailed(TorimError):
    """A process that nothing works without is gone: the message says which, and its last words."""


class Processes:
    """Starts, watches and ends them."""

    def __init__(self, root: Path, run: Path, environ: dict[str, str], *, tried_again_s: float = _TRIED_AGAIN_S) -> None:
        self._root = root
        self._run = run
        self._environ = environ
        self._tried_again_s = tried_again_s
        self._supervisord: subprocess.Popen[bytes] | None = None
        self._pids: dict[str, list[int]] = {}
        self._tried_again_at: dict[str, float] = {}
        """Workers that were given up."""

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
        """What happened to processes since the last time, in words.

        Raises:
            ProcessFailed: one that is needed keeps dying, or says that a setting is at fault.
        """
        if self._supervisord is None or self._supervisord.poll() is not None:
            raise ProcessFailed(_with_last_words("supervisord ended", self._own_words))
        return [news for process in self._states() for news in self._check(process, ready=ready)]

    def _check(self, process: Running, *, ready: bool) -> list[str]:
        pids = self._pids.setdefault(process.name, [])
        new = process.pid != 0 and process.pid not in pids
        if new:
            pids.append(process.pid)
        fault = _fault(process, many_starts=not ready and len(pids) > _STARTS_BEFORE_READY)
        if fault:
            return self._given_up(process, fault, ready=ready)
        return [f"{process.name} had ended and was started again"] if new and len(pids) > 1 else []

    def _given_up(self, process: Running, fault: str, *, ready: bool) -> list[str]:
        """A worker's end is not that of the live calls."""
        if not ready or "_worker_" not in process.name:
            raise ProcessFailed(fault)
        now = time.monotonic()
        if process.name not in self._tried_again_at:
            self._tried_again_at[process.name] = now + self._tried_again_s
            return [f"{fault}\n{process.name} IS GONE; calls go on without it, and it is started again in {self._tried_again_s:g} s"]
        if now >= self._tried_again_at[process.name]:
            del self._tried_again_at[process.name]
            self._start_again(process)
        return []

    def _states(self) -> list[Running]:
        """None while supervisord is not up yet, or busy."""
        with suppress(*UNREACHABLE), supervisor(self._run) as supervised:
            return [process for process in supervised.processes() if not process.is_spare]
        return []

    def _start_again(self, process: Running) -> None:
        with suppress(*UNREACHABLE), supervisor(self._run) as supervised:
            supervised.start(process)

    def stop(self, at_once: Callable[[], bool]) -> None:
        """Ends everything in order; kills what is left after some seconds, or when ``at_once`` says so."""
        if self._supervisord is None:
            return
        self._supervisord.terminate()
        if not self._ended_within(_ORDERLY_S, at_once):
            # A signal that meets a child between fork and exec is lost, so it comes again.
            _signal(_session(self._supervisord.pid), signal.SIGINT)
        if not self._ended_within(_STOP_LIMIT_S - _ORDERLY_S, at_once):
            self._supervisord.kill()
            self._supervisord.wait()
        _signal(_session(self._supervisord.pid), signal.SIGKILL)
        assert self._supervisord.stdin is not None
        self._supervisord.stdin.close()

    def _ended_within(self, seconds: float, at_once: Callable[[], bool]) -> bool:
        assert self._supervisord is not None
        limit = time.monotonic() + seconds
        while self._supervisord.poll() is None and time.monotonic() < limit and not at_once():
            time.sleep(_TICK_S)
        return self._supervisord.poll() is not None


def _fault(process: Running, *, many_starts: bool) -> str:
    """Why another start would not help; empty: it lives, or may yet."""
    own_line = "\n".join(last_lines(process.log, 1))
    if process.exit_code == EXIT_SETUP and process.state in {"BACKOFF", "EXITED", "FATAL"}:
        return own_line or f"{process.name}: cannot start"
    if not many_starts and process.state != "FATAL":
        return ""
    if own_line.startswith(f"{_service(process)}: "):  # it named the fault; each look came while it was being started again
        return own_line
    return _with_last_words(f"{process.name} keeps dying", process.log)


def _service(process: Running) -> str:
    """Its package, as it begins its own lines: ``tts_worker`` of ``tts_worker_0``."""
    return process.name.rpartition("_")[0]


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _session(leader: int) -> list[int]:
    """The processes of a session, all but its leader: whatever supervisord started."""
    return [pid for pid in _all_processes() if pid != leader and _session_of(pid) == leader]


def _all_processes() -> list[int]:
    if Path("/proc/self").exists():
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(pid) for pid in listed.stdout.split()]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _with_last_words(what: str, log: Path) -> str:
    lines = last_lines(log, _LINES_SHOWN)
    return "\n  | ".join([f"{what}; its last lines:", *lines]) if lines else what
