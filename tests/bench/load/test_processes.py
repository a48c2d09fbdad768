"""How the processes end that the bench has beside it."""

import asyncio
import signal
import sys

import pytest

from tests.bench.load.processes import Usage, end

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
