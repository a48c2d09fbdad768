"""A recorded call as a picture: complete, cut to a window, with nothing drawn over anything else."""

import itertools
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from common.command_line import EXIT_USAGE
from tests.samples import few
from tests.tools.recorded.calls import ask_and_break, ask_and_hear, core_call, desk_record, interrupt, shell_record
from tools.drawing import FONT_PX, lanes, width_of
from tools.recorded.scene import draw
from tools.recorded.story import tell
from tools.timeline import EXIT_DRAWN, main

SVG = "{http://www.w3.org/2000/svg}"


def picture_of(record: bytes, folder: Path, *arguments: str) -> ET.Element:
    """What the command draws."""
    (folder / "call.torim").write_bytes(record)
    assert main([str(folder / "call.torim"), str(folder / "out.svg"), *arguments]) == EXIT_DRAWN
    return ET.fromstring((folder / "out.svg").read_text())


def words(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_a_call_is_drawn_with_all_its_rows(tmp_path: Path) -> None:
    shown = words(picture_of(desk_record(interrupt), tmp_path))
    rows = {"turns", "decisions", "holds", "caller", "pieces", "to say", "bot", "heard", "marks", "epoch"}
    happened = {"1 interrupted", "hold: final", "hold: resumed", "BARGE_IN_FINAL", "“רגע”", "SPEAKING"}
    assert rows | happened <= set(shown)


def test_a_window_shows_what_is_in_it(tmp_path: Path) -> None:
    shown = words(picture_of(desk_record(ask_and_hear), tmp_path, "--from", "0", "--to", "1.2"))
    assert ("0 replied" in shown, "“שלום”" in shown) == (True, False)


def test_real_sound_is_drawn_as_a_waveform(tmp_path: Path) -> None:
    paths = [path.attrib["d"] for path in picture_of(shell_record(1), tmp_path).iter(f"{SVG}path")]
    assert max(path.count("M") for path in paths) > 100


@pytest.mark.parametrize("seed", few(range(6), 2))
def test_no_words_overlap(seed: int) -> None:
    story = tell(core_call(seed))
    shown = ET.fromstring(draw(story, 0.0, story.seconds)).iter(f"{SVG}text")
    assert [(one.text, other.text) for one, other in itertools.combinations(shown, 2) if _overlap(_place(one), _place(other))] == []


Place = tuple[float, float, float, float]


def _place(text: ET.Element) -> Place:
    """Left, right, top, bottom of words, as wide as the picture takes them to be."""
    x, y, width = float(text.attrib["x"]), float(text.attrib["y"]), width_of(text.text or "")
    left = {"start": x, "middle": x - width / 2, "end": x - width}[text.attrib.get("text-anchor", "start")]
    return left, left + width, y - FONT_PX + 3, y


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def test_spans_that_overlap_lie_in_different_lanes() -> None:
    assert lanes([(0, 50), (10, 20), (40, 90), (60, 70)]) == [0, 1, 1, 0]


def test_a_png_is_one(tmp_path: Path) -> None:
    (tmp_path / "call.torim").write_bytes(desk_record(ask_and_hear))
    assert main([str(tmp_path / "call.torim"), str(tmp_path / "out.png")]) == EXIT_DRAWN
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_without_the_renderer_a_png_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    (tmp_path / "call.torim").write_bytes(desk_record(ask_and_hear))
    assert main([str(tmp_path / "call.torim"), str(tmp_path / "out.png")]) == EXIT_USAGE
    assert re.search(r"python -m pip install 'resvg-py", capsys.readouterr().err)


def test_a_call_that_a_bug_ended_is_drawn_up_to_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = words(picture_of(desk_record(ask_and_break), tmp_path))
    assert {"0 replied", "BUG: IndexError"} <= set(shown)
    assert re.fullmatch(r"3\.\d\d s into the call the core breaks off: IndexError: .*\n", capsys.readouterr().err)


# -- Where the time of each wait went ---------------------------------------------------------------


def waterfall_of(record: bytes, folder: Path) -> list[str]:
    """Words of the picture."""
    return words(picture_of(record, folder, "--waterfall"))


def test_each_wait_is_drawn_with_steps_that_add_up(tmp_path: Path) -> None:
    shown = waterfall_of(shell_record(13), tmp_path)
    gaps = [int(gap) for word in shown for gap in re.findall(r"^turn \d+: (\d+) ms$", word)]
    assert (len(gaps) > 1, sum(gaps)) == (True, sum(int(word) for word in shown if word.isdecimal()))


def test_no_words_of_it_overlap(tmp_path: Path) -> None:
    shown = picture_of(shell_record(13), tmp_path, "--waterfall").iter(f"{SVG}text")
    assert [(one.text, other.text) for one, other in itertools.combinations(shown, 2) if _overlap(_place(one), _place(other))] == []


def test_a_record_without_a_wait_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "call.torim").write_bytes(desk_record(ask_and_hear))
    assert main([str(tmp_path / "call.torim"), str(tmp_path / "out.svg"), "--waterfall"]) == EXIT_USAGE
    assert "a simulated call of the core has no waits" in capsys.readouterr().err


def test_the_waits_of_a_window_only_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "call.torim").write_bytes(shell_record(13))
    assert main([str(tmp_path / "call.torim"), str(tmp_path / "out.svg"), "--waterfall", "--from", "2"]) == EXIT_USAGE
    assert capsys.readouterr().err == "tools.timeline: --waterfall is of all of the call: takes neither --from nor --to\n"


def test_a_window_ends_with_the_call(tmp_path: Path) -> None:
    record = desk_record(ask_and_hear)
    assert words(picture_of(record, tmp_path, "--to", "inf")) == words(picture_of(record, tmp_path))


@pytest.mark.parametrize(
    "arguments", [("--from", "900"), ("--from", "2", "--to", "1"), ("--from", "nan"), ("--to", "nan"), ("--from", "inf"), ("--from=-1",)]
)
def test_a_window_without_a_call_is_one_line(arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "call.torim").write_bytes(desk_record(ask_and_hear))
    assert main([str(tmp_path / "call.torim"), str(tmp_path / "out.svg"), *arguments]) == EXIT_USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_no_record_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "call.wav").write_bytes(b"RIFF")
    assert main([str(tmp_path / "call.wav"), str(tmp_path / "out.svg")]) == EXIT_USAGE
    assert "not a record" in capsys.readouterr().err
