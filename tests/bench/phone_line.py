"""Recordings of voices, and a phone line that returns what is played into it.

What comes back is the played sound ``delay_s`` later and ``loss_db`` softer (RMS over its voiced
stretches), with reflections, band-limited as by a handset, with the noise of a low-rate codec
(multiplicative, as of ITU-T P.810's reference unit), on a line with noise; all of it mu-law.
"""

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.audio import FRAME_BYTES, SAMPLE_RATE_HZ, mulaw_to_pcm, pcm_to_mulaw, wav_to_mulaw
from tts_worker.loudness import active_level, levelled

Samples = NDArray[np.float64]

CALLERS = Path(__file__).resolve().parents[1] / "data" / "callers"
_VOICES = ("short", "medium", "long", "hebrew", "human_extra")
_FULL_SCALE = 32768
_BREATH_DB = 15
_REFLECTION_S = 0.05
_BAND_TAPS = 97


@cache
def voices() -> dict[str, Samples]:
    """Clean recordings by name, from the labelled start to the labelled end of speech, at their own level."""
    entries = json.loads((CALLERS / "manifest.json").read_text())
    return {entry["file"]: _speech(entry) for entry in entries if entry["category"] in _VOICES}


def _speech(entry: dict[str, int | str]) -> Samples:
    sound = samples(wav_to_mulaw(CALLERS / str(entry["file"])))
    start, end = (int(entry[key]) * SAMPLE_RATE_HZ // 1000 for key in ("speech_start_ms", "speech_end_ms"))
    return sound[start:end]


def from_first_voice(sound: Samples) -> Samples:
    """Without what is more than 15 dB fainter than the voice in front of it: a breath is not heard over anything."""
    frames = sound[: len(sound) // FRAME_BYTES * FRAME_BYTES].reshape(-1, FRAME_BYTES)
    loud = np.sqrt(np.square(frames).mean(axis=1)) > _level(sound) * 10 ** (-_BREATH_DB / 20)
    return sound[int(loud.argmax()) * FRAME_BYTES :]


def samples(mulaw: bytes) -> Samples:
    """Mu-law as numbers of 16-bit scale."""
    return np.frombuffer(mulaw_to_pcm(mulaw), "<i2").astype(np.float64)


def mulaw(sound: Samples) -> bytes:
    """Numbers of 16-bit scale as mu-law."""
    return pcm_to_mulaw(np.clip(np.rint(sound), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes())


def as_the_bot_says_it(sound: Samples) -> bytes:
    """A voice at the loudness of the local one's, in whole frames."""
    said = levelled((sound / _FULL_SCALE).astype(np.float32), SAMPLE_RATE_HZ).astype(np.float64) * _FULL_SCALE
    return mulaw(said[: len(said) // FRAME_BYTES * FRAME_BYTES])


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """One call's line."""

    delay_s: float
    loss_db: float
    response: tuple[float, ...]
    """Band limit and reflections; its level is given by ``loss_db``."""
    codec_noise_db: float
    """How far the codec's noise lies below the sound it goes with."""
    noise_rms: float

    def returns(self, played: bytes, length: int, noise: np.random.Generator) -> Samples:
        """The echo of ``played``, in ``length`` samples from its first one on."""
        sound = samples(played)
        echo = np.convolve(sound, self.response)
        echo *= _level(sound) / _level(echo) * 10 ** (-self.loss_db / 20)
        echo *= 1 + 10 ** (-self.codec_noise_db / 20) * noise.standard_normal(len(echo))
        delay = round(self.delay_s * SAMPLE_RATE_HZ)
        return np.concatenate((np.zeros(delay), echo, np.zeros(length)))[:length]

    def hiss(self, length: int, noise: np.random.Generator) -> Samples:
        """The line's own noise."""
        return noise.normal(0, self.noise_rms, length)


def draw_line(rng: random.Random) -> PhoneLine:
    """A line that returns what it is given."""
    return PhoneLine(
        delay_s=rng.uniform(0.04, 0.4),
        loss_db=rng.uniform(20, 40),
        response=tuple(np.convolve(_reflections(rng), _band(rng.uniform(200, 400), rng.uniform(1800, 3400)))),
        codec_noise_db=rng.uniform(10, 30),
        noise_rms=rng.uniform(20, 60),
    )


def _reflections(rng: random.Random) -> Samples:
    """One to four ways: each further one up to 50 ms longer, and 6 to 20 dB softer."""
    ways = np.zeros(int(_REFLECTION_S * SAMPLE_RATE_HZ) + 1)
    ways[0] = 1.0
    for _ in range(rng.randrange(4)):
        ways[rng.randrange(1, len(ways))] += rng.choice((-1, 1)) * 10 ** (-rng.uniform(6, 20) / 20)
    return ways


def _band(low_hz: float, high_hz: float) -> Samples:
    at = np.arange(_BAND_TAPS) - _BAND_TAPS // 2
    low, high = 2 * low_hz / SAMPLE_RATE_HZ, 2 * high_hz / SAMPLE_RATE_HZ
    band: Samples = (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.hamming(_BAND_TAPS)
    return band


def _level(sound: Samples) -> float:
    return active_level(sound.astype(np.float32), SAMPLE_RATE_HZ)
