"""The spectrogram that Whisper sees."""

import numpy as np
import pytest

from asr_worker.mel import RATE_HZ, log_mel


def pcm_tone(hz: float, *, seconds: float = 1.0, peak: int = 10000) -> bytes:
    at = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    return (peak * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes()


def loudest_band(hz: float) -> int:
    return int(np.argmax(log_mel(pcm_tone(hz), pad_s=0)[:, 50]))


def test_ten_milliseconds_are_a_column_of_80_bands() -> None:
    assert log_mel(pcm_tone(440), pad_s=0).shape == (80, 100)


def test_silence_is_added_behind_the_sound() -> None:
    assert log_mel(pcm_tone(440), pad_s=8).shape == (80, 900)


def test_never_more_than_30_s() -> None:
    assert log_mel(pcm_tone(440, seconds=31), pad_s=8).shape == (80, 3000)


def test_large_models_get_128_bands() -> None:
    assert log_mel(pcm_tone(440), pad_s=0, bands=128).shape == (128, 100)


@pytest.mark.parametrize(("hz", "band"), [(200, 4), (1000, 26), (4000, 62), (7500, 78)])
def test_a_pitch_lights_its_band_of_the_mel_scale(hz: float, band: int) -> None:
    assert loudest_band(hz) == pytest.approx(band, abs=1)


def test_the_loudest_and_the_faintest_are_80_db_apart_at_most() -> None:
    spectrogram = log_mel(pcm_tone(440), pad_s=8)
    assert spectrogram.max() - spectrogram.min() == pytest.approx(2.0, abs=1e-5)


def test_silence_alone_is_flat() -> None:
    assert np.ptp(log_mel(bytes(2 * RATE_HZ), pad_s=8)) == 0
