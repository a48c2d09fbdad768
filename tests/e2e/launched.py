"""``make run`` as a real process: what it says, and which processes are there because of it."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.e2e.gateway_process import RECORDINGS, ROOT, free_port

LAUNCHER = (sys.executable, "-m", "tools.run")
SCRIPTED = {"ASR_VENDOR": "scripted", "LLM_VENDOR": "scripted", "TTS_VENDOR": "tone", "LANGUAGE": "en", "VAD": "webrtc"}
READY = "Torim answers calls at"
_LIMIT_S = 60.0
_POLL_S = 0.05


class Launched:
    """A launcher, the lines that it wrote, and the processes of its run folder."""

    def __init__(self, folder: Path, environment: dict[str, str], command: tuple[str, ...]) -> None:
        self.run_dir = folder / "run"
        self.port = free_port()
        self.output = ""
        environ = {"PATH": os.defpath, "HOME": str(folder), "PORT": str(self.port), "TORIM_CACHE": str(folder / "cache")}
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C for it is not one for the tests
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def until_said(self, what: str) -> None:
        """Wait for output with ``what`` in it."""
        while what not in self.output:
            assert self._read(), f"it ended without saying {what!r}:\n{self.output}"

    def _read(self) -> bool:
        """More output; False at its end."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            assert selector.select(_LIMIT_S), f"it said nothing more for {_LIMIT_S:g} s:\n{self.output}"
        data = os.read(self._process.stdout.fileno(), 65536)
        self.output += data.decode()
        return bool(data)

    def send(self, number: signal.Signals) -> None:
        """A signal to this process alone."""
        self._process.send_signal(number)

    def press_ctrl_c(self) -> None:
        """INT to the whole foreground group, as a terminal does it."""
        os.killpg(self._process.pid, signal.SIGINT)

    def close_terminal(self) -> None:
        """Nobody reads what it writes any more."""
        assert self._process.stdout is not None
        self._process.stdout.close()

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        assert self._process.stdout is not None
        while not self._process.stdout.closed and self._read():
            pass
        return self._process.wait(_LIMIT_S)

    def processes(self) -> list[str]:
        """Whatever runs and has the run folder in its arguments or its environment."""
        listed = subprocess.run(["ps", "axeww", "-o", "pid=,stat=,command="], capture_output=True, text=True, errors="replace", check=True)
        mine = [line for line in listed.stdout.splitlines() if str(self.run_dir) in line]
        return [line.strip() for line in mine if not line.split()[1].startswith("Z")]

    def until(self, wanted: Callable[[list[str]], bool]) -> None:
        """Wait until the processes are as ``wanted``."""
        await_true(lambda: wanted(self.processes()))

    def pid_of(self, what: str) -> int:
        """The process with ``what`` in its command line."""
        found = [line for line in self.processes() if what in line]
        assert found, f"no process {what}"
        return int(found[0].split()[0])

    def kill_all(self) -> None:
        """For a test that failed."""
        for line in self.processes():
            with suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def await_true(happened: Callable[[], bool]) -> None:
    """Wait until it did."""
    limit = time.monotonic() + _LIMIT_S
    while not happened():
        assert time.monotonic() < limit, f"not within {_LIMIT_S:g} s"
        time.sleep(_POLL_S)


@contextmanager
def launched(folder: Path, *, make: bool = False, **environment: str) -> Iterator[Launched]:
    """``python -m tools.run``, or ``make run``, with a run folder of its own."""
    run_dir = str(folder / "run")
    command = (
        ("make", "--no-print-directory", "run", f"RUN_DIR={run_dir}", f"PYTHON={sys.executable}")
        if make
        else (*LAUNCHER, "--run-dir", run_dir)
    )
    running = Launched(folder, SCRIPTED | environment, command)
    try:
        yield running
    finally:
        running.kill_all()


@contextmanager
def calling(port: int) -> Iterator[None]:
    """A call that is placed meanwhile, and given up at the end of the block."""
    command = [sys.executable, "-m", "tools.call", f"http://127.0.0.1:{port}/twilio/voice", "--wav", str(RECORDINGS / "short_en_hello.wav")]
    call = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        call.kill()
        call.wait()
