"""Recordings, and where their voice is."""

import wave
from pathlib import Path

import pytest

from common.audio import FRAME_BYTES, beep, silence
from tools.caller.sound import audible, line_noise, load, voice_bounds

RECORDINGS = Path(__file__).parents[1] / "data" / "callers"


@pytest.mark.parametrize(
    ("file", "begin_ms", "end_ms"),  # as in the recordings' manifest
    [("short_en_hello.wav", 450, 1050), ("short_en_please-try-again.wav", 450, 1570), ("medium_en_demo-nomatch.wav", 450, 3530)],
)
def test_the_voice_is_found_where_it_was_labelled(file: str, begin_ms: int, end_ms: int) -> None:
    recording = load(RECORDINGS / file)
    assert [recording.voice_begin / 8, recording.voice_end / 8] == pytest.approx([begin_ms, end_ms], abs=20)


def test_silence_has_no_voice() -> None:
    assert voice_bounds(silence(500)) == (0, 0)


def test_the_bounds_are_the_outermost_sounds() -> None:
    sound = silence(200) + beep() + silence(400) + beep() + silence(100)
    assert voice_bounds(sound) == (200 * 8, 1200 * 8)


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    with pytest.raises(ValueError, match="nothing can be heard"):
        load(tmp_path / "silence.wav")


def test_a_file_that_is_no_wav_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.wav"):
        load(tmp_path / "text.wav")


def test_a_file_with_24_bits_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "24.wav"), "wb") as file:
        file.setparams((1, 3, 8000, 0, "NONE", ""))
        file.writeframes(bytes(300))
    with pytest.raises(ValueError, match="24 bits"):
        load(tmp_path / "24.wav")


def test_the_lines_noise_is_not_audible() -> None:
    assert not audible(line_noise()[:FRAME_BYTES])
