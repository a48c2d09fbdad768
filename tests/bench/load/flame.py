"""Where a process spends its time, as a flame graph: ``py-spy`` beside it. What is measured meanwhile is slower than it is."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.load.processes import OTHER_CORE, on_core

RATE_HZ = 250


@asynccontextmanager
async def flame_graph(pid: int, out: Path | None) -> AsyncIterator[None]:
    """Sample a process while the block lasts, and write the SVG then; without ``out``: don't.

    Raises:
        FileNotFoundError: there is no py-spy; says what to type.
    """
    if out is None:
        yield
        return
    program = shutil.which("py-spy")
    if program is None:
        raise FileNotFoundError("no py-spy on the PATH: pipx install py-spy")
    command = [program, "record", "--pid", str(pid), "--rate", str(RATE_HZ), "--duration", "unlimited", "--output", str(out)]
    with on_core(OTHER_CORE):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()
