"""The sounds of the caller: recordings with where their voice begins and ends, and the line's own noise."""

import random
import wave
from dataclasses import dataclass
from pathlib import Path

from common.audio import BYTES_PER_MS, FRAME_BYTES, mulaw_to_pcm, rms, wav_to_mulaw

AUDIBLE_RMS = 100
"""A frame of the bot above it counts as sound."""
_VOICE_RMS = 60
_VOICE_SHARE = 0.02
_WINDOW = 10 * BYTES_PER_MS
_NEAR_SILENCE = bytes([0xFF, 0x7F, 0xFE, 0x7E])
"""Mu-law of 0, -0, 8, -8: what an idle line carries."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What the caller says in one go."""

    name: str
    sound: bytes
    voice_begin: int
    """Where in ``sound`` the voice begins, in samples."""
    voice_end: int


def load(path: Path) -> Recording:
    """A WAV file as a recording.

    Raises:
        OSError: it can't be read.
        ValueError: it is no 16-bit PCM WAV file, or nothing can be heard in it.
    """
    try:
        sound = wav_to_mulaw(path)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path}: {error}") from None
    begin, end = voice_bounds(sound)
    if begin == end:
        raise ValueError(f"{path}: nothing can be heard in it")
    return Recording(path.stem, sound, begin, end)


def voice_bounds(sound: bytes) -> tuple[int, int]:
    """Where the voice begins and ends: the outermost 10 ms above 2 % of the loudest; equal if there is none."""
    levels = [rms(mulaw_to_pcm(sound[at : at + _WINDOW])) for at in range(0, len(sound), _WINDOW)]
    floor = max(_VOICE_RMS, _VOICE_SHARE * max(levels, default=0))
    loud = [index for index, level in enumerate(levels) if level > floor]
    return (loud[0] * _WINDOW, min(len(sound), (loud[-1] + 1) * _WINDOW)) if loud else (0, 0)


def audible(sound: bytes) -> bool:
    """Whether a piece of mu-law is more than the line's own noise."""
    return rms(mulaw_to_pcm(sound)) > AUDIBLE_RMS


def line_noise(seed: int = 1) -> bytes:
    """A second of an idle line, to be repeated."""
    return bytes(random.Random(seed).choices(_NEAR_SILENCE, weights=(6, 6, 1, 1), k=50 * FRAME_BYTES))
