"""Silero's voice detector (v6, ONNX) on onnxruntime: it tells voice from music, tones and noise.

Rules
    The network takes 256 samples (32 ms) with the 32 before them, and its own state. Windows are laid end
    to end over the sound; a frame is what the newest whole window says, which is at most 12 ms old at its end.
    Below the energy floor nothing is speech and nothing runs. The sound is kept all the same, the newest
    0.25 s of it: the first loud frame runs what was put off before its own window. So up to that length the network
    hears the line as if it had never slept; after more it starts afresh on those 0.25 s. Kept as it was, its
    state would be that of a voice long past; without the lead-in it finds quiet callers late or not at all.

::

    level     # # . . . # # . . . . . . . . . . . # #        . below the floor
    windows   ----      ----------          (....)----       (....) forgotten, then afresh
                        ^ put off, run now        ^ 0.25 s first
"""

from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import onnxruntime

from common.audio import SAMPLE_RATE_HZ
from gateway.vad.hangover import THREE_OF_FOUR

FLOOR_RMS = 30
"""It saves work and decides little: half of webrtcvad's, for callers of -20 dB."""
MODEL_FILE = "silero_vad.onnx"

_SPEECH = 0.5
_SAMPLE_BYTES = 2
_CONTEXT_BYTES = 32 * _SAMPLE_BYTES
_WINDOW_BYTES = 256 * _SAMPLE_BYTES
_PUT_OFF_BYTES = _CONTEXT_BYTES + 8 * _WINDOW_BYTES
_FULL_SCALE = 32768
_LOG_ERRORS = 3

State: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"


class Network(Protocol):
    """What is shared by all calls of a process: it keeps nothing of any."""

    silence: State
    """The state before any sound."""

    def listen(self, sound: bytes, state: State) -> tuple[float, State]:
        """How likely the window at the end of ``sound`` (context and window, PCM) is speech, and the state after it."""


class SileroModel:
    """The network on one thread of onnxruntime."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # it is asked in the loop's own thread, for 0.1 ms
        options.log_severity_level = _LOG_ERRORS  # its warnings are about how the file was exported
        self._session = onnxruntime.InferenceSession(folder / MODEL_FILE, options, providers=["CPUExecutionProvider"])
        self._rate = np.array(SAMPLE_RATE_HZ, dtype=np.int64)
        self.silence: State = np.zeros((2, 1, 128), dtype=np.float32)

    def listen(self, sound: bytes, state: State) -> tuple[float, State]:
        """See ``Network``."""
        samples = np.frombuffer(sound, "<i2").astype(np.float32) / _FULL_SCALE
        probability, state = self._session.run(None, {"input": samples[np.newaxis], "state": state, "sr": self._rate})
        return float(probability[0, 0]), state


class SileroDetector:
    """One call's ear: the sound that no window has covered yet, and the network's state."""

    onset = THREE_OF_FOUR

    def __init__(self, network: Network, floor_rms: float = FLOOR_RMS) -> None:
        self._network = network
        self._floor_rms = floor_rms
        self._state = network.silence
        self._sound = bytearray(_CONTEXT_BYTES)
        self._probability = 0.0

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether these 20 ms are speech."""
        self._sound += pcm
        if level <= self._floor_rms:
            self._put_off()
            return False
        self._listen()
        return self._probability > _SPEECH

    def _put_off(self) -> None:
        surplus = len(self._sound) - _PUT_OFF_BYTES
        if surplus > 0:
            del self._sound[:surplus]
            self._state = self._network.silence

    def _listen(self) -> None:
        while len(self._sound) >= _CONTEXT_BYTES + _WINDOW_BYTES:
            window = bytes(self._sound[: _CONTEXT_BYTES + _WINDOW_BYTES])
            self._probability, self._state = self._network.listen(window, self._state)
            del self._sound[:_WINDOW_BYTES]
