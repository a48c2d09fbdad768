"""The local voice, and when it says each word: its model computes how long each phoneme lasts, and here it is asked.

The model's file names the sound as its only output. One output more is a few bytes behind the
file, since protobuf merges what comes twice. So the reference is exact, and not what a recogniser makes of the sound.
"""

import json
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import onnxruntime

from common import catalogue, models
from common.audio import SAMPLE_RATE_HZ, pcm_to_mulaw, resample, silence
from common.config import Settings
from tts_worker.clauses import clauses
from tts_worker.loudness import levelled, trimmed
from tts_worker.phonemes import Phonemes
from tts_worker.vendors.local import MANNERS, pause_ms

_DURATIONS = b"/Ceil_output_0"
_HOP = 256
"""Samples a unit of duration."""
_FULL_SCALE = 32767


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence, its sound, and where in it each word ends."""

    text: str
    language: str
    sound: bytes
    word_ends: tuple[int, ...]


class TimedVoice:
    """Speaks like ``LocalVoice``."""

    def __init__(self, settings: Settings) -> None:
        folder = models.ensure(catalogue.VOICE_JOE, settings.torim_cache)
        self._phonemes = Phonemes(settings)
        model = (folder / "en_US-joe-medium.onnx").read_bytes() + _more_output(_DURATIONS)
        self._session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        described = json.loads((folder / "en_US-joe-medium.onnx.json").read_text(encoding="utf-8"))
        self._ids: dict[str, list[int]] = described["phoneme_id_map"]
        self._rate_hz: int = described["audio"]["sample_rate"]

    def speak(self, text: str, language: str) -> Spoken | None:
        """The sentence; None if its phonemes can't be told apart by words."""
        sound, ends = b"", []
        for clause in clauses(text):
            spoken = self._clause(clause, language)
            if spoken is None:
                return None
            ends += [len(sound) + end for end in spoken.word_ends]
            sound += spoken.sound
        return Spoken(text, language, sound, tuple(ends))

    def _clause(self, clause: str, language: str) -> Spoken | None:
        phonemes = self._phonemes.of(clause, language)
        parts = [len(self._phonemes.of(word, language).split()) for word in clause.split()]
        if sum(parts) != len(phonemes.split()):
            return None
        samples, ends_s = self._run(phonemes, language)
        wanted = [ends_s[count - 1] for count in accumulate(parts)]
        pcm = (np.clip(samples, -1, 1) * _FULL_SCALE).astype("<i2").tobytes()
        carried = np.asarray(np.frombuffer(resample(pcm, self._rate_hz, SAMPLE_RATE_HZ), "<i2") / _FULL_SCALE, np.float32)
        cut = trimmed(carried, SAMPLE_RATE_HZ)
        before = (cut.ctypes.data - carried.ctypes.data) // carried.itemsize
        sound = pcm_to_mulaw((levelled(cut, SAMPLE_RATE_HZ) * _FULL_SCALE).astype("<i2").tobytes())
        ends = tuple(min(len(sound), max(0, round(end * SAMPLE_RATE_HZ) - before)) for end in wanted)
        return Spoken(clause, language, sound + silence(pause_ms(clause)), ends)

    def _run(self, phonemes: str, language: str) -> "tuple[np.ndarray[tuple[int], np.dtype[np.float32]], list[float]]":
        """The sound, and where each of the phonemes' words ends, in seconds."""
        manner = MANNERS[language]
        ids, word_of = [*self._ids["^"], *self._ids["_"]], [-1, -1]
        word = 0
        for phoneme in phonemes:
            word += phoneme == " "
            of = [*self._ids.get(phoneme, []), *self._ids["_"]] if phoneme in self._ids else []
            ids += of
            word_of += [-1 if phoneme in " .,!?;:" else word] * len(of)
        ids += self._ids["$"]
        word_of += [-1]
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([manner.melody, manner.pace, manner.rhythm], np.float32),
        }
        sound, durations = self._session.run(None, inputs)
        ends = np.cumsum(durations.reshape(-1)) * _HOP / self._rate_hz
        last = {of: float(end) for of, end in zip(word_of, ends, strict=True)}
        return np.asarray(sound, np.float32).reshape(-1), [last[number] for number in range(word + 1)]


def _more_output(name: bytes) -> bytes:
    """What makes ``name`` an output of the model before it: ModelProto.graph (7) .output (12) .name (1)."""
    return _field(7, _field(12, _field(1, name)))


def _field(number: int, payload: bytes) -> bytes:
    assert len(payload) < 128, "one byte of length"
    return bytes([number << 3 | 2, len(payload)]) + payload


def sentences(language: str) -> list[str]:
    """What the bench has spoken."""
    path = Path(__file__).parents[1] / "data" / f"spoken_{language}.txt"
    return path.read_text(encoding="utf-8").split("\n")[:-1]
