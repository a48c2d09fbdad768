"""A piper voice (VITS) on onnxruntime: phonemes in, sound out.

The model takes the phonemes of a clause as numbers, with a pad after each, between a mark for the
beginning and one for the end, and computes its sound as a whole, ten times as fast as speech on
one core. It draws its melody at random; ``Manner`` says how much.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

_THREADS = 2
_FAILURES = (ort_state.Fail, ort_state.RuntimeException, ort_state.InvalidArgument)
"""onnxruntime's errors have no base of their own."""
_ERRORS_ONLY = 3

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak."""

    pace: float = 1.0
    """Length of the sounds; larger is slower."""
    melody: float = 0.667
    """How much chance there is in the sound."""
    rhythm: float = 0.8
    """How much chance there is in the lengths."""


class PiperVoice:
    """The model; not to be used by two threads at once."""

    def __init__(self, path: Path) -> None:
        """``path``: the ONNX file; its description lies beside it, with ``.json`` behind the name."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the cores are shared with the frame clock
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        described = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
        self._ids: dict[str, list[int]] = described["phoneme_id_map"]
        self.rate_hz: int = described["audio"]["sample_rate"]

    def speak(self, phonemes: str, manner: Manner) -> Samples:
        """The sound, about -1..1, at ``rate_hz``; phonemes that the voice does not know are left out.

        Raises:
            RuntimeError: onnxruntime failed, for want of memory, say.
        """
        pad, begin, end = self._ids["_"], self._ids["^"], self._ids["$"]
        ids = [*begin, *pad, *(number for phoneme in phonemes if phoneme in self._ids for number in (*self._ids[phoneme], *pad)), *end]
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([manner.melody, manner.pace, manner.rhythm], np.float32),
        }
        try:
            (sound,) = self._session.run(None, inputs)
        except _FAILURES as error:
            raise RuntimeError(f"onnxruntime: {type(error).__name__}") from error
        return np.asarray(sound, np.float32).reshape(-1)
