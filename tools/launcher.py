"""The launcher behind ``make run``: brings everything up, says when calls can come, ends everything on Ctrl-C.

    settings -> folders, port, Redis -> models -> supervisord -> /readyz -> "ready" ... -> the end

``WS_MODE=ECHO`` takes a gateway and nothing else: no Redis, no worker, no model.

What is wrong is said in one line that names the variable or the command, before anything is
started where that is possible. INT, TERM and HUP are taken at every step; the launcher ends
nothing by itself but what it started, and leaves none of that behind.
"""

import fcntl
import io
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common import config
from common.config import Settings
from common.errors import ConfigError, SetupError
from common.vendors import choose_vendors
from gateway.port import check_exposure, listen
from tools import redis_url
from tools.embedded_redis import server_binary, socket_path
from tools.end import End
from tools.log_tail import LogTail
from tools.processes import Processes, ProcessFailed
from tools.readiness import answer_of_a_gateway
from tools.targets import targets

ROOT = Path(__file__).resolve().parent.parent
_READY_LIMIT_S = 180.0
"""Models load in seconds; a machine that takes longer than this will not answer calls well."""
_QUIET_S = 15.0
"""After so long people want to know what is waited for."""
_TICK_S = 0.1
_TICKS_A_CHECK = 5
_ASKED_A_GATEWAY = 3


class Launcher:
    """One run, from settings to the end."""

    def __init__(self, run_dir: Path, end: End) -> None:
        logging.getLogger("torim").addHandler(logging.NullHandler())  # the gateway says it again, in the right place
        self._run_dir = run_dir
        self._end = end
        self._started = time.monotonic()
        self._ready = False
        self._awaited = ""
        self._ready_gateways: set[int] = set()
        self._environ = {**config.environment(), "PUBLISH": ""}  # which is for containers: here HOST is what others reach
        self._settings = config.load(self._environ)

    def run(self) -> None:
        """Returns never but by AskedToEnd, ConfigError, SetupError or ProcessFailed."""
        self._say([f"make run: .env: {name} is no setting of Torim's, so it changes nothing" for name in config.unknown_names()])
        check_exposure(self._settings)
        _check_folders(self._settings, self._run_dir)
        with _alone_in(self._run_dir):
            listen(self._settings.host, self._settings.port).close()
            _check_metrics_ports(self._settings)
            environ = {**self._environ, **self._placement()}
            if self._settings.ws_mode == "AI":
                self._prepare_pipeline(environ)
            self._supervise(environ)

    def _placement(self) -> dict[str, str]:
        """What ``supervisord.conf`` and the processes need to know of this run."""
        settings = self._settings
        pipeline = settings.ws_mode == "AI"
        embedded = pipeline and not settings.redis_url
        return {
            "TORIM_RUN": str(self._run_dir),
            "TORIM_STOP": "INT",
            "TORIM_STOP_WAIT": "3",
            "TORIM_REDIS": "1" if embedded else "0",
            "REDIS_URL": f"unix://{socket_path(self._run_dir)}" if embedded else settings.redis_url,
            "TORIM_CACHE": str(settings.torim_cache.expanduser()),
            "GATEWAYS": str(settings.gateways if pipeline else 1),
            "ASR_WORKERS": str(settings.asr_workers if pipeline else 0),
            "LLM_WORKERS": str(settings.llm_workers if pipeline else 0),
            "TTS_WORKERS": str(settings.tts_workers if pipeline else 0),
        }

    # --- What the pipeline takes

    def _prepare_pipeline(self, environ: dict[str, str]) -> None:
        if self._settings.redis_url:
            redis_url.check(self._settings.redis_url, self._end)
        else:
            server_binary()  # raises where there is none
        self._fetch_models(environ)

    def _fetch_models(self, environ: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tools.lifeline", "common.models"]
        fetching = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, start_new_session=True)
        try:
            while fetching.poll() is None:
                self._end.wait(_TICK_S)
        finally:
            if fetching.poll() is None:
                _end_group(fetching)
        if fetching.returncode != 0:
            raise SetupError("the speech models are not all there: see the line above")

    # --- Processes

    def _supervise(self, environ: dict[str, str]) -> None:
        log = self._run_dir / "log"
        for old in log.glob("*.log*"):
            old.unlink()
        processes, tail = Processes(ROOT, self._run_dir, environ), LogTail(log, "*_[0-9].log")
        try:
            processes.start()
            self._watch(processes, tail)
        finally:
            asked_at = time.monotonic()
            processes.stop(self._end.insisted)
            self._say(tail.new_lines() if self._ready else [])  # a start that was cut short has nothing to tell
            tail.close()
            self._say([f"make run: everything ended, within {time.monotonic() - asked_at:.1f} s"])

    def _watch(self, processes: Processes, tail: LogTail) -> None:
        ticks = 0
        while True:
            self._end.wait(_TICK_S)
            self._say(tail.new_lines())
            ticks += 1
            if ticks % _TICKS_A_CHECK:
                continue
            self._say([f"make run: {news}" for news in processes.check(ready=self._ready)])
            if not self._ready:
                self._ready = self._became_ready()

    def _say(self, lines: list[str]) -> None:
        try:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
        except OSError:  # the terminal is closed, and with it what is still in the buffer
            sys.stdout = io.StringIO()
            self._end.ask()

    def _became_ready(self) -> bool:
        reason = self._why_not_ready()
        waited = time.monotonic() - self._started
        if not reason:
            self._say(_welcome(self._settings, waited))
            return True
        if waited > _QUIET_S and reason != self._awaited:
            self._awaited = reason
            self._say([f"make run: not ready after {waited:.0f} s: {reason}"])
        if waited > _READY_LIMIT_S:
            raise ProcessFailed(f"not ready after {waited:.0f} s: {reason}; the logs are in {self._run_dir / 'log'}")
        return False

    def _why_not_ready(self) -> str:
        """What is missing; empty: nothing. Gateways share the port, so one has to ask more than once to meet all of them."""
        gateways = self._settings.gateways if self._settings.ws_mode == "AI" else 1
        for _ in range(gateways * _ASKED_A_GATEWAY):
            reason, process = answer_of_a_gateway(self._settings)
            if reason:
                return reason
            self._ready_gateways.add(process)
        here = len(self._ready_gateways)
        return "" if here >= gateways else f"{here} of {gateways} gateways answered so far"


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process that leads a session, with whatever it started."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# --- What must be so before anything starts


