"""Tests that run in forks: each once, and what becomes of them is told."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.gateway_process import ROOT
from tests.e2e.launched import await_true

PASSES = "def test_passes(tmp_path):\n    pass\n"
FAILS = "def test_fails():\n    print('said before')\n    assert 1 + 1 == 3\n"
DIES = "import os\n\ndef test_dies():\n    os._exit(7)\n"
WAITS = """
import time
from pathlib import Path

import pytest

@pytest.fixture(scope="module")
def begun():
    yield
    Path(__file__).with_name("ended").touch()

def test_waits(begun):
    Path(__file__).with_name("begun").touch()
    time.sleep(60)
"""
TEARS = "import pytest\n\n@pytest.fixture\ndef torn():\n    yield\n    raise OSError('torn')\n\ndef test_is_torn_down(torn):\n    pass\n"


@pytest.fixture
def run(tmp_path: Path) -> "Runner":
    return Runner(tmp_path)


class Runner:
    """Runs pytest on files that are made for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *files: str) -> tuple[int, str]:
        """The exit code and the output."""
        with self.started(*files) as running:
            said, _ = running.communicate()
        return running.returncode, said

    def started(self, *files: str) -> "subprocess.Popen[str]":
        """A run, as from a terminal of its own."""
        for number, text in enumerate(files):
            (self.folder / f"test_{number}.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.forks", "--forks", "2", "--rootdir", self.folder, self.folder]
        return subprocess.Popen(
            list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )


@pytest.mark.long
def test_each_runs_once(run: Runner) -> None:
    code, said = run(PASSES, PASSES, PASSES)
    assert (code, "3 passed" in said) == (0, True)


def test_a_failure_is_told_with_what_was_printed(run: Runner) -> None:
    code, said = run(FAILS, PASSES)
    assert (code, "assert (1 + 1) == 3" in said, "said before" in said, "1 failed, 1 passed" in said) == (1, True, True, True)


@pytest.mark.long
def test_a_fixture_that_breaks_at_its_end_is_an_error(run: Runner) -> None:
    code, said = run(TEARS, PASSES)
    assert (code, "OSError: torn" in said, "2 passed, 1 error" in said) == (1, True, True)


def test_a_fork_that_dies_is_no_success(run: Runner) -> None:
    code, said = run(DIES, PASSES)
    assert (code, "a fork ended with 7" in said) == (3, True)


@pytest.mark.long
def test_files_that_cannot_be_imported_end_the_run(run: Runner) -> None:
    code, said = run("import nowhere_to_be_found", PASSES)
    assert (code, "1 error" in said) == (2, True)


@pytest.mark.long
def test_ctrl_c_ends_what_a_fork_has_begun(run: Runner) -> None:
    with run.started(WAITS, PASSES) as running:
        await_true((run.folder / "begun").exists)
        os.killpg(running.pid, signal.SIGINT)
        running.communicate()
    assert (running.returncode, (run.folder / "ended").exists()) == (2, True)
