"""Even loudness and clean edges for a voice's sound.

A telephone line wants speech at about -20 dBFS: louder clips in mu-law, softer drowns in noise.
The level that counts is that of the voiced stretches, since pauses say nothing about how loud a voice is.
"""

import numpy as np
from numpy.typing import NDArray

LEVEL = 10 ** (-20 / 20)
"""Of the line's speech."""
_PEAK = 10 ** (-3 / 20)
_ACTIVE_BELOW_LOUDEST = 10 ** (-25 / 20)
_SILENT = 1e-4
_FRAME_S = 0.02
_FADE_S = 0.005
_QUIET_BELOW_LOUDEST = 10 ** (-40 / 20)
_KEEP_S = 0.03

Samples = NDArray[np.float32]


def levelled(samples: Samples, rate_hz: int) -> Samples:
    """The sound with its active level at -20 dBFS, no peak above -3 dBFS, and faded over 5 ms at both ends."""
    active = active_level(samples, rate_hz)
    if active < _SILENT:
        return samples
    return _faded(bent(samples * np.float32(LEVEL / active)), rate_hz)


def bent(loud: Samples) -> Samples:
    """What a gain lifted over half the peak is bent down smoothly, up to the peak, instead of making the whole softer."""
    over = np.abs(loud) > _PEAK / 2
    down = np.sign(loud) * (_PEAK / 2) * (1 + np.tanh((np.abs(loud) - _PEAK / 2) / (_PEAK / 2)))
    return np.asarray(np.where(over, down, loud), np.float32)


def active_level(samples: Samples, rate_hz: int) -> float:
    """RMS over the frames that are not pauses."""
    levels = _active_levels(samples, rate_hz)
    return float(np.sqrt(np.mean(levels**2))) if len(levels) else 0.0


def active_ms(samples: Samples, rate_hz: int) -> int:
    """How long the frames are that are not pauses."""
    return round(1000 * _FRAME_S * len(_active_levels(samples, rate_hz)))


def trimmed(samples: Samples, rate_hz: int) -> Samples:
    """The sound without the silence before and after it, but for 30 ms."""
    levels = _frame_levels(samples, rate_hz)
    if not len(levels):
        return samples
    frame = round(_FRAME_S * rate_hz)
    heard = np.flatnonzero(levels >= levels.max() * _QUIET_BELOW_LOUDEST)
    keep = round(_KEEP_S * rate_hz)
    return samples[max(0, heard[0] * frame - keep) : (heard[-1] + 1) * frame + keep]


def _active_levels(samples: Samples, rate_hz: int) -> Samples:
    levels = _frame_levels(samples, rate_hz)
    return np.asarray(levels[levels >= levels.max(initial=0.0) * _ACTIVE_BELOW_LOUDEST], np.float32)


def _frame_levels(samples: Samples, rate_hz: int) -> Samples:
    frame = round(_FRAME_S * rate_hz)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    return np.asarray(np.sqrt(np.mean(frames**2, axis=1)))


def _faded(samples: Samples, rate_hz: int) -> Samples:
    at = np.arange(len(samples))
    return np.asarray(samples * np.clip(np.minimum(at, at[::-1]) / (_FADE_S * rate_hz), 0, 1), np.float32)
