"""Log files of several processes, followed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.log_tail import LogTail, last_lines


@pytest.fixture
def tail(tmp_path: Path) -> Iterator[LogTail]:
    tail = LogTail(tmp_path, "*.log")
    yield tail
    tail.close()


def test_each_line_is_shown_once(tmp_path: Path, tail: LogTail) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\ntwo\n")
    shown = tail.new_lines()
    with log.open("a") as file:
        file.write("three\n")
    assert (shown, tail.new_lines()) == (["one", "two"], ["three"])


def test_half_a_line_waits_for_its_end(tmp_path: Path, tail: LogTail) -> None:
    log = tmp_path / "a.log"
    log.write_text("on")
    shown = tail.new_lines()
    with log.open("a") as file:
        file.write("e\n")
    assert (shown, tail.new_lines()) == ([], ["one"])


def test_a_file_that_comes_later_is_followed_too(tmp_path: Path, tail: LogTail) -> None:
    tail.new_lines()
    (tmp_path / "b.log").write_text("late\n")
    assert tail.new_lines() == ["late"]


def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(tmp_path: Path, tail: LogTail) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\n")
    tail.new_lines()
    with log.open("a") as file:
        file.write("two\n")
    log.rename(tmp_path / "a.log.1")
    log.write_text("three\n")
    assert [tail.new_lines(), tail.new_lines()] == [["two"], ["three"]]


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path: Path, tail: LogTail) -> None:
    (tmp_path / "a.log").write_bytes(b"\xff one\n")
    assert tail.new_lines() == ["\N{REPLACEMENT CHARACTER} one"]


def test_a_log_that_is_not_there_has_no_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "a.log", 3) == []


def test_the_last_lines_are_the_end_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("one\ntwo\nthree\n")
    assert last_lines(tmp_path / "a.log", 2) == ["two", "three"]
