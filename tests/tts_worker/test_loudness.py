"""Even loudness and clean edges."""

import numpy as np
import pytest

from tts_worker.loudness import Samples, active_level, levelled, trimmed

RATE_HZ = 22050


def voice(peak: float, seconds: float = 0.5) -> Samples:
    at = np.arange(round(RATE_HZ * seconds))
    return np.asarray(peak * np.sin(2 * np.pi * 200 * at / RATE_HZ), np.float32)


def pause(seconds: float) -> Samples:
    return np.zeros(round(RATE_HZ * seconds), np.float32)


def dbfs(level: float) -> float:
    return 20 * float(np.log10(level))


@pytest.mark.parametrize("peak", [0.01, 0.1, 0.9])
def test_every_sound_comes_out_at_20_dbfs(peak: float) -> None:
    assert dbfs(active_level(levelled(voice(peak), RATE_HZ), RATE_HZ)) == pytest.approx(-20, abs=0.3)


def test_pauses_do_not_count_for_the_level() -> None:
    spoken = np.concatenate([voice(0.3), pause(1.0), voice(0.3)])
    assert active_level(spoken, RATE_HZ) == pytest.approx(active_level(voice(0.3), RATE_HZ), rel=0.02)


def test_a_sharp_peak_is_bent_and_not_clipped() -> None:
    sharp = voice(0.05)
    sharp[5000] = 1.0
    assert np.abs(levelled(sharp, RATE_HZ)).max() <= 10 ** (-3 / 20)


def test_edges_are_faded() -> None:
    cut = levelled(np.full(RATE_HZ // 2, 0.3, np.float32), RATE_HZ)
    assert (cut[0], cut[-1]) == (0, 0)


def test_silence_stays_silence() -> None:
    assert not levelled(pause(0.5), RATE_HZ).any()


def test_no_sound_stays_none() -> None:
    assert len(levelled(pause(0), RATE_HZ)) == 0


def test_silence_before_and_after_is_cut_to_30_ms() -> None:
    spoken = trimmed(np.concatenate([pause(0.4), voice(0.3), pause(0.6)]), RATE_HZ)
    assert len(spoken) / RATE_HZ == pytest.approx(0.5 + 2 * 0.03, abs=0.045)


def test_silence_in_the_middle_stays() -> None:
    spoken = trimmed(np.concatenate([voice(0.3), pause(0.4), voice(0.3)]), RATE_HZ)
    assert len(spoken) / RATE_HZ == pytest.approx(1.4, abs=0.02)


def test_a_sound_shorter_than_a_frame_is_not_trimmed() -> None:
    assert len(trimmed(voice(0.3, 0.01), RATE_HZ)) == round(0.01 * RATE_HZ)
