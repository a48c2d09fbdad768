"""The bot's own echo: which of the caller's frames are only what was played, come back (sans-I/O).

Theory
    A phone line returns some of what is played into it: 40-400 ms later, 20-40 dB softer,
    band-limited, with reflections, and with the line's noise on it. Such a frame looks like
    speech to any detector, but it *is* the played sound. So the last 100 ms of the caller
    are laid beside all that was played in the range of delays, both in a band that handsets
    pass and with its spectrum flattened, since vowels of any two voices are alike in their
    lows. ``likeness`` is the best normalised correlation of the two: above .5 for 97 % of
    echo frames at 20-30 dB below, and for 8 % of a caller's over another voice.

Rules
    A frame is only echo if it is like what was played AND no louder than that path returns it.
    Until a path was confirmed (three frames alike at one delay) anything down to
    ``LOUDEST_DB`` below may be echo. A confirmed path is stable within a call: around its
    delay less likeness is enough (an *s* has none in this band and is told by its level), and
    6 dB above what it returns is a caller. What is a whole line softer than the bot, ``FAINT_DB``
    below its loudest, is nobody until a second after it: detectors take noise for a voice there.
    Only frames that a detector takes for speech are looked at, and only while played sound
    may come back: a silent bot and a loud caller cost next to nothing.
    The caller's frames count, not their arrival: a late or bursting line keeps its delay.
    What a ``clear`` threw away was not played.

::

    played        ####  ####### ####            as it is expected to be heard
    caller           ....::::..:::::::..::::    the same, softer, ``lag`` later
                      |<--- 100 ms -->|
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from common.audio import FRAME_MS, SAMPLE_RATE_HZ, mulaw_to_pcm

Samples = NDArray[np.float32]

LOUDEST_DB = 14
"""Nothing that is less than this below the played sound is echo."""
FAINT_DB = 35
"""Nothing that is more than this below the loudest of it is a caller."""
MIN_LAG_S, MAX_LAG_S = 0.02, 0.46

_STEP = 2
_RATE_HZ = SAMPLE_RATE_HZ // _STEP
_FRAME_S = FRAME_MS / 1000
_FRAME = _RATE_HZ * FRAME_MS // 1000
_WINDOW_FRAMES = 5
_WINDOW = _WINDOW_FRAMES * _FRAME
_MIN_LAG, _MAX_LAG = round(MIN_LAG_S * _RATE_HZ), round(MAX_LAG_S * _RATE_HZ)
_NEAR = _RATE_HZ * 8 // 1000
"""A run of the playout may start so much earlier or later than the one before."""
_AFTERGLOW = _RATE_HZ
"""A detector that was hearing a voice takes the line's noise for it a little longer."""
_KEPT = _RATE_HZ
"""Longest lag, window, and the playout's lead, with room."""
_ALIKE = 0.5
_ALIKE_NEAR = 0.25
_VOTES, _MOST_VOTES = 3, 12
_SAME_LAG = _RATE_HZ * 5 // 1000
_SURE = 0.7
_HISS = 0.04
_LOUDEST = 10 ** (-LOUDEST_DB / 10)
_FAINT = 10 ** (-FAINT_DB / 10)
_MARGIN = 10 ** (6 / 10)
_LEARN = 0.1
_SMEAR_FRAMES = 3
_BAND, _WIDE = 0, 1
_DRIFT_S = 0.0002
_GAP_S = 0.2
_LOW_HZ, _HIGH_HZ, _EMPHASIS, _TAPS = 250, 1800, 0.8, 32


class EchoGuard(Protocol):
    """Tells the bot's own voice from the caller's."""

    echoes: int
    """Frames that were taken for nothing but echo."""

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """These frames of mu-law are expected to be heard one after another, the last one up to ``until``."""

    def cleared(self, now: float) -> None:
        """What was not heard by ``now`` will not be."""

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Whether the caller's next 20 ms, which came at ``now``, are nothing but echo; every frame is to be shown."""


class NoGuard:
    """All speech is the caller's."""

    echoes = 0

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """Nothing is kept of it."""

    def cleared(self, now: float) -> None:
        """Nothing was kept of it."""

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class Match:
    """Where the caller's sound is most like the played one."""

    lag: int
    likeness: float
    gain: float
    """Caller's energy over the played sound's."""
    echoed: float
    """Loudest energy of a frame that may have become the newest one."""
    hiss: bool
    """Whether both are an *s* or *sh*: hardly anything in band, so not to be compared."""


