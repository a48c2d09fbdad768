"""supervisord as other programs see it: its processes, and the few things that it is asked to do with them."""

import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

UNREACHABLE = (OSError, HTTPException, xmlrpc.client.Error)
"""What is raised while supervisord is not up, is busy, or does not want what it was asked for."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process as supervisord sees it."""

    group: str
    name: str
    state: str
    pid: int
    exit_code: int
    log: Path

    @property
    def is_up(self) -> bool:
        """Whether it was started, and has not ended."""
        return self.state in {"STARTING", "RUNNING"}

    @property
    def is_spare(self) -> bool:
        """Whether it only stands in while workers are replaced."""
        return self.name.endswith("_spare")


class Supervisor:
    """Its remote procedures."""

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy

    def processes(self) -> list[Running]:
        """All that it has, running or not."""
        return [_running(info) for info in self._proxy.getAllProcessInfo()]

    def start(self, process: Running) -> None:
        """Start a process; returns at once."""
        self._proxy.startProcess(f"{process.group}:{process.name}", False)

    def drain(self, process: Running) -> None:
        """TERM, whatever supervisord itself would end it with. It is started again if its program says so."""
        self._proxy.signalProcess(f"{process.group}:{process.name}", "TERM")


@contextmanager
def supervisor(run_dir: Path) -> Iterator[Supervisor]:
    """The one of a run folder.

    Raises:
        OSError, HTTPException, xmlrpc.client.Error: see ``UNREACHABLE``.
    """
    transport = SupervisorTransport("torim", "torim", f"unix://{run_dir / 'supervisor.sock'}")
    try:
        proxy: Any = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        yield Supervisor(proxy.supervisor)
    finally:
        transport.close()


def _running(info: dict[str, Any]) -> Running:
    return Running(info["group"], info["name"], info["statename"], info["pid"], info["exitstatus"], Path(info["stdout_logfile"]))
