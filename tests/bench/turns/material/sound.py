"""A sound with the truth about it, and what is done to sounds.

Samples are numbers of 16-bit scale at 8 kHz. The truth comes from one rule, ``edges``: voice is what lies within
30 dB of the sound's own active level (15 dB where the recording has noise of its own), to 5 ms. It is applied to
sounds before there is a line under them.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from common.audio import SAMPLE_RATE_HZ
from tts_worker.loudness import active_level, bent

Samples = NDArray[np.float64]
Gain = Callable[[Samples], Samples]
"""Of frequencies in Hz."""

PER_MS = SAMPLE_RATE_HZ // 1000
_FULL_SCALE = 32768
VOICE_DB = -30
_WINDOW = 10 * PER_MS
_STEP = 5 * PER_MS
_STEADY_STEPS = 4
_STEADY_VOICED = 3
_PAD = 20 * PER_MS
_FADE = 5 * PER_MS
_ROOM_TAPS = 24


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and where in the samples it is."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples, where in them the voice is, and what it is."""

    name: str
    samples: Samples
    voice: tuple[int, int]
    text: str = ""
    source: str = ""
    words: tuple[Word, ...] = ()
    pauses: tuple[tuple[int, int], ...] = ()
    voice_db: float = VOICE_DB
    """What is softer than this beside the active level is no voice."""

    @property
    def voice_s(self) -> float:
        """How long the voice lasts, pauses included."""
        return (self.voice[1] - self.voice[0]) / SAMPLE_RATE_HZ


# --- The truth


def edges(samples: Samples, voice_db: float = VOICE_DB) -> tuple[int, int]:
    """Where the voice starts and ends, to 5 ms.

    Raises:
        ValueError: there is no voice in it.
    """
    loud = _loud(samples, level(samples) * 10 ** (voice_db / 20))
    steady = np.flatnonzero(np.convolve(loud, np.ones(_STEADY_STEPS), "valid") >= _STEADY_VOICED)
    if not len(steady):
        raise ValueError("no voice in the sound")
    inside = np.flatnonzero(loud[steady[0] : steady[-1] + _STEADY_STEPS]) + steady[0]
    # A window is loud by its last half if the one before it is not, and by its first half if the one behind it is not.
    return int(inside[0] + 1) * _STEP if inside[0] else 0, int(inside[-1] + 1) * _STEP


def _loud(samples: Samples, least: float) -> NDArray[np.bool_]:
    """Of each 5 ms whether the 10 ms from there on are voice."""
    power = np.convolve(np.square(samples), np.ones(_WINDOW) / _WINDOW, "valid")[::_STEP]
    return np.asarray(np.sqrt(power) > least)


def level(samples: Samples) -> float:
    """RMS of what is no pause."""
    return active_level(samples.astype(np.float32), SAMPLE_RATE_HZ)


def sounding(
    name: str, samples: Samples, text: str = "", source: str = "", words: tuple[Word, ...] = (), voice_db: float = VOICE_DB
) -> Sound:
    """A sound of which 20 ms before and behind the voice are left, faded; words are places in ``samples``."""
    start, end = edges(samples, voice_db)
    first, last = max(0, start - _PAD), min(len(samples), end + _PAD)
    moved = tuple(Word(word.text, max(word.start, start) - first, min(word.end, end) - first) for word in words if word.start < end)
    return Sound(name, faded(samples[first:last]), (start - first, end - first), text, source, moved, voice_db=voice_db)


# --- What is done to samples


def at_level(samples: Samples, dbfs: float) -> Samples:
    """The same with its active level at ``dbfs`` (RMS), peaks bent."""
    now = level(samples)
    if now == 0:
        return samples
    scaled = samples * 10 ** (dbfs / 20) / now
    return np.asarray(bent(scaled.astype(np.float32)), np.float64) * _FULL_SCALE


