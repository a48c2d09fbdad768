"""How the processes end that the bench has beside it."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bench.load.processes import Usage, end
from tests.e2e.gateway_process import ROOT

_STAYS = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); time.sleep(600)"


async def test_a_process_that_does_not_end_is_killed_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _STAYS, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    await end(process, "asr_worker", within_s=0.01)
    assert process.returncode == -signal.SIGKILL
    assert capsys.readouterr().err == "asr_worker did not end within 0.01 s: killed\n"


async def test_a_process_that_is_gone_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await process.wait()
    await end(process, "asr_worker")
    assert (process.returncode, capsys.readouterr().err) == (0, "")


def test_what_was_used_since_then_is_the_difference_but_of_memory() -> None:
    assert Usage(5.0, 3.0, 80.0).since(Usage(4.0, 1.0, 70.0)) == Usage(1.0, 2.0, 80.0)


# --- Nothing outlives the bench

_SERVER = ("http.server", "0", "--bind", "127.0.0.1")
_BENCH = f"""
import asyncio, sys
from pathlib import Path
from tests.bench.load.processes import OTHER_CORE, run, running

async def bench():
    async with running(OTHER_CORE, Path(sys.argv[1]), *{_SERVER}) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()

run(bench())
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -signal.SIGKILL)], ids=lambda each: str(each)
)
async def test_what_the_bench_started_ends_with_it_however_it_ends(number: signal.Signals, code: int, tmp_path: Path) -> None:
    command = (sys.executable, "-c", _BENCH, str(tmp_path / "log"))
    bench = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert bench.stdout is not None
    server = os.pidfd_open(int(await bench.stdout.readline()))
    try:
        bench.send_signal(number)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(server, ended.set)
        async with asyncio.timeout(30):
            assert await bench.wait() == code
            await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(server)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(server, signal.SIGKILL)
        os.close(server)
