"""Records as files: private, named after time and call, and honest about a disk that is slow or fails."""

import logging
import stat
import threading
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from common.errors import ConfigError
from common.version import VERSION
from gateway.records.files import LIMIT_BYTES, Records, check_folder, file_name, recording
from gateway.records.format import Handled, Header, Lost, Record, decode
from gateway.turn.events import CallerHungUp, FrameHeard
from gateway.turn.words import Lexicon
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book

SOUND = b"\x00" * 160


def header(call: str = "CA1") -> Header:
    return Header(VERSION, call, "he", 1_700_000_000.25, RULES, phrase_book(), Lexicon())


def record_frames(records: Records, frames: int) -> None:
    """A call of so many frames."""
    recorder = records.begin(header())
    for number in range(frames):
        recorder.happened(FrameHeard(True, number), number / 50, SOUND)
    recorder.close()


def only(folder: Path) -> Path:
    """The one record in a folder."""
    (path,) = folder.iterdir()
    return path


def test_a_record_is_whole_when_the_gateway_ends(tmp_path: Path) -> None:
    with recording(tmp_path) as begin:
        recorder = begin(header())
        recorder.happened(CallerHungUp(), 1.0)
        recorder.close()
    assert decode(only(tmp_path).read_bytes()) == Record(header(), (Handled(1.0, CallerHungUp()),), complete=True)


def test_what_comes_after_the_end_of_a_call_is_no_part_of_its_record(tmp_path: Path) -> None:
    with recording(tmp_path) as begin:
        recorder = begin(header())
        recorder.close()
        recorder.taken((), 1.0)
        recorder.close()
    assert decode(only(tmp_path).read_bytes()).entries == ()


def test_only_the_owner_may_read_a_record(tmp_path: Path) -> None:
    records = Records(tmp_path)
    record_frames(records, 1)
    records.close()
    assert stat.S_IMODE(only(tmp_path).stat().st_mode) == 0o600


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    check_folder(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_record_is_named_after_time_and_call() -> None:
    assert file_name(header()) == "20231114T221320.250000-CA1.torim"


def test_a_calls_name_is_no_path() -> None:
    assert "/" not in file_name(header("../../CA1/2"))


def test_without_a_folder_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with recording(None) as begin:
        recorder = begin(header())
        recorder.happened(CallerHungUp(), 1.0)
        recorder.returned(())
        recorder.taken((), 1.0)
        recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"RECORD_DIR=.*takes a folder"), recording(tmp_path / "file" / "records"):
        pass


# -- Slow and broken disks ------------------------------------------------------------------------


class SlowDisk(BytesIO):
    """Takes nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = threading.Event()
        self.written = b""

    def write(self, data: object) -> int:
        """Wait, and then take it."""
        self.may_write.wait()
        assert isinstance(data, bytes)
        self.written += data
        return len(data)


class FullDisk(BytesIO):
    """Takes the first batch and no more."""

    def write(self, data: object) -> int:
        """Refuse the second time."""
        if self.tell():
            raise OSError(28, "No space left on device")
        assert isinstance(data, bytes)
        return super().write(data)


def record_on(disk: BinaryIO, frames: int) -> None:
    """A long call onto a disk."""
    records = Records(Path(), opener=lambda path: disk)
    record_frames(records, frames)
    if isinstance(disk, SlowDisk):
        disk.may_write.set()
    records.close()


@pytest.fixture
def slow_record() -> Record:
    """Of a call of which more came than there was room for."""
    disk = SlowDisk()
    record_on(disk, LIMIT_BYTES // 100)
    return decode(disk.written)


def test_the_record_says_what_a_slow_disk_lost(slow_record: Record) -> None:
    lost = sum(entry.entries for entry in slow_record.entries if isinstance(entry, Lost))
    kept = sum(isinstance(entry, Handled) for entry in slow_record.entries)
    assert lost > 0
    assert lost + kept == LIMIT_BYTES // 100


def test_the_log_says_how_much_a_slow_disk_lost(caplog: pytest.LogCaptureFixture) -> None:
    disk = SlowDisk()
    record_on(disk, LIMIT_BYTES // 100)
    lost = sum(entry.entries for entry in decode(disk.written).entries if isinstance(entry, Lost))
    assert f"what=record_incomplete file={file_name(header())} lost_entries={lost}" in caplog.messages


def test_a_full_disk_ends_a_record_with_one_line_and_a_count(caplog: pytest.LogCaptureFixture) -> None:
    record_on(FullDisk(), 2000)
    told = [record.message.split(" ")[0] for record in caplog.records if record.levelno == logging.ERROR]
    assert told == ["what=record_not_written", "what=record_incomplete"]


def test_a_file_that_cannot_be_made_is_told(caplog: pytest.LogCaptureFixture) -> None:
    records = Records(Path("/dev/null"))
    record_frames(records, 1)
    records.close()
    assert "error=Not a directory" in caplog.text


def test_of_a_killed_call_all_but_the_newest_part_is_on_disk() -> None:
    disk = SlowDisk()
    disk.may_write.set()
    records = Records(Path(), opener=lambda path: disk)
    recorder = records.begin(header())
    for number in range(500):
        recorder.happened(FrameHeard(True, number), number / 50, SOUND)
    records.close()
    record = decode(disk.written)
    assert (record.complete, len(record.entries) > 450) == (False, True)
