"""Hebrew text with its vowels: the Nakdimon model, run in numpy.

Hebrew is written without vowels, and a voice needs them. Nakdimon (Gershuni and Pinter, 2022) reads
the letters as a sequence and names for each one its vowel point, whether it has a dagesh, and on
which side a shin has its dot:

    letters -> embedding (400) -> 2 bidirectional LSTMs, directions added -> dense -> points | dagesh | dot

The weights are what its Keras model saved (HDF5). The model is small enough that numpy runs it in
some 2 ms a word, which spares TensorFlow.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]

DAGESH = "\u05bc"
_POINTS = ("", "", *(chr(code) for code in range(0x05B0, 0x05BD)), "\u05b7")
"""What class k of the vowel output stands for: 0 padding, 1 no point, then U+05B0 onwards."""
_DOTS = ("", "", "\u05c1", "\u05c2")
_DAGESHES = ("", "", DAGESH)

_LETTERS = [chr(code) for code in range(0x05D0, 0x05EB)]
_SYMBOLS = ["", "H", "O", "5", *" !\"'(),-.:;?", *_LETTERS]
_INDEX = {symbol: index for index, symbol in enumerate(_SYMBOLS)}
_STAND_INS = {
    **dict(zip("ךםןףץ", "כמנפצ", strict=True)),
    **dict.fromkeys("\n\t", " "),
    **dict.fromkeys("־‒–—―−", "-"),
    **dict.fromkeys("´‘’׳", "'"),
    **dict.fromkeys("“”״", '"'),
    **dict.fromkeys("ײװױ", "H"),
    "[": "(",
    "]": ")",
    "…": ",",
}
_TAKES_DAGESH = frozenset("בגדהוזטיכלמנספצקשתךף")
_TAKES_POINT = frozenset("אבגדהוזחטיכלמנסעפצקרשתךן")


@dataclass(frozen=True, slots=True)
class _Lstm:
    """One direction of one layer; the gates stand in the order input, forget, cell, output."""

    kernel: Weights
    recurrent: Weights
    bias: Weights

    def run(self, inputs: Weights) -> Weights:
        """The hidden state after each input, shape (length, units)."""
        units = self.recurrent.shape[0]
        hidden = np.zeros(units, np.float32)
        cell = np.zeros(units, np.float32)
        states = np.empty((len(inputs), units), np.float32)
        for at, driven in enumerate(inputs @ self.kernel + self.bias):
            gates = driven + hidden @ self.recurrent
            taken, kept = _sigmoid(gates[:units]), _sigmoid(gates[units : 2 * units])
            cell = kept * cell + taken * np.tanh(gates[2 * units : 3 * units])
            hidden = _sigmoid(gates[3 * units :]) * np.tanh(cell)
            states[at] = hidden
        return states


@dataclass(frozen=True, slots=True)
class _Dense:
    kernel: Weights
    bias: Weights

    def run(self, inputs: Weights) -> Weights:
        return inputs @ self.kernel + self.bias


class Vowels:
    """Puts the vowel points into Hebrew text."""

    def __init__(self, path: Path) -> None:
        with h5py.File(path, "r") as file:
            weights = file["model_weights"]
            self._embedding: Weights = weights["embedding/embedding/embeddings:0"][:]
            self._layers = [_both_directions(weights[name][name]) for name in ("bidirectional", "bidirectional_1")]
            self._dense, self._points, self._dagesh, self._dot = (_dense(weights[name][name]) for name in ("dense", "N", "D", "S"))

    def add(self, text: str) -> str:
        """``text`` with points; what is not Hebrew stays as it is."""
        if not text:
            return text
        states: Weights = self._embedding[[_INDEX[_symbol(letter)] for letter in text]]
        for forward, backward in self._layers:
            states = forward.run(states) + backward.run(states[::-1])[::-1]
        states = self._dense.run(states)
        points, dageshes, dots = (np.argmax(head.run(states), axis=-1) for head in (self._points, self._dagesh, self._dot))
        return "".join(
            letter
            + (_DAGESHES[dagesh] if letter in _TAKES_DAGESH else "")
            + (_DOTS[dot] if letter == "ש" else "")
            + (_POINTS[point] if letter in _TAKES_POINT else "")
            for letter, point, dagesh, dot in zip(text, points, dageshes, dots, strict=True)
        )


def _sigmoid(x: Weights) -> Weights:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x))  # the form that cannot overflow


def _symbol(letter: str) -> str:
    symbol = _STAND_INS.get(letter, "5" if letter.isdigit() else letter)
    return symbol if symbol in _INDEX else "O"


def _both_directions(group: h5py.Group) -> tuple[_Lstm, _Lstm]:
    forward, backward = (next(iter(group[name].values())) for name in sorted(group, reverse=True))
    return _lstm(forward), _lstm(backward)


def _lstm(cell: h5py.Group) -> _Lstm:
    return _Lstm(cell["kernel:0"][:], cell["recurrent_kernel:0"][:], cell["bias:0"][:])


def _dense(group: h5py.Group) -> _Dense:
    return _Dense(group["kernel:0"][:], group["bias:0"][:])
