"""How an English word that no dictionary has may be spoken: names, above all.

The network of g2p_en, run in numpy: one GRU reads the letters, another one writes sounds of the
CMU dictionary (ARPABET) until it is done. Some milliseconds a word.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]

_VOWELS = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "ER": "ɜɹ",
    "EY": "A", "IH": "ɪ", "IY": "i", "OW": "O", "OY": "Y", "UH": "ʊ", "UW": "u",
}  # fmt: skip
"""ARPABET's vowels in the letters of the dictionary (``tts_worker.english``)."""
_CONSONANTS = {
    "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n",
    "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_STRESSES = {"0": "", "1": "ˈ", "2": "ˌ"}
_UNSTRESSED = {"AH0": "ə", "ER0": "əɹ"}
_SOUNDS = ["", "", "", "", *sorted({*_CONSONANTS, "UW", *(vowel + stress for vowel in _VOWELS for stress in _STRESSES)})]
"""What each output stands for; the first four are padding, unknown, begin and end."""
_LETTERS = {letter: number for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz", 3)}
_UNKNOWN_LETTER, _END_OF_LETTERS = 1, 2
_BEGIN, _END = 2, 3
_MOST_SOUNDS = 20


@dataclass(frozen=True, slots=True)
class _Gru:
    """Gates in the order reset, update, new."""

    embedding: Weights
    inputs: Weights
    recurrent: Weights
    input_bias: Weights
    recurrent_bias: Weights

    def step(self, symbol: int, hidden: Weights) -> Weights:
        """The state after one more symbol."""
        driven = self.inputs @ self.embedding[symbol] + self.input_bias
        kept = self.recurrent @ hidden + self.recurrent_bias
        units = len(hidden)
        reset, update = np.split(_sigmoid(driven[: 2 * units] + kept[: 2 * units]), 2)
        new = np.tanh(driven[2 * units :] + reset * kept[2 * units :])
        return np.asarray((1 - update) * new + update * hidden)


class Letters:
    """Guesses how a word is spoken."""

    def __init__(self, path: Path) -> None:
        """``path``: the network's weights."""
        with np.load(path) as weights:
            self._reader, self._writer = (
                _Gru(*(weights[f"{part}_{name}"] for name in ("emb", "w_ih", "w_hh", "b_ih", "b_hh"))) for part in ("enc", "dec")
            )
            self._out: Weights = weights["fc_w"]
            self._out_bias: Weights = weights["fc_b"]

    def spoken(self, word: str) -> str:
        """The word's sounds, in the letters of the dictionary."""
        hidden = np.zeros(self._reader.recurrent.shape[1], np.float32)
        for symbol in (*(_LETTERS.get(letter, _UNKNOWN_LETTER) for letter in word.lower()), _END_OF_LETTERS):
            hidden = self._reader.step(symbol, hidden)
        sounds: list[str] = []
        last = _BEGIN
        while last != _END and len(sounds) < _MOST_SOUNDS:
            hidden = self._writer.step(last, hidden)
            last = int(np.argmax(self._out @ hidden + self._out_bias))
            sounds.append(in_dictionary_letters(_SOUNDS[last]))
        return "".join(sounds)


def in_dictionary_letters(sound: str) -> str:
    """One sound of ARPABET, such as ``AE1``."""
    if sound in _UNSTRESSED:
        return _UNSTRESSED[sound]
    vowel = sound.rstrip("012")
    if vowel in _VOWELS:
        return _STRESSES[sound[len(vowel) :] or "0"] + _VOWELS[vowel]
    return _CONSONANTS.get(sound, "")


def _sigmoid(x: Weights) -> Weights:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x))  # the form that cannot overflow
