"""Where a process spends its time, as a flame graph: ``py-spy`` beside it. What is measured meanwhile is slower than it is.

Of what holds the interpreter: threads that only wait are no part of it, and neither are system calls.
"""

import asyncio
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.load.processes import OTHER_CORE, on_core

RATE_HZ = 250


@asynccontextmanager
async def flame_graph(pid: int, out: Path, title: str) -> AsyncIterator[None]:
    """Sample a process while the block lasts, and write the SVG then.

    Raises:
        FileNotFoundError: there is no py-spy; says what to type.
    """
    program = shutil.which("py-spy")
    if program is None:
        raise FileNotFoundError("no py-spy on the PATH: pipx install py-spy")
    new = out.with_name(f"new-{out.name}")
    command = [program, "record", "--gil", "--pid", str(pid), "--rate", str(RATE_HZ), "--duration", "unlimited", "--output", str(new)]
    with on_core(OTHER_CORE):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()
        if new.is_file():
            give_title(new.replace(out), title)
        else:  # the rest of the bench is worth more than a picture
            sys.stderr.write(f"no flame graph: py-spy ended with {process.returncode}, and says why above\n")


_TITLE = re.compile(r'(<text id="title"[^>]*>)([^<]*)')


def give_title(picture: Path, title: str) -> None:
    """Instead of the command, which names this machine's folders."""
    svg = picture.read_text(encoding="utf-8")
    picture.write_text(_TITLE.sub(rf"\g<1>{title}", svg), encoding="utf-8")


def title_of(picture: Path) -> str:
    """Its title; of a picture without one its file's name."""
    found = _TITLE.search(picture.read_text(encoding="utf-8"))
    return found[2] if found else picture.stem
