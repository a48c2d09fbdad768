"""What Whisper sees: the log-mel spectrogram of its paper (Radford et al., 2022, section 2.2).

16 kHz sound, windows of 25 ms every 10 ms, 80 (large models: 128) triangular bands on Slaney's mel scale (linear to
1 kHz, logarithmic above), log10 of the energy, floored 80 dB under the loudest and scaled to about -1..1.
"""

import functools

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16000
HOP = 160
_WINDOW = 400
_MAX_FRAMES = 3000

Spectrogram = NDArray[np.float32]


def log_mel(pcm: bytes, *, pad_s: float, bands: int = 80) -> Spectrogram:
    """The spectrogram of 16-bit PCM at 16 kHz with ``pad_s`` of silence behind it, shape (bands, frames), 30 s at most."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    padded = np.pad(samples[: _MAX_FRAMES * HOP], (0, round(pad_s * RATE_HZ)))[: _MAX_FRAMES * HOP]
    mirrored = np.pad(padded, _WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, _WINDOW)[:-1:HOP]
    power = np.abs(np.fft.rfft(windows * _hann(), axis=1)) ** 2
    log = np.log10(np.maximum(_triangles(bands) @ power.T, 1e-10))
    log = np.maximum(log, log.max() - 8)
    return np.ascontiguousarray((log + 4) / 4, dtype=np.float32)


@functools.cache
def _hann() -> NDArray[np.float32]:
    return np.asarray(np.hanning(_WINDOW + 1)[:-1], np.float32)


@functools.cache
def _triangles(bands: int) -> Spectrogram:
    """One triangle a band, each of the same area, so that wide bands don't look louder; shape (80, bins)."""
    edges = _hz(np.linspace(_mel(0), _mel(RATE_HZ / 2), bands + 2))
    bins = np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(triangles * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


# Slaney's scale: 200/3 Hz a mel up to 1 kHz, from there on 27 mel for each factor of 6.4.
_LINEAR_HZ = 200 / 3
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27


def _mel(hz: float) -> float:
    return hz / _LINEAR_HZ if hz < _KNEE_HZ else _KNEE_MEL + float(np.log(hz / _KNEE_HZ)) / _LOG_STEP


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _KNEE_MEL, mel * _LINEAR_HZ, _KNEE_HZ * np.exp((mel - _KNEE_MEL) * _LOG_STEP))
