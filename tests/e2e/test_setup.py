"""``make setup`` in a small checkout of its own: one package in its lock."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.gateway_process import ROOT

pytestmark = pytest.mark.e2e

_PACKAGE = "idna"
_OTHER_PACKAGE = "sniffio"


def locked(package: str) -> str:
    """The package's entry in the lock."""
    entry = re.search(rf"^{package}==.*?(?=^\S)", (ROOT / "requirements.lock").read_text(), re.MULTILINE | re.DOTALL)
    assert entry
    return entry[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that was set up once."""
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / "tools").mkdir()
    for name in ("__init__.py", "setup.py"):
        shutil.copy(ROOT / "tools" / name, checkout / "tools" / name)
    (checkout / "requirements.lock").write_text(locked(_PACKAGE))
    (checkout / "requirements-dev.lock").write_text(locked(_OTHER_PACKAGE))
    assert set_up(checkout).returncode == 0
    return checkout


def set_up(checkout: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tools.setup", *arguments]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home())} | environment
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def test_the_environment_has_the_package_of_the_lock(made: Path) -> None:
    assert subprocess.run([made / ".venv/bin/python", "-c", f"import {_PACKAGE}"], check=False).returncode == 0


def test_a_second_setup_does_nothing(made: Path) -> None:
    assert set_up(made).stdout == ""


def test_an_interrupted_setup_is_done_anew(made: Path) -> None:
    state = made / ".venv" / "torim-setup.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "installing": "requirements.lock"}))
    assert "setup: making .venv" in set_up(made).stdout


def test_an_environment_without_its_python_is_made_anew(made: Path) -> None:
    for python in (made / ".venv" / "bin").glob("python*"):
        python.unlink()
    assert "setup: making .venv" in set_up(made).stdout


def test_a_package_that_is_not_the_one_of_the_lock_is_refused(made: Path) -> None:
    (made / "requirements-dev.lock").write_text(re.sub("sha256:[0-9a-f]+", "sha256:" + "0" * 64, locked(_OTHER_PACKAGE)))
    assert "DO NOT MATCH THE HASHES" in set_up(made, "--dev").stderr


def test_without_a_network_it_says_so(made: Path) -> None:
    (made / "requirements-dev.lock").write_text(locked(_OTHER_PACKAGE))
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    assert "is there a network?" in set_up(made, "--dev", **nowhere).stderr
