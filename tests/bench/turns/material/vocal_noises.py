"""Coughs, cleared throats, sneezes and breaths, made by rule: nobody was recorded.

Source and filter, as speech is described: noise of a rough flow of air, or pulses of the vocal folds (falling off by
12 dB an octave, irregular), through the resonances of a vocal tract, under an envelope.

    cough    1-3 times: a burst (3 ms rise, falls by 8.7 dB in 15-30 ms), rough air (60-120 ms), now and then a voiced end
    throat   pulses of 75-130 Hz, roughened 20-32 times a second, with air; once or twice
    sneeze   air drawn in, a stop, 60-110 ms of a high vowel, 0.2-0.35 s of hiss above 1.5 kHz
    breath   air in, and maybe out: 0.4-1.1 s each

The phases and their lengths follow descriptions of coughs in acoustics (an explosive, an intermediate and a voiced
phase within 0.3-0.5 s); the figures are ours.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np

from common.audio import SAMPLE_RATE_HZ
from tests.bench.turns.material.sound import Samples, filtered, nothing, telephone

_COUGH_HZ = (700.0, 1300.0, 2500.0)
_THROAT_HZ = (520.0, 1250.0, 2400.0)
_END_S = 0.06
"""Over which what is left of a cough's air fades."""
_BREATH_HZ = (600.0, 1600.0, 2600.0)
_VOWEL_HZ = (750.0, 1300.0, 2600.0)


def cough(rng: random.Random) -> Samples:
    """One to three."""
    parts: list[Samples] = []
    for _ in range(rng.randint(1, 3)):
        parts += [_one_cough(rng), nothing(rng.uniform(0.05, 0.2))]
    return filtered(np.concatenate(parts[:-1]), telephone)


def _one_cough(rng: random.Random) -> Samples:
    length = rng.uniform(0.25, 0.45)
    flow = _falling(length, rng.uniform(0.015, 0.03)) + rng.uniform(0.25, 0.45) * _falling(length, rng.uniform(0.06, 0.12))
    sound = _air(rng, length) * flow
    if rng.random() < 0.5:
        voiced = _pulses(rng, length, rng.uniform(180, 300), rng.uniform(100, 160), 0.05)
        sound += rng.uniform(0.3, 0.6) * voiced * _hump(length, 0.3, 1.0)
    return _through(rng, sound * np.minimum(1, (length - _times(length)) / _END_S), _COUGH_HZ, 220)


def throat(rng: random.Random) -> Samples:
    """Once or twice."""
    parts: list[Samples] = []
    for _ in range(rng.randint(1, 2)):
        parts += [_one_throat(rng), nothing(rng.uniform(0.04, 0.12))]
    return filtered(np.concatenate(parts[:-1]), telephone)


def _one_throat(rng: random.Random) -> Samples:
    length = rng.uniform(0.25, 0.6)
    at = _times(length)
    rough = 1 + rng.uniform(0.4, 0.8) * np.sin(2 * np.pi * rng.uniform(20, 32) * at)
    source = _pulses(rng, length, rng.uniform(90, 130), rng.uniform(75, 100), 0.1) + rng.uniform(0.3, 0.6) * _air(rng, length)
    return _through(rng, source * rough * _hump(length, 0.0, 1.0), _THROAT_HZ, 160)


def sneeze(rng: random.Random) -> Samples:
    """Air drawn in, a stop, a vowel and the hiss."""
    drawn_in = 0.06 * _one_breath(rng, rng.uniform(0.3, 0.5))
    vowel_s, hiss_s = rng.uniform(0.06, 0.11), rng.uniform(0.2, 0.35)
    vowel = _through(
        rng, _pulses(rng, vowel_s, rng.uniform(230, 330), rng.uniform(250, 360), 0.03) * _hump(vowel_s, 0.0, 1.0), _VOWEL_HZ, 120
    )
    hiss = filtered(_air(rng, hiss_s), lambda at: (at / 1500) ** 4 / (1 + (at / 1500) ** 4)) * _falling(hiss_s, rng.uniform(0.07, 0.11))
    parts = (drawn_in, nothing(rng.uniform(0.1, 0.2)), 0.5 * _unit(vowel), _unit(hiss))
    return filtered(np.concatenate(parts), telephone)


def breath(rng: random.Random) -> Samples:
    """In, and maybe out."""
    parts = [_one_breath(rng, rng.uniform(0.4, 1.1))]
    if rng.random() < 0.5:
        parts += [nothing(rng.uniform(0.1, 0.3)), _one_breath(rng, rng.uniform(0.4, 0.9))]
    return filtered(np.concatenate(parts), telephone)


def _one_breath(rng: random.Random, length: float) -> Samples:
    return _unit(_through(rng, _air(rng, length) * _hump(length, 0.0, 1.0), _BREATH_HZ, 400))


VOCAL_NOISES: dict[str, Callable[[random.Random], Samples]] = {"cough": cough, "throat": throat, "sneeze": sneeze, "breath": breath}


# --- Sources, envelopes, resonances


def _times(seconds: float) -> Samples:
    return np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _unit(samples: Samples) -> Samples:
    return np.asarray(samples / np.sqrt(np.mean(samples**2)), np.float64)


def _air(rng: random.Random, seconds: float) -> Samples:
    return np.random.default_rng(rng.randrange(2**32)).standard_normal(len(_times(seconds)))


def _pulses(rng: random.Random, seconds: float, first_hz: float, last_hz: float, jitter: float) -> Samples:
    train, at = np.zeros(len(_times(seconds))), 0.0
    while at < len(train):
        train[int(at)] = 1.0
        hz = first_hz + (last_hz - first_hz) * at / len(train)
        at += SAMPLE_RATE_HZ / hz * (1 + rng.uniform(-jitter, jitter))
    return _unit(filtered(train, lambda hz: (1 + (hz / 200) ** 2) ** -1.0))


def _falling(seconds: float, time_constant_s: float) -> Samples:
    at = _times(seconds)
    return np.minimum(at / 0.003, 1) * np.exp(-at / time_constant_s)


def _hump(seconds: float, start: float, end: float) -> Samples:
    """A sine's half between two parts of the time."""
    part = np.linspace(0, 1, len(_times(seconds)))
    return np.sin(np.pi * np.clip((part - start) / (end - start), 0, 1))


def _through(rng: random.Random, samples: Samples, formants_hz: Sequence[float], width_hz: float) -> Samples:
    """Through resonances one behind the other, of a tract up to 15 % longer or shorter."""
    length = rng.uniform(0.85, 1.15)

    def gain(at: Samples) -> Samples:
        total = np.ones(len(at))
        for centre in (hz * length for hz in formants_hz):
            total *= centre**2 / np.sqrt((centre**2 - at**2) ** 2 + (width_hz * at) ** 2)
        return total

    return filtered(samples, gain)
