"""The command that runs a record once more."""

from pathlib import Path

import pytest

from common.command_line import EXIT_USAGE
from gateway.records.format import last_entry, lost_entry
from tests.tools.recorded.calls import ask_and_break, ask_and_hear, desk_record, shell_record
from tools.replay import EXIT_DIFFERENT, EXIT_SAME, main

RECORD, HEARD = desk_record(ask_and_hear), shell_record(1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A record on disk."""
    path = tmp_path / "call.torim"
    path.write_bytes(RECORD)
    return path


def test_the_same_to_the_bit_is_success(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file)]) == EXIT_SAME
    assert "the same to the bit" in capsys.readouterr().out


def test_a_difference_is_an_exit_code_of_its_own(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(RECORD.replace(b"THINKING", b"THUNKING"))
    assert main([str(file)]) == EXIT_DIFFERENT
    assert "THUNKING" in capsys.readouterr().out


def test_other_settings_show_turns_side_by_side(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--set", "min_utt_sec=0.5"]) == EXIT_SAME
    lines = capsys.readouterr().out.splitlines()
    assert ("min_utt_sec=0.5" in lines[0], lines[-1].endswith("turns differ"), any("≠" in line for line in lines)) == (True,) * 3


def test_the_same_settings_again_differ_in_no_turn(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--set", "MIN_UTT_SEC=0.7"]) == EXIT_SAME
    assert capsys.readouterr().out.endswith("0 turns differ\n")


def test_with_other_settings_a_call_that_a_bug_ended_goes_up_to_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(desk_record(ask_and_break))
    assert main([str(file), "--set", "MIN_UTT_SEC=0.6"]) == EXIT_SAME
    *turns, recorded, changed, _ = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in turns] == ["turn", "0", "1"]
    assert all("the core breaks off: IndexError" in line for line in (recorded, changed))


def test_a_detector_hears_the_recorded_frames_anew(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(HEARD)
    assert main([str(file), "--set", "vad=webrtc", "--set", "vad_rms=30000"]) == EXIT_SAME
    assert "“w" not in capsys.readouterr().out.splitlines()[2].split("  ")[-1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("MIN_UTT_SEC", "NAME=VALUE"),
        ("min_utt_sec=soon", "MIN_UTT_SEC='soon': takes a number from 0.4 to 5"),
        ("MIN_UTT_SEC=0.1", "MIN_UTT_SEC='0.1': takes a number from 0.4 to 5"),
        ("SPECULATE_DRAFTS=99", "takes a whole number from 1 to 10"),
        ("patience=3", "patience=3: takes one of MIN_UTT_SEC, MAX_UTT_SEC"),
        ("vad=ear", "VAD='ear': takes one of"),
        ("vad=webrtc", "call.torim: has no sound"),
    ],
)
def test_a_change_that_cannot_be_is_one_line(file: Path, change: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--set", change]) == EXIT_USAGE
    told = capsys.readouterr().err
    assert (why in told, told.count("\n")) == (True, 1)


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none")]) == EXIT_USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_a_cut_record_and_its_gaps_are_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(RECORD[: -len(last_entry())] + lost_entry(7))
    main([str(file)])
    told = capsys.readouterr().err
    assert ("cut off" in told, "7 entries are missing" in told) == (True, True)


def test_a_record_of_another_torim_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(RECORD.replace(b"0.1.0", b"0.0.9"))
    main([str(file)])
    assert "made by Torim 0.0.9" in capsys.readouterr().err