def softer(samples: Samples, db: float) -> Samples:
    """The same, ``db`` softer."""
    return samples * 10 ** (-db / 20)


def faded(samples: Samples, ms: int = _FADE // PER_MS) -> Samples:
    """Risen and fallen over ``ms``."""
    at = np.arange(len(samples))
    return samples * np.clip(np.minimum(at, at[::-1]) / (ms * PER_MS), 0, 1)


def nothing(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * SAMPLE_RATE_HZ))


def filtered(samples: Samples, gain: Gain) -> Samples:
    """Zero phase: nothing moves."""
    size = len(samples) + SAMPLE_RATE_HZ // 10
    spectrum = np.fft.rfft(samples, size) * gain(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ).astype(np.float64))
    return np.fft.irfft(spectrum, size)[: len(samples)]


def low_pass(hz: float, order: int) -> Gain:
    """6 dB an octave and order, above ``hz``."""
    return lambda at: (1 + (at / hz) ** 2) ** (-order / 2)


def telephone(at: Samples) -> Samples:
    """300 to 3,400 Hz, falling by 24 dB an octave below and within 400 Hz above: for what was synthesised with more."""
    ratio = np.maximum(at, 1) / 300
    above = np.clip((at - 3400) / 400, 0, 1)
    return np.asarray(ratio**4 / np.sqrt(1 + ratio**8) * np.cos(np.pi / 2 * above) ** 2, np.float64)


def in_a_room(samples: Samples, rng: random.Random) -> Samples:
    """With reflections of a room, half as strong as what comes straight: 5 to 150 ms later, decaying by 60 dB in 0.3-0.5 s."""
    decay_s = rng.uniform(0.3, 0.5)
    later_s = sorted(rng.uniform(0.005, 0.15) for _ in range(_ROOM_TAPS))
    taps = np.array([rng.choice((-1, 1)) * 10 ** (-3 * late / decay_s) for late in later_s])
    taps *= np.sqrt(0.5 / np.sum(taps**2))
    sound = np.concatenate((samples, nothing(0.15)))
    for late, tap in zip(later_s, taps, strict=True):
        delay = round(late * SAMPLE_RATE_HZ)
        sound[delay : delay + len(samples)] += tap * samples
    return sound


# --- What is done to sounds


def piece(sound: Sound, start: int, end: int, name: str, text: str = "") -> Sound:
    """What is between two places, its voice from the one to the other, as far as it is voice.

    Raises:
        ValueError: there is no voice in it.
    """
    words = tuple(Word(word.text, word.start - start, word.end - start) for word in sound.words if start <= word.start and word.end <= end)
    return sounding(name, faded(sound.samples[start:end]), text, sound.source, words, sound.voice_db)


def with_pause(sound: Sound, at: int, length: int) -> Sound:
    """Silence put in before the sample ``at``; both sides faded over 5 ms."""
    before, behind = faded(sound.samples[:at]), faded(sound.samples[at:])
    samples = np.concatenate((before, np.zeros(length), behind))
    words = tuple(_moved(word, length) if word.start >= at else word for word in sound.words)
    pauses = tuple((start + length, end + length) if start >= at else (start, end) for start, end in sound.pauses)
    voice = sound.voice[0], sound.voice[1] + length
    return replace(sound, samples=samples, voice=voice, words=words, pauses=tuple(sorted((*pauses, (at, at + length)))))


def _moved(word: Word, by: int) -> Word:
    return Word(word.text, word.start + by, word.end + by)


def inner_pause_s(sound: Sound) -> float:
    """The longest stretch within the voice that is no voice."""
    quiet = np.flatnonzero(~_loud(sound.samples[slice(*sound.voice)], level(sound.samples) * 10 ** (sound.voice_db / 20)))
    if not len(quiet):
        return 0.0
    runs = np.split(quiet, np.flatnonzero(np.diff(quiet) > 1) + 1)
    return max(map(len, runs)) * _STEP / SAMPLE_RATE_HZ
