"""``make restart-workers``, ``make restart-gateways``: replace processes by new ones, one at a time, while calls go on.

    spare starts ─▶ is warm ─▶ TERM to a worker: it drains ─▶ its successor is warm ─▶ ... the next one ... ─▶ TERM to the spare

A process that got TERM takes nothing new, ends what it has begun, and is started again by supervisord since it ended. Of a
stage never fewer workers are there than before: the spare stands in. Gateways share their port, so the others take
what comes meanwhile; one that is alone has its calls wait for its successor.

What goes wrong ends it there, with the spare still at work: mend it and type the command again.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from xmlrpc.client import Fault

from common import config
from common.config import Settings
from common.errors import ConfigError, SetupError
from common.health import worker_lives
from common.streams import STAGES
from tools.embedded_redis import socket_path
from tools.log_tail import last_lines
from tools.readiness import answer_of_a_gateway
from tools.run import ROOT
from tools.supervised import UNREACHABLE, Running, supervisor

_LIMIT_S = 180.0
"""Longer than any model takes to load, and than a drain without ``DRAIN_SEC``, which is added."""
_POLL_S = 0.1
_EXIT_FAILED = 1

Warm = Callable[[int], bool]
"""Whether a process can do its work."""


class Restart:
    """Replaces the processes of one run folder."""

    def __init__(self, run_dir: Path, tell: Callable[[str], object], limit_s: float) -> None:
        self._run_dir = run_dir
        self._tell = tell
        self._limit_s = limit_s

    def replace(self, program: str, warm: Warm) -> None:
        """Replace all running processes of a program.

        Raises:
            SetupError: supervisord does not answer, or a process does not end or start in time.
        """
        old = [process for process in self._processes() if process.is_up and re.fullmatch(rf"{program}_\d+", process.name)]
        spare = self._spare_at_work(program, warm) if old else None
        for process in old:
            self._replace(process, warm)
        if spare:
            self._drain(spare)
            self._until(f"{spare.name} does not end", lambda: not self._now(spare).is_up)

    def _spare_at_work(self, program: str, warm: Warm) -> Running | None:
        spare = next((process for process in self._processes() if process.name == f"{program}_spare"), None)
        if spare is None:
            return None
        if not spare.is_up:
            with suppress(Fault), supervisor(self._run_dir) as supervised:  # one that ends at once is told below
                supervised.start(spare)
        self._until(f"{spare.name} does not become warm; see {spare.log}", lambda: warm(self._alive(spare).pid))
        return spare

    def _replace(self, process: Running, warm: Warm) -> None:
        began = time.monotonic()
        self._drain(process)
        self._until(f"{process.name} does not end", lambda: self._now(process).pid != process.pid)
        drained = time.monotonic()
        self._until(f"{process.name} does not become warm again; see {process.log}", lambda: warm(self._alive(process).pid))
        self._tell(f"{process.name}: drained in {drained - began:.1f} s, its successor was warm {time.monotonic() - drained:.1f} s later")

    def _drain(self, process: Running) -> None:
        with supervisor(self._run_dir) as supervised:
            supervised.drain(process)

    def _until(self, fault: str, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + self._limit_s
        while not holds():
            if time.monotonic() > limit:
                raise SetupError(f"{fault} (waited {self._limit_s:g} s)")
            time.sleep(_POLL_S)

    def _alive(self, process: Running) -> Running:
        """As it is now, unless supervisord has given it up."""
        now = self._now(process)
        if now.state == "FATAL":
            raise SetupError("\n".join([f"{now.name} does not start:", *last_lines(now.log, 1)]))
        return now

    def _now(self, process: Running) -> Running:
        return next(one for one in self._processes() if one.name == process.name)

    def _processes(self) -> list[Running]:
        with supervisor(self._run_dir) as supervised:
            return supervised.processes()


def main(arguments: list[str]) -> int:
    """0 all are replaced, 1 something did not end or start, 2 a setting is at fault."""
    options = _parser().parse_args(arguments)
    run_dir: Path = options.run_dir.resolve()
    try:
        settings = config.load(config.environment())
        restart = Restart(run_dir, lambda line: sys.stdout.write(f"{line}\n") and sys.stdout.flush(), limit_s(settings))
        if options.what == "gateways":
            restart.replace("gateway", partial(_gateway_is_warm, settings))
        else:
            _restart_workers(restart, settings.redis_url or f"unix://{socket_path(run_dir)}")
    except ConfigError as error:
        sys.stderr.write(f"restart: {error}\n")
        return 2
    except SetupError as error:
        sys.stderr.write(f"restart: {error}\n")
        return _EXIT_FAILED
    except UNREACHABLE as error:
        sys.stderr.write(f"restart: no supervisord in {run_dir}, or it is busy: {error}\n")
        return _EXIT_FAILED
    return 0


def limit_s(settings: Settings) -> float:
    """How long a process may take to end, or to become warm."""
    return _LIMIT_S + (settings.drain_sec or 0)


def _restart_workers(restart: Restart, redis_url: str) -> None:
    for stage in STAGES:
        restart.replace(f"{stage}_worker", partial(worker_lives, stage, redis_url))


def _gateway_is_warm(settings: Settings, pid: int) -> bool:
    """Whether a gateway says that it is ready. Those that share a port answer by turns."""
    return answer_of_a_gateway(settings) == ("", pid)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.restart", description="Replaces processes one at a time, while calls go on.")
    parser.add_argument("what", choices=["workers", "gateways"])
    parser.add_argument("--run-dir", type=Path, default=ROOT / ".run", help="folder of the run, TORIM_RUN")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
