"""The processes that are measured: which core each has, what the kernel knows of it, and that none outlives the bench."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import uvloop

from tests.e2e.gateway_process import ROOT

CORES = sorted(os.sched_getaffinity(0))
MEASURED_CORE, OTHER_CORE = CORES[0], CORES[-1]
"""The server alone on one core; callers, Redis and workers on another."""
T = TypeVar("T")
_READY_S = 60.0
_END_S = 10.0
_TICK_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def run(work: Coroutine[Any, Any, T]) -> T:
    """``uvloop.run``, which TERM and HUP end in good order, too, so that what was started ends with it; the second one changes nothing.

    Raises:
        SystemExit: one of them came.
    """
    told = list[signal.Signals]()

    async def until_told() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def end(number: signal.Signals) -> None:
            told.append(number)
            if len(told) == 1:
                task.cancel()

        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, end, number)
        return await work

    try:
        return uvloop.run(until_told())
    except asyncio.CancelledError:
        if not told:
            raise
        sys.exit(128 + told[0])


@contextmanager
def on_core(*cores: int) -> Iterator[None]:
    """What is started in this block stays on that core, or those, threads included."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def come_first() -> None:
    """Let this process, the callers' one, run before all others of its core, what it starts excepted: who measures must not wait."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        sys.stderr.write("callers have no right to come first (CAP_SYS_NICE): what they measure has their own waits in it\n")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since its start."""

    cpu_s: float
    waited_s: float
    """How long its main thread was ready to run and did not: somebody else had the core."""
    memory_mb: float

    def since(self, earlier: "Usage") -> "Usage":
        """What it has used since then; its memory is what it has now."""
        return Usage(self.cpu_s - earlier.cpu_s, self.waited_s - earlier.waited_s, self.memory_mb)


def usage(pid: int) -> Usage:
    """As the kernel says it."""
    proc = Path(f"/proc/{pid}")
    fields = (proc / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    waited_ns = int((proc / "schedstat").read_text(encoding="ascii").split()[1])
    pages = int((proc / "statm").read_text(encoding="ascii").split()[1])
    return Usage((int(fields[11]) + int(fields[12])) / _TICK_S, waited_ns / 1e9, pages * _PAGE_BYTES / 2**20)


def descriptors(pid: int) -> int:
    """How many files, sockets included, it has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@asynccontextmanager
async def running(core: int, log: Path, *command: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """``python -m COMMAND`` on a core; INT ends it with the block, and KILL if that takes long; its lifeline, if this process is killed."""
    environ = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", **environment}
    with on_core(core), log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tools.lifeline", *command),
            cwd=ROOT,
            env=environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Linux shares a core out by sessions
        )
    try:
        yield process
    finally:
        await end(process, log.stem)


async def end(process: asyncio.subprocess.Process, name: str, within_s: float = _END_S) -> None:
    """Ask it to end, and kill it after so long: what was measured must not be lost with one that stays."""
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        sys.stderr.write(f"{name} did not end within {within_s:g} s: killed\n")
        process.kill()
        await process.wait()


async def until_ready(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    """Wait until it says so.

    Raises:
        RuntimeError: it ended instead; with what it wrote.
    """
    async with asyncio.timeout(_READY_S), httpx.AsyncClient() as client:
        while not await _says_ready(client, port):
            if process.returncode is not None:
                raise RuntimeError(_last_words(log))
            await asyncio.sleep(0.05)


def _last_words(log: Path) -> str:
    return f"{log.stem} ended:\n{log.read_text(encoding='utf-8')}"


async def _says_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz", timeout=5)).is_success
    except httpx.TransportError:
        return False


Stalls = list[tuple[float, float]]
"""When the probe woke up late, and how late."""


@asynccontextmanager
async def probing(core: int) -> AsyncIterator[Stalls]:
    """A timer probe beside what runs on that core; its findings are there after the block."""
    found: Stalls = []
    with on_core(core):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.load.probe"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    try:
        yield found
    finally:
        out, _ = await process.communicate(b"")
        found += msgspec.json.decode(out, type=Stalls)
