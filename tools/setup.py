"""Makes the virtual environment that every other target runs in: ``make setup``.

Runs under whatever Python is there, so it uses nothing but the standard library and says
in one line what is missing. Rules:

- ``.venv`` is made by the Python that runs this, and made anew when it does not start (its
  Python is gone or has another number), when a former setup was interrupted, or when another
  Python was named (``make setup PYTHON=…``). Another ``python3`` on the PATH alone changes nothing.
- The lock is installed with its hashes, as wheels only (so no compiler is needed), and
  exactly as it stands: it is complete, so pip resolves nothing (``--no-deps``), and what a
  package says about Python versions was judged when the lock was made.
- A lock is installed once: its digest is kept in ``.venv/torim-setup.json``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = VENV / "torim-setup.json"
LOG = VENV / "torim-setup.log"
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Brings ``.venv`` up to date; ``--dev`` adds what the tests and linters need, ``--named`` insists on this Python."""
    signal.signal(signal.SIGTERM, _stop)
    lock = DEV_LOCK if "--dev" in arguments else RUNTIME_LOCK
    try:
        set_up(lock, named="--named" in arguments)
    except SetupFailed as failed:
        sys.stderr.write(f"setup: {failed}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: stopped; the next make starts it again\n")
        return 130
    return 0


class SetupFailed(Exception):
    """The environment cannot be made: the message says what to type."""


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def set_up(lock: str, *, named: bool) -> None:
    """Installs ``lock`` into ``.venv`` unless that was done before."""
    state = _state()
    usable = not state.get("installing") and _runs() and not (named and _is_of_another_python())
    if usable and any(state.get(done) == _digest(done) for done in (lock, DEV_LOCK)):  # the latter holds the former
        return
    started = time.monotonic()
    if not usable:
        _make_venv()
        state = {}
    _save({**state, "installing": lock})  # stays there if this is interrupted
    try:
        _install(lock)
    except SetupFailed:
        _save(state)
        raise
    _save({**state, lock: _digest(lock)})
    _say(f"setup: ready in {time.monotonic() - started:.0f} s, {_megabytes(VENV)} MB in .venv\n")


def _digest(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def _is_of_another_python() -> bool:
    command = [str(VENV / "bin" / "python"), "-c", "import sys; print(sys.version_info[:3], sys.base_prefix)"]
    said: str = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return said != f"{sys.version_info[:3]} {sys.base_prefix}"


def _state() -> dict[str, str]:
    try:
        loaded: dict[str, str] = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    return loaded


def _save(state: dict[str, str]) -> None:
    STATE.write_text(json.dumps(state, indent=1))


def _runs() -> bool:
    """Whether the environment's Python starts and has pip."""
    python = VENV / "bin" / "python"
    return python.exists() and subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0


def _make_venv() -> None:
    if sys.version_info[:2] < OLDEST:
        raise SetupFailed(f"Python {sys.version.split()[0]} is too old, 3.11 or newer is needed: make setup PYTHON=/path/to/python3.11")
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        version = ".".join(map(str, sys.version_info[:2]))
        raise SetupFailed(f"Python {version} has no venv module: apt-get install python{version}-venv (or python3-venv)")
    _say("setup: making .venv\n")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SetupFailed(f"cannot make {VENV}: {_last_line(made.stderr or made.stdout)}")


def _install(lock: str) -> None:
    total = len(re.findall(r"^[A-Za-z0-9]", (ROOT / lock).read_text(), re.MULTILINE))
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    command += ["--require-hashes", "--only-binary=:all:", "--no-deps", "--ignore-requires-python", "-r", lock]
    pip = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        lines = _follow(pip, total)
        code = pip.wait()
    finally:
        if pip.poll() is None:
            pip.terminate()
            pip.wait()
    LOG.write_text("".join(lines))
    if code != 0:
        raise SetupFailed(_why(lines))


def _follow(pip: subprocess.Popen[str], total: int) -> list[str]:
    """Reads what pip says and shows how far it is."""
    lines: list[str] = []
    fetched = 0
    _say(f"setup: fetching up to {total} packages\n")
    for line in pip.stdout or ():
        lines.append(line)
        if line.startswith("Collecting "):
            fetched += 1
            _progress(f"setup: package {fetched} of up to {total}")
        elif line.startswith("Installing collected packages"):
            _progress("")
            _say("setup: installing them\n")
    _progress("")
    return lines


def _why(lines: list[str]) -> str:
    text = "".join(lines)
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    if "No space left on device" in text:
        return f"no space left for {VENV}: about 1 GB is needed"
    if "(from versions: none)" in text:
        return f"the package index cannot be reached; is there a network? (all that pip said: {LOG})"
    if "No matching distribution" in text:
        return f"{_last_line(errors[0])}: no wheel for this machine's Python or system; try PYTHON=python3.13 (all that pip said: {LOG})"
    return f"pip failed: {_last_line(errors[-1])} (all that pip said: {LOG})"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def _megabytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*")) // 1_000_000


def _progress(line: str) -> None:
    """Rewrites the terminal's line; says nothing into a file."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        _say("\r" + line[:width].ljust(width) + ("" if line else "\r"))


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
