"""What becomes of processes that keep dying, with a real supervisord and programs that are made for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from common.errors import SetupError
from tests.e2e.gateway_process import ROOT
from tests.e2e.launched import await_true
from tools.log_tail import last_lines
from tools.processes import Processes, ProcessFailed
from tools.restart import Restart
from tools.supervised import UNREACHABLE, supervisor

pytestmark = pytest.mark.e2e

_CONF = """\
[supervisord]
nodaemon=true
logfile={run}/log/supervisord.log
pidfile={run}/supervisord.pid
[unix_http_server]
file={run}/supervisor.sock
username=torim
password=torim
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:one]
command=sh -c "echo why; {command}"
process_name={name}
startsecs=1
startretries=0
autorestart=unexpected
exitcodes=2
redirect_stderr=true
stdout_logfile={run}/log/{name}.log
"""
A_WORKER = "[program:two]\ncommand=sleep 60\nprocess_name=asr_worker_0\n"
DIES, LACKS_SOMETHING = "exit 1", "exit 2"


@contextmanager
def running(folder: Path, name: str, command: str, more: str = "") -> Iterator[Processes]:
    """supervisord with one program, or more."""
    run = folder / "run"
    (run / "log").mkdir(parents=True)
    (folder / "supervisord.conf").write_text(_CONF.format(run=run, name=name, command=command) + more)
    environ = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    processes = Processes(folder, run, environ, tried_again_s=0.2)
    processes.start()
    try:
        yield processes
    finally:
        processes.stop(lambda: False)


def told(processes: Processes, *, ready: bool) -> str:
    """The first news."""
    news: list[str] = []

    def anything() -> bool:
        news.extend(processes.check(ready=ready))
        return bool(news)

    await_true(anything)
    return news[0]


@pytest.mark.parametrize("command", [DIES, LACKS_SOMETHING])
def test_a_worker_that_keeps_dying_does_not_end_live_calls(tmp_path: Path, command: str) -> None:
    with running(tmp_path, "asr_worker_0", command) as processes:
        assert "asr_worker_0 IS GONE; calls go on without it" in told(processes, ready=True)


def test_its_last_words_are_told(tmp_path: Path) -> None:
    with running(tmp_path, "asr_worker_0", DIES) as processes:
        assert "asr_worker_0 keeps dying; its last lines:\n  | why\n" in told(processes, ready=True)


def test_a_worker_that_was_given_up_is_tried_again(tmp_path: Path) -> None:
    with running(tmp_path, "asr_worker_0", DIES) as processes:
        log = tmp_path / "run" / "log" / "asr_worker_0.log"

        def tried_again() -> bool:
            processes.check(ready=True)
            return last_lines(log, 2) == ["why", "why"]

        await_true(tried_again)


@pytest.mark.parametrize(("name", "ready"), [("asr_worker_0", False), ("gateway_0", True), ("redis_0", True)])
def test_what_nothing_works_without_ends_the_run(tmp_path: Path, name: str, ready: bool) -> None:
    with running(tmp_path, name, DIES) as processes, pytest.raises(ProcessFailed, match=f"{name} keeps dying"):
        told(processes, ready=ready)


def is_up(run: Path, name: str) -> bool:
    """Whether supervisord has started it."""
    with suppress(*UNREACHABLE), supervisor(run) as supervised:
        return any(process.is_up for process in supervised.processes() if process.name == name)
    return False


def test_a_spare_that_does_not_start_ends_the_restart_with_its_own_line(tmp_path: Path) -> None:
    with running(tmp_path, "asr_worker_spare", LACKS_SOMETHING, A_WORKER):
        await_true(lambda: is_up(tmp_path / "run", "asr_worker_0"))
        with pytest.raises(SetupError, match=r"^asr_worker_spare does not start:\nwhy$"):
            Restart(tmp_path / "run", print, 180).replace("asr_worker", lambda pid: False)
        assert is_up(tmp_path / "run", "asr_worker_0")