def _check_folders(settings: Settings, run_dir: Path) -> None:
    _check_writable("TORIM_CACHE", settings.torim_cache)
    for name, folder in {"RECORD_DIR": settings.record_dir, "MESSAGES_DIR": settings.messages_dir}.items():
        if folder is not None:
            _check_writable(name, folder)
    _check_writable("the folder of this run", run_dir)
    (run_dir / "log").mkdir(exist_ok=True)


def _check_writable(name: str, folder: Path) -> None:
    """Makes the folder, for nobody else to read.

    Raises:
        ConfigError: it cannot be written to.
    """
    path = folder.expanduser()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ConfigError(f"{name}={path}: cannot be written to ({error.strerror}); name a folder that can") from None


def _check_metrics_ports(settings: Settings) -> None:
    """Raises ConfigError where a process would tell its metrics on the gateways' own port."""
    taken = [target for service in (targets(settings) if settings.metrics_port else []) for target in service["targets"]]
    if any(target.endswith(f":{settings.port}") for target in taken):
        raise ConfigError(
            f"METRICS_PORT={settings.metrics_port}: PORT={settings.port} is one of the ports that follow from it; choose another"
        )


@contextmanager
def _alone_in(run_dir: Path) -> Iterator[None]:
    """Holds the run folder against a second launcher; the system lets go of it however this one ends.

    Raises:
        SetupError: another launcher has it.
    """
    with (run_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(f"another `make run` of this folder is running ({run_dir}); end it first") from None
        yield


# --- Ready


def _welcome(settings: Settings, seconds: float) -> list[str]:
    url = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return ["", f"Torim answers calls at {url}  (ready in {seconds:.1f} s)", *_means(settings), *_ways_to_call(settings, url), ""]


def _means(settings: Settings) -> list[str]:
    """What answers a call."""
    if settings.ws_mode == "ECHO":
        return ["  WS_MODE=ECHO plays the caller back; no vendor and no Redis is used"]
    vendors = [f"  {stage.upper()}  {', then '.join(choice.names):<9}({choice.why})" for stage, choice in choose_vendors(settings).items()]
    return [*vendors, f"  Redis {'REDIS_URL' if settings.redis_url else 'embedded (REDIS_URL is not set)'}"]


def _ways_to_call(settings: Settings, url: str) -> list[str]:
    call = "make call" if settings.port == 8080 else f"PORT={settings.port} make call"
    webhook = f"point the number's voice webhook at {url}/twilio/voice"
    if not settings.twilio_auth_token:
        webhook = "set TWILIO_AUTH_TOKEN and PUBLIC_URL=https://..., then point the number's voice webhook at PUBLIC_URL/twilio/voice"
    return [f"  Place a call:  {call}   (in another terminal)", f"  With Twilio:   {webhook}", "  Ctrl-C ends it."]
