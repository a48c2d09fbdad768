"""What is no voice: hold music, a street, keys, clicks. Music was recorded, the rest is made by rule.

street   noise that falls by 4 dB an octave, swelling as cars pass, an engine's hum under it, now and then a horn
keys     the two tones of ITU-T Q.23, 80-160 ms each, equally loud
clicks   3 to 10 bursts of noise, each fallen by 8.7 dB within 0.3 to 3 ms
"""

import random
from collections.abc import Sequence

import numpy as np

from common.audio import SAMPLE_RATE_HZ
from tests.bench.turns.material.sound import Samples, faded, filtered, nothing, telephone

_KEYS = "123A456B789C*0#D"
_LOW_HZ = (697, 770, 852, 941)
_HIGH_HZ = (1209, 1336, 1477, 1633)
_ENGINE_HARMONICS = 6


def street(rng: random.Random, seconds: float) -> Samples:
    """Traffic."""
    at = _times(seconds)
    rush = filtered(_white(rng, seconds), lambda hz: np.maximum(hz, 50) ** -0.66)
    rush *= (0.4 + sum(_passing(rng, at) for _ in range(rng.randint(1, 3)))) / np.std(rush)
    sound = rush + rng.uniform(0.2, 0.6) * _engine(rng, at)
    if rng.random() < 0.3:
        sound += _horn(rng, at)
    return faded(filtered(sound, telephone))


def _passing(rng: random.Random, at: Samples) -> Samples:
    return np.exp(-(((at - rng.uniform(0, at[-1])) / rng.uniform(0.6, 1.5)) ** 2))


def _engine(rng: random.Random, at: Samples) -> Samples:
    hz = rng.uniform(45, 90)
    return sum((np.sin(2 * np.pi * n * hz * at + rng.uniform(0, 6)) / n for n in range(1, _ENGINE_HARMONICS)), np.zeros(len(at)))


def _horn(rng: random.Random, at: Samples) -> Samples:
    start, length = rng.uniform(0.2, at[-1] - 0.7), rng.uniform(0.2, 0.6)
    pressed = (at >= start) & (at < start + length)
    tones = sum((np.sin(2 * np.pi * n * hz * at) / n for hz in (420, 500) for n in (1, 2, 3)), np.zeros(len(at)))
    return np.where(pressed, tones, 0.0)


def keys(rng: random.Random, pressed: str) -> Samples:
    """One key after the other."""
    parts: list[Samples] = []
    for key in pressed:
        parts += [_tone(key, rng.uniform(0.08, 0.16)), nothing(rng.uniform(0.08, 0.3))]
    return np.concatenate(parts[:-1])


def _tone(key: str, seconds: float) -> Samples:
    row, column = divmod(_KEYS.index(key), len(_HIGH_HZ))
    at = _times(seconds)
    return faded(np.sin(2 * np.pi * _LOW_HZ[row] * at) + np.sin(2 * np.pi * _HIGH_HZ[column] * at), 2)


def clicks(rng: random.Random, seconds: float) -> Samples:
    """A line that crackles, a receiver that is put down."""
    at, sound = _times(seconds), nothing(seconds)
    for _ in range(rng.randint(3, 10)):
        since = at - rng.uniform(0.0, seconds - 0.1)
        sound += (
            rng.uniform(0.2, 1) * _white(rng, seconds) * np.where(since >= 0, np.exp(-np.maximum(since, 0) / rng.uniform(0.0003, 0.003)), 0)
        )
    return filtered(sound, telephone)


def window(rng: random.Random, tracks: Sequence[Samples], seconds: float) -> Samples:
    """A piece of one of the recordings."""
    track, length = rng.choice(tracks), round(seconds * SAMPLE_RATE_HZ)
    start = rng.randrange(len(track) - length)
    return faded(track[start : start + length], 50)


def _times(seconds: float) -> Samples:
    return np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _white(rng: random.Random, seconds: float) -> Samples:
    return np.random.default_rng(rng.randrange(2**32)).standard_normal(len(_times(seconds)))
