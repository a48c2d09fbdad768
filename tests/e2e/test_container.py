"""What a container of gateways runs, without the container: as many as GATEWAYS says, on one port."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.gateway_process import ROOT, Process, free_port

pytestmark = pytest.mark.e2e


@asynccontextmanager
async def two_gateways(folder: Path) -> AsyncIterator[Process]:
    """They play the caller back, so that they need nobody else."""
    port = free_port()
    running = await asyncio.create_subprocess_exec(
        ROOT / ".venv/bin/supervisord",
        "--configuration",
        ROOT / "deploy" / "gateways.conf",
        "--pidfile",
        folder / "pid",
        cwd=ROOT,
        env={
            "PATH": f"{ROOT / '.venv/bin'}:{os.defpath}",
            "PORT": str(port),
            "WS_MODE": "ECHO",
            "GATEWAYS": "2",
            "TORIM_STOP_WAIT": "15",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    gateways = Process(running, port)
    try:
        for _ in range(2):
            await gateways.until_said("listening host=")
        yield gateways
    finally:
        await gateways.end()


async def ready(gateways: Process) -> bool:
    """Whether the port answers, asked on a connection of its own."""
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{gateways.port}/readyz")).is_success


async def test_the_port_answers_after_the_death_of_a_gateway_which_is_started_again(tmp_path: Path) -> None:
    async with two_gateways(tmp_path) as gateways:
        pids = re.findall(r"spawned: 'gateway_\d' with pid (\d+)", gateways.output)
        os.kill(int(pids[0]), signal.SIGKILL)
        await gateways.until_said("terminated by SIGKILL")
        assert all([await ready(gateways) for _ in range(5)])
        await gateways.until_said("listening host=")


async def test_the_end_of_the_container_is_that_of_its_gateways(tmp_path: Path) -> None:
    async with two_gateways(tmp_path) as gateways:
        await gateways.end()
        ended = re.findall(r"stopped: (gateway_\d) \(exit status 0\)", gateways.output)
    assert sorted(ended) == ["gateway_0", "gateway_1"]
