"""A line that returns what the bot says, frame by frame: ``tests.bench.phone_line`` for a sound that is not known beforehand."""

import numpy as np

from common.audio import SAMPLE_RATE_HZ
from tests.bench.phone_line import PhoneLine, Samples, samples
from tts_worker.loudness import active_level


class EchoPath:
    """What comes back of the bot's sound in one call."""

    def __init__(self, line: PhoneLine, voice: bytes, seed: int, longest_s: float) -> None:
        """``voice``: sound of the bot, by which the echo's level is set: ``loss_db`` softer, over its voiced stretches."""
        response = np.asarray(line.response)
        spoken = samples(voice)
        gain = _level(spoken) / _level(np.convolve(spoken, response)) * 10 ** (-line.loss_db / 20)
        self._response = gain * response
        self._noise = np.random.default_rng(seed)
        self._noise_gain = 10 ** (-line.codec_noise_db / 20)
        self._delay_s = line.delay_s
        self._returned = np.zeros(int(longest_s * SAMPLE_RATE_HZ))

    def play(self, frame: bytes, start_s: float) -> None:
        """The provider plays a frame from ``start_s`` on."""
        echo = np.convolve(samples(frame), self._response)
        echo *= 1 + self._noise_gain * self._noise.standard_normal(len(echo))
        at = round((start_s + self._delay_s) * SAMPLE_RATE_HZ)
        self._returned[at : at + len(echo)] += echo

    def between(self, start: int, end: int) -> Samples:
        """What came back from sample ``start`` to ``end`` of the call."""
        return self._returned[start:end]


def _level(sound: Samples) -> float:
    return active_level(sound.astype(np.float32), SAMPLE_RATE_HZ)
