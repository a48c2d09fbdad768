"""How far a download is, while pip moves and removes its files."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import wheels


def test_wheels_count_in_whichever_folder_they_lie(tmp_path: Path) -> None:
    (tmp_path / "pip-unpack").mkdir()
    (tmp_path / "pip-unpack" / "a.whl").write_bytes(b"123")
    (tmp_path / "b.whl").write_bytes(b"4567")
    (tmp_path / "pip.log").write_bytes(b"not a wheel")
    assert wheels.bytes_of_wheels(tmp_path) == 7


def test_a_wheel_and_a_folder_that_go_while_we_look_count_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("gone", "stays"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.whl").write_bytes(b"123")
    (tmp_path / "moved.whl").write_bytes(b"4567")
    walk = os.walk

    def walk_beside_pip(top: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        for found in walk(top):
            if found[0] == str(tmp_path):  # pip is done with these once their names are read
                (tmp_path / "moved.whl").unlink()
                (tmp_path / "gone" / "a.whl").unlink()
                (tmp_path / "gone").rmdir()
            yield found

    monkeypatch.setattr(os, "walk", walk_beside_pip)
    assert wheels.bytes_of_wheels(tmp_path) == 3
