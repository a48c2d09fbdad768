"""What is played, in the two ways in which echo is told, on the time line of its hearing (sans-I/O).

Both ways are at half the line's rate. ``BAND`` is 250-1,800 Hz with its spectrum flattened: what handsets pass,
and what tells two voices apart. ``WIDE`` is every second sample as it is, folded over: its level is that of
the whole sound.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from common.audio import FRAME_MS, SAMPLE_RATE_HZ

Samples = NDArray[np.float32]

STEP = 2
RATE_HZ = SAMPLE_RATE_HZ // STEP
FRAME = RATE_HZ * FRAME_MS // 1000
BAND, WIDE = 0, 1

_KEPT = RATE_HZ
"""Longest lag, window, and the playout's lead, with room."""
_LOW_HZ, _HIGH_HZ, _EMPHASIS, _TAPS = 250, 1800, 0.8, 32


class NewestSound:
    """The last ``length`` samples of what is added; what nobody asks for is not filtered."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._sound = _silence(length)
        self._new = bytearray(2 * _TAPS)

    def add(self, pcm: bytes) -> None:
        """It goes on."""
        self._new += pcm
        del self._new[: -2 * (_TAPS + STEP * self._length)]

    def drop(self, samples: int) -> None:
        """The newest ones are taken back."""
        kept = self.newest()[:, :-samples]
        self._sound = np.concatenate((_silence(self._length - kept.shape[1]), kept), axis=1)
        self._new = bytearray(2 * _TAPS)

    def newest(self) -> Samples:
        """Up to now; silence before anything was added."""
        if len(self._new) > 2 * _TAPS:
            self._sound = np.concatenate((self._sound, two_ways(bytes(self._new))), axis=1)[:, -self._length :]
            del self._new[: -2 * _TAPS]
        return self._sound


class PlayedSound:
    """What is played, on the time line of its hearing; times are samples at half the line's rate."""

    def __init__(self) -> None:
        self.end = 0
        """End of what was played last."""
        self.loudest = 0.0
        """Most energy of a frame that is kept."""
        self._sound = NewestSound(_KEPT)
        self._loudness: deque[float] = deque(maxlen=_KEPT // FRAME)

    def add(self, pcm: bytes, end: int) -> None:
        """Sound that ends at ``end``; what it does not join is silence between."""
        start = end - len(pcm) // (2 * STEP)
        self.cut(start)
        if start > self.end:
            self._sound.add(bytes(2 * STEP * min(_KEPT, start - self.end)))
        self._sound.add(pcm)
        self.end = end
        self._loudness.extend(frame_energies(_folded(pcm)))
        self.loudest = max(self._loudness)

    def cut(self, at: int) -> None:
        """Nothing was played after ``at``."""
        if at < self.end:
            for _ in range(min(len(self._loudness), (self.end - at) // FRAME)):
                self._loudness.pop()
            self.loudest = max(self._loudness, default=0.0)
            self._sound.drop(self.end - at)
            self.end = at

    def between(self, start: int, stop: int) -> Samples:
        """What was played between the two; silence where nothing was, or is kept."""
        first = self.end - _KEPT
        low, high = max(start, first), min(stop, self.end)
        if low == start and high == stop:
            return self._sound.newest()[:, low - first : high - first]
        window = _silence(stop - start)
        if low < high:
            window[:, low - start : high - start] = self._sound.newest()[:, low - first : high - first]
        return window


def _band_filter() -> Samples:
    """Windowed-sinc band-pass that falls below half the band's new rate, then a flattening of speech's slope."""
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    high, low = 2 * _HIGH_HZ / SAMPLE_RATE_HZ, 2 * _LOW_HZ / SAMPLE_RATE_HZ
    taps = (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.hamming(_TAPS)
    return np.convolve(taps, (1.0, -_EMPHASIS)).astype(np.float32)


_FILTER = _band_filter()


def two_ways(pcm: bytes) -> Samples:
    """16-bit samples at half the rate, as ``BAND`` and ``WIDE``; the first ``_TAPS`` samples are used up."""
    sound = np.frombuffer(pcm, "<i2").astype(np.float32)
    two_ways = _silence((len(sound) - _TAPS) // STEP)
    two_ways[BAND] = np.convolve(sound, _FILTER, "valid")[::STEP]
    two_ways[WIDE] = sound[_TAPS::STEP]
    return two_ways


def _folded(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2")[::STEP].astype(np.float32)


def _silence(length: int) -> Samples:
    return np.zeros((2, length), np.float32)


def energy_of(sound: Samples) -> float:
    return float(np.dot(sound, sound)) / len(sound)


def frame_energies(sound: Samples) -> list[float]:
    """Of each frame; a loop is faster than an array's way for the few that there are."""
    return [energy_of(sound[at : at + FRAME]) for at in range(0, len(sound), FRAME)]
