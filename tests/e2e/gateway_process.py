"""``python -m gateway`` and ``python -m tools.call`` as real processes."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests" / "data" / "callers"
_START_LIMIT_S = 20
_END_LIMIT_S = 60


def free_port() -> int:
    """A port that nobody listens on, and that nobody else is given: it stays bound, as one that a process of ours may still take."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port: int = probe.getsockname()[1]
    probe.detach()  # to the end of this process
    return port


class Process:
    """A process with the lines that it wrote."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.output = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/twilio/voice"

    async def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """One signal, for a second one has a meaning of its own; and all that it wrote."""
        if self.process.returncode is None:
            self.process.send_signal(by)
        async with asyncio.timeout(_END_LIMIT_S):
            async for line in self._lines():
                self.output += line
            await self.process.wait()

    async def until_said(self, what: str) -> None:
        """Wait for a line with ``what`` in it."""
        async with asyncio.timeout(_START_LIMIT_S):
            async for line in self._lines():
                self.output += line
                if what in line:
                    return
        raise AssertionError(f"the process ended without saying {what}:\n{self.output}")

    async def _lines(self) -> AsyncIterator[str]:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            yield line.decode()

    async def until_ready(self) -> None:
        async with asyncio.timeout(_START_LIMIT_S), httpx.AsyncClient() as client:
            while not await _answers(client, f"http://127.0.0.1:{self.port}/readyz"):
                if self.process.returncode is not None:
                    await self.end()
                    raise AssertionError(f"the process did not start:\n{self.output}")
                await asyncio.sleep(0.02)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False


@asynccontextmanager
async def gateway(**environment: str) -> AsyncIterator[Process]:
    """A gateway that is ready; TERM ends it. Its ``output`` is there afterwards."""
    port = free_port()
    started = await _start("gateway", environment | {"PORT": str(port)}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    process = Process(started, port)
    try:
        await process.until_ready()
        yield process
    finally:
        await process.end()


async def run_gateway(**environment: str) -> tuple[int, str]:
    """A gateway that can't start: exit code, and what it wrote."""
    process = await _start("gateway", environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def place_call(*arguments: str | Path, **environment: str) -> tuple[int, dict[str, Any] | None, str]:
    """A call: exit code, result (with ``--json``) and the timeline."""
    process = await _start("tools.call", environment, *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out) if "--json" in arguments and out else None, err.decode()


async def _start(module: str, environment: dict[str, str], *arguments: str, stdout: int, stderr: int) -> asyncio.subprocess.Process:
    # A clean environment: what the developer has set must not decide a test.
    clean = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"} | environment
    command = [sys.executable, "-m", module, *arguments]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=clean, stdout=stdout, stderr=stderr)
