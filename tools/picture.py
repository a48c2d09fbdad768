"""``python -m tools.picture CALL.wav OUT.svg [--json RESULT.json]``: a call, as it was heard, as a picture.

Takes the stereo recording of ``tools.call --out`` (caller left, bot right) and, if given, its
``--json`` result; draws both waveforms over time, each turn's reply and each ``clear``. What the gateway decided
in a call is drawn by ``tools.timeline``.
"""

import argparse
import json
import sys
import wave as wav_file
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import SetupError
from tools.drawing import BOT, CALLER, CLEAR, Plot, box, document, line, peaks_of, save, seconds, text, wave

_WIDTH, _ROW, _TOP, _LEFT, _RIGHT = 1200, 110, 46, 70, 10
_BOTTOM = _TOP + 2 * _ROW


def draw(wav: Path, result: dict[str, Any] | None, moments: Iterable[tuple[float, str]] = ()) -> str:
    """The picture as SVG; ``moments`` (seconds, what happened) are marked in it.

    Raises:
        wave.Error: not a stereo 16-bit WAV file.
    """
    caller, bot, rate_hz = _channels(wav)
    plot = Plot(_LEFT, _WIDTH - _LEFT - _RIGHT, 0.0, len(caller) / rate_hz)
    parts = seconds(plot, _TOP, _BOTTOM)
    for turn in (result or {}).get("turns", []):
        parts += _turn(turn, plot)
    for row, (name, samples, colour) in enumerate((("caller", caller, CALLER), ("bot", bot, BOT))):
        middle = _TOP + row * _ROW + _ROW / 2
        parts += [wave(plot, middle, _ROW / 2 - 6, peaks_of(samples, round(plot.width)), colour), text(8, middle + 4, name)]
    parts += [part for at_s, name in moments for part in _moment(plot.x(at_s), name)]
    return document(_WIDTH, _BOTTOM + 40, parts)


def _channels(wav: Path) -> tuple[NDArray[np.int16], NDArray[np.int16], int]:
    with wav_file.open(str(wav), "rb") as file:
        if (file.getnchannels(), file.getsampwidth()) != (2, 2):
            raise wav_file.Error(f"{wav}: takes a stereo 16-bit recording, as tools.call --out writes it")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        return samples[:, 0], samples[:, 1], file.getframerate()


def _turn(turn: dict[str, Any], plot: Plot) -> list[str]:
    first_ms, heard_ms, barge_in = turn["first_frame_ms"], turn["heard_ms"], turn.get("barge_in") or {}
    parts: list[str] = []
    if first_ms is not None:
        x, end_x = plot.x(first_ms / 1000), plot.x((first_ms + (heard_ms or 0)) / 1000)
        waited = turn["voice_to_voice_ms"]
        label = "greeting" if turn["turn"] == 0 else f"turn {turn['turn']}" + (f": {waited:.0f} ms" if waited is not None else "")
        parts += [box(x, _TOP + _ROW, max(2.0, end_x - x), _ROW, BOT, opacity=0.13), text(x, _TOP - 26, label)]
    if barge_in.get("clear_ms") is not None:
        x = plot.x(barge_in["clear_ms"] / 1000)
        parts += [line(x, _TOP - 4, _BOTTOM, CLEAR, dashed=True), text(x, _TOP - 9, "clear", fill=CLEAR)]
    return parts


def _moment(x: float, name: str) -> list[str]:
    return [line(x, _TOP - 4, _BOTTOM, CLEAR, dashed=True), text(x + 4, _BOTTOM - 6, name, fill=CLEAR)]


def main() -> int:
    """Draw one call."""
    parser = argparse.ArgumentParser(prog="python -m tools.picture", description="Draw a call as it was heard.")
    parser.add_argument("wav", type=Path, help="stereo recording of tools.call --out")
    parser.add_argument("out", type=Path, help="the picture: .svg, or .png (which takes the package resvg-py)")
    parser.add_argument("--json", type=Path, dest="result", help="result of tools.call --json of the same call")
    options = parser.parse_args()
    try:
        result = json.loads(options.result.read_text()) if options.result else None
        save(draw(options.wav, result), options.out)
    except (OSError, wav_file.Error, EOFError, SetupError, ValueError) as error:
        sys.stderr.write(f"tools.picture: {error}\n")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
