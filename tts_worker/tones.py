"""Pitches that say which sentence of which turn is heard, and an ear for them.

Turn and sentence sound together:

    300 + 40 x (turn mod 16) Hz         300 .. 900
    1,000 + 60 x (sentence mod 32) Hz   1,000 .. 2,860, 6 dB lower

The beep at 440 Hz (S13) falls on none of them. The ear listens in windows of 100 ms, over which
neighbouring pitches are 4 periods apart, and moves on by 20 ms: a stale, double or lost sentence
can't hide, whatever else went wrong. Where two takes meet, the pitch of turn 3 or 4 may jump half a period:
in that window it seems to have moved to 440 Hz. So a beep is only what has next to no other sound in it.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.audio import BEEP_HZ, BYTES_PER_MS, SAMPLE_RATE_HZ, mulaw_to_pcm, pcm_to_mulaw

TURNS_HZ = tuple(300 + 40 * turn for turn in range(16))
SENTENCES_HZ = tuple(1000 + 60 * sentence for sentence in range(32))

_TURN_PEAK = 8000
_SENTENCE_PEAK = _TURN_PEAK / 2
_FADE_MS = 10
WINDOW_MS = 100
STEP_MS = 20
_LOUD_ENOUGH = _TURN_PEAK / 8
_CLEARER_THAN_OTHERS = 2.0
_PURE = 0.4
"""So much of a window's power is the beep's own: of the beep itself nearly all, of such a jump a sixth at most."""

BEEP = (-1, -1)
"""What the ear reports for the beep, in the place of turn and sentence."""


@dataclass(frozen=True, slots=True)
class HeardTone:
    """A stretch of one sentence's tone, or of the beep."""

    turn: int
    """Turn mod 16; -1 for the beep."""
    sentence: int
    """Sentence mod 32; -1 for the beep."""
    start_ms: int
    end_ms: int

    @property
    def is_beep(self) -> bool:
        return (self.turn, self.sentence) == BEEP


# --- The voice


def tone(turn: int, sentence: int, length_ms: int) -> bytes:
    """The sentence's tone as mu-law, faded at both ends."""
    count = length_ms * BYTES_PER_MS
    at = np.arange(count)
    turn_hz, sentence_hz = TURNS_HZ[turn % len(TURNS_HZ)], SENTENCES_HZ[sentence % len(SENTENCES_HZ)]
    samples = _TURN_PEAK * _sine(turn_hz, at) + _SENTENCE_PEAK * _sine(sentence_hz, at)
    fade = np.clip(np.minimum(at, count - 1 - at) / (_FADE_MS * BYTES_PER_MS), 0, 1)
    return pcm_to_mulaw((samples * fade).astype("<i2").tobytes())


def _sine(hz: float, at: NDArray[np.int_]) -> NDArray[np.float64]:
    return np.asarray(np.sin(2 * np.pi * hz * at / SAMPLE_RATE_HZ))


# --- The ear


def heard_tones(mulaw: bytes) -> list[HeardTone]:
    """What is heard in the sound of a line, in order; times are right to about half a window (50 ms).

    Two stretches of the same sentence with a gap between them are two entries.
    """
    stretches: list[HeardTone] = []
    for at_ms, codes in _windows(mulaw):
        middle_ms = at_ms + WINDOW_MS // 2
        last = stretches[-1] if stretches else None
        if codes is None:
            continue
        if last and (last.turn, last.sentence) == codes and middle_ms - last.end_ms <= STEP_MS:
            stretches[-1] = HeardTone(*codes, last.start_ms, middle_ms)
        else:
            stretches.append(HeardTone(*codes, middle_ms, middle_ms))
    return [_widened(stretch) for stretch in stretches]


def windows_in(mulaw: bytes) -> int:
    """How many windows the ear listens to; what is behind their beginnings it would hear with what comes."""
    return max(0, (len(mulaw) // BYTES_PER_MS - WINDOW_MS) // STEP_MS + 1)


def _widened(stretch: HeardTone) -> HeardTone:
    """A tone is recognised once it fills about half a window: so much more of it was there on both sides."""
    more_ms = STEP_MS // 2
    return HeardTone(stretch.turn, stretch.sentence, max(0, stretch.start_ms - more_ms), stretch.end_ms + more_ms)


def _windows(mulaw: bytes) -> Iterator[tuple[int, tuple[int, int] | None]]:
    """Start of each window and what sounds in it."""
    samples = np.frombuffer(mulaw_to_pcm(mulaw), "<i2").astype(np.float64)
    for at_ms in range(0, windows_in(mulaw) * STEP_MS, STEP_MS):
        yield at_ms, _codes(samples[at_ms * BYTES_PER_MS : (at_ms + WINDOW_MS) * BYTES_PER_MS])


def _codes(window: NDArray[np.float64]) -> tuple[int, int] | None:
    """Turn and sentence that sound in the window, ``BEEP``, or None."""
    turn, turn_peak = _loudest(window, (*TURNS_HZ, BEEP_HZ))
    if turn is None:
        return None
    if turn == len(TURNS_HZ):
        return BEEP if _is_pure(window, turn_peak) else None
    sentence, sentence_peak = _loudest(window, SENTENCES_HZ)
    if sentence is None or sentence_peak < turn_peak / 4:
        return None
    return turn, sentence


def _loudest(window: NDArray[np.float64], pitches_hz: tuple[float, ...]) -> tuple[int | None, float]:
    """Which of the pitches sounds, and its peak; None where it is faint or not clearly louder than the next."""
    peaks = np.abs(np.einsum("ij,j->i", _probes(pitches_hz), window))  # so little that the threads of @ cost more than they save
    first, second = (int(index) for index in np.argsort(peaks)[:-3:-1])
    clear = peaks[first] >= _LOUD_ENOUGH and peaks[first] >= _CLEARER_THAN_OTHERS * peaks[second]
    return (first if clear else None), float(peaks[first])


def _is_pure(window: NDArray[np.float64], peak: float) -> bool:
    """Whether nearly all that sounds in the window is one pitch of this peak."""
    weights = np.hanning(len(window))
    return bool(peak**2 / 2 >= _PURE * np.sum(weights * window**2) / weights.sum())


@functools.cache
def _probes(pitches_hz: tuple[float, ...]) -> NDArray[np.complex128]:
    """One row a pitch: how much of it there is in a window, as its peak value (Hann window against leakage)."""
    count = WINDOW_MS * BYTES_PER_MS
    window = np.hanning(count)
    phases = np.outer(np.asarray(pitches_hz), np.arange(count)) / SAMPLE_RATE_HZ
    return np.asarray(np.exp(-2j * np.pi * phases) * window * (2 / window.sum()))
