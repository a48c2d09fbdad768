"""Where a recording could pause: the gaps between its words.

English: the local recogniser aligns the text that it heard with the sound. Other languages, which it cannot read from
synthetic speech: by the number of letters. Either place is moved to the weakest 20 ms nearby.
"""

from itertools import pairwise
from pathlib import Path

import ctranslate2
import numpy as np

from asr_worker.byte_tokens import text_of
from asr_worker.mel import HOP, RATE_HZ, log_mel
from common.audio import FRAME_BYTES, SAMPLE_RATE_HZ, mulaw_to_pcm, resample, rms

_PAD_S = 8.0
_ALIGNED_S = 0.02
_FRAME_MS = 20
_NEARBY_FRAMES = 5
_WORD_BEGINS = "Ġ"


class Aligner:
    """Whisper, asked when each word began."""

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=1)
        vocabulary = (folder / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
        self._numbers = {token: number for number, token in enumerate(vocabulary)}

    def word_starts_s(self, mulaw: bytes) -> list[float]:
        """When each word but the first of an English recording began."""
        return [start_s for _, start_s in self.words(mulaw, "en")[1:]]

    def words(self, mulaw: bytes, language: str) -> list[tuple[str, float]]:
        """The words that it hears, and when each began."""
        prompt = ["<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>"]
        pcm = resample(mulaw_to_pcm(mulaw), SAMPLE_RATE_HZ, RATE_HZ)
        features = ctranslate2.StorageView.from_array(log_mel(pcm, pad_s=_PAD_S, bands=self._model.n_mels)[None])
        heard = self._model.generate(features, [[*prompt, "<|notimestamps|>"]], beam_size=1)[0]
        frames = len(pcm) // 2 // HOP
        aligned = self._model.align(features, [self._numbers[token] for token in prompt], [heard.sequences_ids[0]], frames)[0].alignments
        starts = dict(reversed(aligned))  # a token's first moment is the last that is put in
        tokens = heard.sequences[0]
        firsts = [number for number, token in enumerate(tokens) if token.startswith(_WORD_BEGINS)]
        spans = pairwise((*firsts, len(tokens)))
        return [(text_of(tokens[first:end]), starts[first] * _ALIGNED_S) for first, end in spans if first in starts]


def gaps_by_letters_s(text: str, start_s: float, end_s: float) -> list[float]:
    """When each word but the first would begin if all letters took the same time."""
    words = text.split()
    letters = np.cumsum([len(word) + 1 for word in words])
    return [start_s + (end_s - start_s) * float(at) / float(letters[-1]) for at in letters[:-1]]


def weakest_frame(mulaw: bytes, near_s: float) -> int:
    """The weakest frame near a moment: where a pause is heard least as a cut."""
    middle = round(near_s * 1000 / _FRAME_MS)
    nearby = range(max(0, middle - _NEARBY_FRAMES), min(len(mulaw) // FRAME_BYTES, middle + _NEARBY_FRAMES + 1))
    return min(nearby, key=lambda frame: rms(mulaw_to_pcm(mulaw[frame * FRAME_BYTES : (frame + 1) * FRAME_BYTES])))
