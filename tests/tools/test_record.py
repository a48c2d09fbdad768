"""Recording and drawing a call."""

import wave
from pathlib import Path

import numpy as np

from common.audio import beep
from tools.caller.record import Clear, Mark, Record, write_wav
from tools.caller.timeline import draw


def recorded() -> Record:
    """The caller beeps at 0.5 s, the bot at 1.5 s; two seconds in all."""
    record = Record("CA1")
    record.caller_spoke(0, b"\xff" * 4000)
    record.caller_spoke(4000, beep())
    record.bot_heard(12_000, beep())
    record.caller_spoke(15_840, b"\xff" * 160)
    record.marks.append(Mark(14_000, "m"))
    record.clears.append(Clear(4_000, 0))
    return record


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())


def test_the_recording_is_as_long_as_the_call(tmp_path: Path) -> None:
    write_wav(recorded(), tmp_path / "call.wav")
    assert samples(tmp_path / "call.wav").shape == (16_000, 2)


def test_the_caller_is_on_the_left_at_his_time(tmp_path: Path) -> None:
    write_wav(recorded(), tmp_path / "call.wav")
    loud = np.flatnonzero(np.abs(samples(tmp_path / "call.wav")[:, 0]) > 500)
    assert (4000 <= loud[0] < 4100, 6300 < loud[-1] < 6400) == (True, True)


def test_the_bot_is_on_the_right_at_its_time(tmp_path: Path) -> None:
    write_wav(recorded(), tmp_path / "call.wav")
    loud = np.flatnonzero(np.abs(samples(tmp_path / "call.wav")[:, 1]) > 500)
    assert (12_000 <= loud[0] < 12_100, 14_300 < loud[-1] < 14_400) == (True, True)


def test_spans_that_touch_are_one() -> None:
    record = Record("CA1")
    record.bot_heard(0, b"x" * 160)
    record.bot_heard(160, b"x" * 160)
    record.bot_heard(480, b"x" * 160)
    assert record.heard == [(0, 320), (480, 640)]


def test_a_call_is_drawn_with_both_sides() -> None:
    caller, bot, _ = draw(recorded()).splitlines()
    assert ([_loud(caller), _loud(bot)]) == [[2, 3], [6, 7]]


def test_marks_and_clears_stand_below() -> None:
    assert draw(recorded()).splitlines()[2].partition("|")[2][:8] == "  C    '"


def test_a_long_call_is_drawn_in_rows() -> None:
    record = Record("CA1", caller_track=bytearray(b"\xff" * 8000 * 25))
    assert [line[:6] for line in draw(record).splitlines()[::3]] == ["  0 s ", " 20 s "]


def test_a_call_in_which_nothing_happened_is_nothing() -> None:
    assert draw(Record("CA1")) == ""


def _loud(row: str) -> list[int]:
    """The cells of a drawn row in which something is heard."""
    return [index for index, cell in enumerate(row.partition("|")[2].rstrip("|")) if cell != " "]
