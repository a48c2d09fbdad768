"""How a process starts and ends, in processes of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LIMIT_S = 30

WAITS = """
async def main(settings, draining):
    print("ready", flush=True)
    await draining.wait()
    print("drained", flush=True)
"""
LOADS_IN_A_THREAD = """
async def main(settings, draining):
    print("ready", flush=True)
    await asyncio.to_thread(threading.Event().wait)
"""
LEAVES_A_THREAD_BEHIND = """
async def main(settings, draining):
    threading.Thread(target=threading.Event().wait).start()
    print("ready", flush=True)
    await draining.wait()
    print("drained", flush=True)
"""
DOES_NOT_END = """
async def main(settings, draining):
    print("ready", flush=True)
    await draining.wait()
    print("draining", flush=True)
    await asyncio.Event().wait()
"""
LACKS_SOMETHING = """
async def main(settings, draining):
    async with asyncio.TaskGroup() as group:
        group.create_task(fail())

async def fail():
    raise SetupError("no compiler; type: apt install gcc")
"""
SAYS_MUCH = """
async def main(settings, draining):
    for number in range(20_000):
        print("EVENT call=CA1 turn=1 STATE", number)
        logging.getLogger("torim.test").info("what=state number=%d", number)
"""
HAS_A_BUG = """
async def main(settings, draining):
    raise KeyError("bug")
"""


@contextmanager
def process(main: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A process with this ``main``; it is ended with the block."""
    code = f"import asyncio, logging, sys, threading\nfrom common import service\nfrom common.errors import SetupError\n{main}\n"
    running = subprocess.Popen(
        [sys.executable, "-c", code + 'sys.exit(service.run("test_service", main))'],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def ended(main: str, sent: signal.Signals | None = None, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and error of a process; it gets the signal when it is ready."""
    with process(main, **environment) as running:
        before = ""
        if sent is not None:
            assert running.stdout is not None
            before = running.stdout.readline()
            running.send_signal(sent)
        out, error = running.communicate(timeout=_LIMIT_S)
        return running.returncode, before + out, error


def test_term_lets_the_process_finish_its_work() -> None:
    assert ended(WAITS, signal.SIGTERM) == (0, "ready\ndrained\n", "")


def test_no_thread_holds_up_the_end_of_a_process_that_drained() -> None:
    assert ended(LEAVES_A_THREAD_BEHIND, signal.SIGTERM) == (0, "ready\ndrained\n", "")


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_process_that_drains(second: signal.Signals) -> None:
    with process(DOES_NOT_END) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.terminate()
        running.stdout.readline()
        running.send_signal(second)
        assert running.wait(_LIMIT_S) == 0


def test_int_ends_the_process_without_finishing() -> None:
    assert ended(WAITS, signal.SIGINT) == (0, "ready\n", "")


def test_int_ends_a_process_that_loads_something_in_a_thread() -> None:
    assert ended(LOADS_IN_A_THREAD, signal.SIGINT)[0] == 0


def test_a_bad_setting_is_one_line_and_exit_code_2() -> None:
    code, _, error = ended(WAITS, PORT="many")
    assert (code, error.startswith("test_service: PORT='many': takes a whole number"), error.count("\n")) == (2, True, 1)


def test_a_stop_that_would_kill_it_in_its_drain_is_one_line_and_exit_code_2() -> None:
    code, _, complaint = ended(WAITS, DRAIN_SEC="60", TORIM_STOP_WAIT="15")
    assert (code, complaint.count("\n"), complaint.startswith("test_service: TORIM_STOP_WAIT=15: ")) == (2, 1, True)


def test_what_the_machine_lacks_is_one_line_and_exit_code_2() -> None:
    assert ended(LACKS_SOMETHING) == (2, "", "test_service: no compiler; type: apt install gcc\n")


def test_a_bug_shows_its_traceback() -> None:
    code, _, error = ended(HAS_A_BUG)
    assert (code, "KeyError: 'bug'" in error) == (1, True)


def test_who_does_not_read_its_lines_holds_up_no_process() -> None:
    with process(SAYS_MUCH) as running:
        assert running.wait(_LIMIT_S) == 0
