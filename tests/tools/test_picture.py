"""A recorded call as a picture."""

import subprocess
import sys
import wave
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tools.picture import draw

SVG = "{http://www.w3.org/2000/svg}"
GREETING = {"turn": 0, "first_frame_ms": 100, "heard_ms": 500, "voice_to_voice_ms": None, "barge_in": None}
CUT = {"turn": 1, "first_frame_ms": 1000, "heard_ms": 300, "voice_to_voice_ms": 850, "barge_in": {"clear_ms": 1300}}
SILENT = {"turn": 2, "first_frame_ms": None, "heard_ms": None, "voice_to_voice_ms": None, "barge_in": None}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two seconds: the caller loud in the first, the bot in the second."""
    loud, quiet = b"\x00\x40", b"\x00\x00"
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes((loud + quiet) * 8000 + (quiet + loud) * 8000)
    return path


def picture(recording: Path, *turns: dict[str, Any]) -> ET.Element:
    return ET.fromstring(draw(recording, {"turns": list(turns)}))


def words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_both_sides_are_drawn(recording: Path) -> None:
    assert {"caller", "bot"} <= set(words(picture(recording)))


def test_each_side_is_drawn_where_it_sounds(recording: Path) -> None:
    waves = [path.attrib["d"] for path in picture(recording).iter(f"{SVG}path") if path.attrib["d"].count("M") > 10]
    caller, bot = [[float(part.split(" ")[0]) for part in wave.split("M")[1:]] for wave in waves]
    assert max(caller) <= min(bot)


def test_a_turn_tells_how_long_the_caller_waited(recording: Path) -> None:
    assert {"greeting", "turn 1: 850 ms", "clear"} <= set(words(picture(recording, GREETING, CUT)))


def test_a_turn_without_a_reply_is_left_out(recording: Path) -> None:
    assert not any(word.startswith("turn") for word in words(picture(recording, SILENT)))


def test_a_recording_of_one_side_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "mono.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
    with pytest.raises(wave.Error, match="stereo"):
        draw(tmp_path / "mono.wav", None)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.picture", str(tmp_path / "none.wav"), str(tmp_path / "out.svg")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (4, 1)


def test_the_picture_is_written(recording: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.picture", str(recording), str(tmp_path / "out.svg")]
    subprocess.run(command, check=True)
    assert (tmp_path / "out.svg").read_text().startswith("<svg")
