"""Which detector calls get, and that it is said."""

import sys
from pathlib import Path

import pytest

from common.config import Settings
from common.errors import SetupError
from gateway.vad.choice import choose_detector
from gateway.vad.webrtc import WebrtcDetector

SPEECH_LEVEL = 4000
NO_SPEECH = bytes(320)


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be fetched: pip's own settings say so."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def test_webrtcvad_where_it_is_asked_for(tmp_path: Path) -> None:
    assert isinstance(choose_detector(Settings(torim_cache=tmp_path, vad="webrtc"))(), WebrtcDetector)


def test_webrtcvad_where_the_model_is_not_there_and_one_line_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(choose_detector(Settings(torim_cache=tmp_path))(), WebrtcDetector)
    assert [line.split(":")[0] for line in caplog.messages] == ["vad=webrtc"]


def test_nothing_is_fetched_unless_silero_is_asked_for(tmp_path: Path) -> None:
    choose_detector(Settings(torim_cache=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.usefixtures("no_index")
def test_silero_asked_for_by_name_ends_the_start_where_it_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="silero-vad"):
        choose_detector(Settings(torim_cache=tmp_path, vad="silero"))


def test_webrtcvad_where_onnxruntime_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delitem(sys.modules, "gateway.vad.silero", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert isinstance(choose_detector(Settings(torim_cache=tmp_path))(), WebrtcDetector)
    assert "onnxruntime" in caplog.text


@pytest.mark.speech
@pytest.mark.usefixtures("silero")
def test_silero_where_its_model_is_there(speech_settings: Settings) -> None:
    from gateway.vad.silero import SileroDetector

    assert isinstance(choose_detector(speech_settings)(), SileroDetector)


@pytest.mark.speech
@pytest.mark.usefixtures("silero")
@pytest.mark.parametrize("vad", ["silero", "webrtc"])
def test_vad_rms_is_the_floor_of_either(speech_settings: Settings, vad: str) -> None:
    from common.audio import rms
    from tests.bench.callers import recording

    settings = Settings(torim_cache=speech_settings.torim_cache, vad=vad, vad_rms=32767.0)  # type: ignore[arg-type]
    detector = choose_detector(settings)()
    assert not any(detector.is_speech(pcm, rms(pcm)) for pcm in recording("short_en_hello.wav"))
