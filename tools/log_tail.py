"""Follows the log files of the processes, so that ``make run`` shows them in one terminal.

The processes write into files and not to the terminal, since a terminal that somebody stopped
with Ctrl-S would stop whoever writes to it, and a gateway in mid-call must not wait for that.
"""

import os
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES_A_READ = 256 * 1024


class LogTail:
    """What is new in the files of a folder, line by line; follows a file that is rotated."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self._pattern = pattern
        self._files: dict[Path, _File] = {}

    def new_lines(self) -> list[str]:
        """The whole lines that came since the last time."""
        for path in sorted(self._folder.glob(self._pattern)):
            if path not in self._files:
                self._files[path] = _File(path)
        return [line for file in self._files.values() for line in file.new_lines()]

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        self._begun = b""

    def new_lines(self) -> list[str]:
        data = self._file.read(_MOST_BYTES_A_READ)
        if not data and _was_rotated(self._path, self._file):
            self._file.close()
            self._file = self._path.open("rb")
            data = self._file.read(_MOST_BYTES_A_READ)
        *lines, self._begun = (self._begun + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def close(self) -> None:
        self._file.close()


def _was_rotated(path: Path, file: BinaryIO) -> bool:
    """Whether another file stands under the name by now."""
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:  # in the middle of it
        return False


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a log; empty if there is none."""
    try:
        return path.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []
