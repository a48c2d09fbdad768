"""The same loudness from every vendor (sans-I/O): the line's level, whoever speaks.

A stream's loudness is known when it is over, and a gain that changes in mid-sentence is heard. But a voice is about as
loud in one sentence as in the next: so each sentence is spoken with the gain that the ones before it ask for, the first
one with what its first 200 ms of voice ask for, or its first 500 ms if there is less voice in them: of 92 beginnings of
recordings that way none is more than 4 dB off, by its first 100 ms every third by more than 6, since many a sentence begins
softly. A sound that comes whole gets its own.

    sentence 1   [200 ms of voice: -29 dB]  -> +9 dB for all of it
    sentence 2   +9 dB            -> was -27 dB: from now on +8.4
    ...

The gain is a table of 256 entries, since mu-law has so many: decoded, made louder, bent down smoothly where it would
clip, encoded. 12 dB up or down at most: what is further off is no speech.
"""

import math

import numpy as np

from common.audio import BYTES_PER_MS, SAMPLE_RATE_HZ, mulaw_to_pcm, pcm_to_mulaw
from tts_worker.loudness import LEVEL, Samples, active_level, active_ms, bent

_MOST_GAIN_DB = 12.0
_SILENT = 10 ** (-50 / 20)
"""Below that nobody speaks."""
_LEARN = 0.3
"""How much the last sentence counts, against all before it."""
_ENOUGH_MS = 200
"""Of voice, to know how loud one is."""
_MOST_BYTES = 500 * BYTES_PER_MS
"""Is held back to know it: who waits hears nothing."""
_SILENCE_BYTES = 100 * BYTES_PER_MS
"""What of the silence in front of it is waited for."""
_FULL_SCALE = 32768


class Evenness:
    """What is known of one voice in one process."""

    def __init__(self) -> None:
        self._level_db: float | None = None

    def take(self) -> "Take":
        """For one sentence that comes in pieces."""
        return Take(self, self._level_db)

    def whole(self, mulaw: bytes) -> bytes:
        """A sentence that is all there, at the line's level."""
        level = level_db(mulaw)
        return mulaw if level is None else mulaw.translate(_table(level))

    def spoken(self, level: float) -> None:
        """A sentence was so loud before anything was done to it."""
        known = self._level_db
        self._level_db = level if known is None else known + _LEARN * (level - known)


class Take:
    """One sentence, piece by piece."""

    def __init__(self, voice: Evenness, level: float | None) -> None:
        self._voice = voice
        self._table = None if level is None else _table(level)
        self._came = bytearray()
        self._held = b""

    def push(self, mulaw: bytes) -> bytes:
        """What is to be heard now, as it is to be heard; may be empty."""
        self._came += mulaw
        self._held += mulaw
        return self._let_go() if self._table is not None or self._enough() else b""

    def _enough(self) -> bool:
        """Whether what is held tells how loud the voice is, or is silence that it need not."""
        if level_db(self._held) is None:
            return len(self._held) >= _SILENCE_BYTES
        return len(self._held) >= _MOST_BYTES or active_ms(_samples(self._held), SAMPLE_RATE_HZ) >= _ENOUGH_MS

    def _let_go(self) -> bytes:
        if self._table is None and (level := level_db(self._held)) is not None:
            self._table = _table(level)
        held, self._held = self._held, b""
        return held if self._table is None else held.translate(self._table)

    def end(self) -> bytes:
        """The rest of a sentence that was spoken to its end: the next one goes by it, too."""
        if (level := level_db(bytes(self._came))) is not None:
            self._voice.spoken(level)
        return self._let_go()


def level_db(mulaw: bytes) -> float | None:
    """The level of the voiced stretches in dBFS; None where nobody speaks."""
    level = active_level(_samples(mulaw), SAMPLE_RATE_HZ)
    return 20 * math.log10(level) if level > _SILENT else None


def _table(level: float) -> bytes:
    gain_db = min(max(20 * math.log10(LEVEL) - level, -_MOST_GAIN_DB), _MOST_GAIN_DB)
    louder = bent(_samples(bytes(range(256))) * np.float32(10 ** (gain_db / 20)))
    return pcm_to_mulaw((louder * (_FULL_SCALE - 1)).astype("<i2").tobytes())


def _samples(mulaw: bytes) -> Samples:
    return np.asarray(np.frombuffer(mulaw_to_pcm(mulaw), "<i2") / _FULL_SCALE, np.float32)
