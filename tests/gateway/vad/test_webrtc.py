"""Energy floor and webrtcvad."""

from pathlib import Path

import pytest

from common.audio import mulaw_to_pcm, rms, wav_to_mulaw
from gateway.vad.webrtc import WebrtcDetector

HELLO = Path(__file__).parents[2] / "data" / "callers" / "short_en_hello.wav"


def speech_frames(floor_rms: float) -> int:
    """Frames of a recorded "hello" that are speech."""
    pcm = mulaw_to_pcm(wav_to_mulaw(HELLO))
    detector = WebrtcDetector(floor_rms)
    frames = [pcm[at : at + 320] for at in range(0, len(pcm) - 319, 320)]
    return sum(detector.is_speech(frame, rms(frame)) for frame in frames)


def test_a_recorded_hello_is_speech_for_about_its_labelled_length() -> None:
    assert 25 <= speech_frames(60) <= 40


@pytest.mark.parametrize("floor_rms", [32767.0])
def test_nothing_below_the_floor_is_speech(floor_rms: float) -> None:
    assert speech_frames(floor_rms) == 0


def test_a_higher_floor_hears_less() -> None:
    assert speech_frames(2000) < speech_frames(60)
