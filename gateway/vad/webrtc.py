"""Energy floor and webrtcvad: 1.9 us a frame, no model.

webrtcvad in mode 2 calls the first 4-5 frames of any new noise speech; 5 of 6 frames for an onset are
chosen against that.
"""

import webrtcvad

from common.audio import SAMPLE_RATE_HZ
from gateway.vad.hangover import FIVE_OF_SIX

FLOOR_RMS = 60
"""Quiet callers (-20 dB) lie above, line noise below; measured on 48 utterances."""
_MODE = 2


class WebrtcDetector:
    """A frame is speech if it is loud enough and webrtcvad says so."""

    onset = FIVE_OF_SIX

    def __init__(self, floor_rms: float = FLOOR_RMS) -> None:
        self._floor_rms = floor_rms
        self._vad = webrtcvad.Vad(_MODE)

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether these 20 ms are speech."""
        return level > self._floor_rms and bool(self._vad.is_speech(pcm, SAMPLE_RATE_HZ))