@dataclass(slots=True)
class Path:
    """How the line returns what is played."""

    lag: int
    gain: float
    votes: int = 1

    @property
    def confirmed(self) -> bool:
        """Whether enough frames agreed."""
        return self.votes >= _VOTES

    def agree(self, match: Match) -> None:
        """Learn from a frame of the same path."""
        self.votes = min(self.votes + 1, _MOST_VOTES)
        self.lag = match.lag
        self.gain *= (match.gain / self.gain) ** _LEARN


class SelfEcho:
    """The echo of one call."""

    def __init__(self) -> None:
        self.echoes = 0
        self.path: Path | None = None
        self._played = PlayedSound()
        self._clock = ArrivalClock()
        self._recent: deque[bytes] = deque([bytes(2 * SAMPLE_RATE_HZ * FRAME_MS // 1000)] * (_WINDOW_FRAMES + 1), _WINDOW_FRAMES + 1)
        self._noise = 0.0

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """These frames of mu-law are expected to be heard one after another, the last one up to ``until``."""
        self._played.add(mulaw_to_pcm(b"".join(frames)), round(until * _RATE_HZ))

    def cleared(self, now: float) -> None:
        """What was not heard by ``now`` will not be."""
        self._played.cut(round(now * _RATE_HZ))

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Whether the caller's next 20 ms, which came at ``now``, are nothing but echo; every frame is to be shown."""
        self._recent.append(pcm)
        at = round(self._clock.next(now) * _RATE_HZ)
        if not speech:
            self._noise += _LEARN * (level * level - self._noise)
            return False
        echo = self._may_be_echo(level * level, at - self._played.end)
        if echo is None:
            echo = self._is_played(_two_ways(b"".join(self._recent))[:, -_WINDOW:], level * level, at)
        self.echoes += echo
        return echo

    def _may_be_echo(self, newest: float, since: int) -> bool | None:
        """What the frame's energy tells, and the time since anything was played; None if that is not enough."""
        if since >= _AFTERGLOW or newest > _LOUDEST * self._played.loudest + self._noise:
            return False
        if newest <= _FAINT * self._played.loudest:
            return True
        return False if since >= _MAX_LAG + _WINDOW else None

    def _is_played(self, sound: Samples, newest: float, at: int) -> bool:
        path = self.path
        if path is not None and path.confirmed:
            match = self._match(sound, at, max(0, path.lag - _NEAR), path.lag + _NEAR)
            if match.likeness >= _SURE:
                return self._fits(match, newest, _LOUDEST)
            if match.likeness >= _ALIKE_NEAR or match.hiss:
                return self._fits(match, newest, _MARGIN * path.gain)
        match = self._match(sound, at, _MIN_LAG, _MAX_LAG)
        return match.likeness >= _ALIKE and self._fits(match, newest, _LOUDEST)

    def _fits(self, match: Match, newest: float, gain: float) -> bool:
        """Whether the newest frame is no louder than a path of this gain returns it; if so, the path is learnt from it."""
        if match.gain > _LOUDEST or newest > gain * match.echoed + self._noise:
            return False
        self._learn(match)
        return True

    def _learn(self, match: Match) -> None:
        """The path may be another one from now on: after so many frames as it is sure."""
        path = self.path
        if path is not None and abs(match.lag - path.lag) <= _SAME_LAG:
            path.agree(match)
        elif path is not None and path.confirmed:
            path.votes -= 1
        else:
            self.path = Path(match.lag, match.gain)

    def _match(self, sound: Samples, at: int, min_lag: int, max_lag: int) -> Match:
        played = self._played.between(at - _WINDOW - max_lag, at - min_lag)
        return best_match(sound, played, max_lag)


def best_match(sound: Samples, played: Samples, max_lag: int) -> Match:
    """The stretch of ``played`` that ``sound`` is most like; the first one begins ``max_lag`` before it."""
    mine, theirs = sound[_BAND], played[_BAND]
    energy = np.cumsum(theirs * theirs, dtype=np.float64)
    energies = energy[_WINDOW - 1 :].copy()
    energies[1:] -= energy[:-_WINDOW]
    likeness = np.abs(correlation(mine, theirs)) / np.sqrt(np.maximum(energies, 1.0))
    best = int(likeness.argmax())
    stretch = played[_WIDE, best : best + _WINDOW]
    return Match(
        lag=max_lag - best,
        likeness=float(likeness[best]) / math.sqrt(float(np.dot(mine, mine)) + 1.0),
        gain=_energy(sound[_WIDE]) / (_energy(stretch) + 1.0),
        echoed=float(_frame_energies(stretch[-_SMEAR_FRAMES * _FRAME :]).max()),
        hiss=_is_hiss(sound) and _is_hiss(played[:, best : best + _WINDOW]),
    )


def _is_hiss(sound: Samples) -> bool:
    newest = sound[:, -2 * _FRAME :]
    return _energy(newest[_BAND]) < _HISS * _energy(newest[_WIDE])


def correlation(sound: Samples, played: Samples) -> Samples:
    """Product sums of ``sound`` with each stretch of ``played`` that is as long."""
    length = len(played)
    spectrum = np.fft.rfft(played, length) * np.conj(np.fft.rfft(sound, length))
    return np.fft.irfft(spectrum, length)[: length - len(sound) + 1].astype(np.float32)


class PlayedSound:
    """What is played, in band, on the time line of its hearing; times are samples at half the line's rate."""

    def __init__(self) -> None:
        self.end = 0
        """End of what was played last."""
        self.loudest = 0.0
        """Most energy of a frame that is kept."""
        self._sound = _silence(0)
        self._tail = bytes(2 * _TAPS)
        self._loudness: deque[float] = deque([0.0], _KEPT // _FRAME)

    def add(self, pcm: bytes, end: int) -> None:
        """Sound that ends at ``end``; what it does not join is silence between."""
        sound = _two_ways(self._tail + pcm)
        self._tail = pcm[-2 * _TAPS :]
        start = end - sound.shape[1]
        self.cut(start)
        gap = min(_KEPT, start - self.end)
        self._sound = np.concatenate((self._sound, _silence(gap), sound), axis=1)[:, -_KEPT:]
        self.end = end
        self._loudness.extend(_frame_energies(sound[_WIDE]).tolist())
        self.loudest = max(self._loudness)

    def cut(self, at: int) -> None:
        """Nothing was played after ``at``."""
        if at < self.end:
            self._sound = self._sound[:, : max(0, self._sound.shape[1] - (self.end - at))]
            self.end = at

    def between(self, start: int, stop: int) -> Samples:
        """What was played between the two; silence where nothing was, or is kept."""
        window = _silence(stop - start)
        first = self.end - self._sound.shape[1]
        low, high = max(start, first), min(stop, self.end)
        if low < high:
            window[:, low - start : high - start] = self._sound[:, low - first : high - first]
        return window


class ArrivalClock:
    """When frames of 20 ms ended that come early, late and in bursts: as the earliest of them tell, but after a gap."""

    def __init__(self) -> None:
        self._at: float | None = None

    def next(self, now: float) -> float:
        """The next frame came at ``now``."""
        expected = now if self._at is None else self._at + _FRAME_S
        self._at = now if now > expected + _GAP_S else min(now, expected + _DRIFT_S)
        return self._at


def _band_filter() -> Samples:
    """Windowed-sinc band-pass that falls below half the band's new rate, then a flattening of speech's slope."""
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    high, low = 2 * _HIGH_HZ / SAMPLE_RATE_HZ, 2 * _LOW_HZ / SAMPLE_RATE_HZ
    taps = (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.hamming(_TAPS)
    return np.convolve(taps, (1.0, -_EMPHASIS)).astype(np.float32)


_FILTER = _band_filter()


def _two_ways(pcm: bytes) -> Samples:
    """16-bit samples at half the rate, as ``_BAND`` and ``_WIDE``; the first ``_TAPS`` samples are used up."""
    sound = np.frombuffer(pcm, "<i2").astype(np.float32)
    two_ways = _silence((len(sound) - _TAPS) // _STEP)
    two_ways[_BAND] = np.convolve(sound, _FILTER, "valid")[::_STEP]
    two_ways[_WIDE] = sound[_TAPS::_STEP]
    return two_ways


def _silence(length: int) -> Samples:
    return np.zeros((2, length), np.float32)


def _energy(sound: Samples) -> float:
    return float(np.dot(sound, sound)) / len(sound)


def _frame_energies(sound: Samples) -> Samples:
    energies: Samples = np.square(sound.reshape(-1, _FRAME)).mean(axis=1)
    return energies
