"""``python -m tools.picture CALL.wav OUT.svg [--json RESULT.json]``: a call as a picture.

Takes the stereo recording of ``tools.call --out`` (caller left, bot right) and, if given, its
``--json`` result; draws both waveforms over time, each turn's reply and each ``clear``.
"""

import argparse
import json
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np

_WIDTH, _ROW, _TOP, _LEFT = 1200, 110, 46, 70
_CALLER, _BOT, _MARKED, _CLEAR, _INK = "#1f77b4", "#2ca02c", "#2ca02c22", "#d62728", "#444"
_FONT = 'font-family="sans-serif" font-size="12"'


def draw(wav: Path, result: dict[str, Any] | None) -> str:
    """The picture as SVG.

    Raises:
        wave.Error: not a stereo 16-bit WAV file.
    """
    caller, bot, rate_hz = _channels(wav)
    seconds = len(caller) / rate_hz
    scale = (_WIDTH - _LEFT - 10) / seconds
    parts = [*_seconds(seconds, scale)]
    for turn in (result or {}).get("turns", []):
        parts += _turn(turn, scale)
    parts += [_wave(caller, 0, "caller", _CALLER), _wave(bot, 1, "bot", _BOT)]
    height = _TOP + 2 * _ROW + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT} fill="{_INK}">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _channels(wav: Path) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], int]":
    with wave.open(str(wav), "rb") as file:
        if (file.getnchannels(), file.getsampwidth()) != (2, 2):
            raise wave.Error(f"{wav}: takes a stereo 16-bit recording, as tools.call --out writes it")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        return samples[:, 0], samples[:, 1], file.getframerate()


def _wave(samples: "np.ndarray[Any, Any]", row: int, name: str, colour: str) -> str:
    columns = _WIDTH - _LEFT - 10
    peaks = [int(np.abs(part.astype(int)).max(initial=0)) for part in np.array_split(samples, columns)]
    middle, half = _TOP + row * _ROW + _ROW / 2, _ROW / 2 - 6
    path = "".join(
        f"M{_LEFT + x} {middle - peak / 32768 * half:.1f}v{2 * peak / 32768 * half:.1f}" for x, peak in enumerate(peaks) if peak > 60
    )
    line = f'<path d="M{_LEFT} {middle}H{_WIDTH - 10}" stroke="#ccc"/>'
    return f'{line}<path d="{path}" stroke="{colour}"/><text x="8" y="{middle + 4}">{name}</text>'


def _seconds(seconds: float, scale: float) -> list[str]:
    step = next(step for step in (1, 2, 5, 10, 30, 60) if seconds / step <= 24)
    bottom = _TOP + 2 * _ROW
    return [
        f'<path d="M{_LEFT + second * scale:.1f} {_TOP}V{bottom}" stroke="#eee"/>'
        f'<text x="{_LEFT + second * scale:.1f}" y="{bottom + 16}" text-anchor="middle">{second} s</text>'
        for second in range(0, int(seconds) + 1, step)
    ]


def _turn(turn: dict[str, Any], scale: float) -> list[str]:
    first_ms, heard_ms, barge_in = turn["first_frame_ms"], turn["heard_ms"], turn.get("barge_in") or {}
    parts: list[str] = []
    if first_ms is not None:
        x, width = _LEFT + first_ms / 1000 * scale, max(2.0, (heard_ms or 0) / 1000 * scale)
        waited = turn["voice_to_voice_ms"]
        label = "greeting" if turn["turn"] == 0 else f"turn {turn['turn']}" + (f": {waited:.0f} ms" if waited is not None else "")
        parts.append(f'<rect x="{x:.1f}" y="{_TOP + _ROW}" width="{width:.1f}" height="{_ROW}" fill="{_MARKED}"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP - 26}">{label}</text>')
    if barge_in.get("clear_ms") is not None:
        x = _LEFT + barge_in["clear_ms"] / 1000 * scale
        parts.append(f'<path d="M{x:.1f} {_TOP - 4}V{_TOP + 2 * _ROW}" stroke="{_CLEAR}" stroke-dasharray="4 3"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP - 9}" fill="{_CLEAR}">clear</text>')
    return parts


def main() -> int:
    """Draw one call."""
    parser = argparse.ArgumentParser(prog="python -m tools.picture", description="Draw a recorded call as SVG.")
    parser.add_argument("wav", type=Path, help="stereo recording of tools.call --out")
    parser.add_argument("out", type=Path, help="the picture")
    parser.add_argument("--json", type=Path, dest="result", help="result of tools.call --json of the same call")
    options = parser.parse_args()
    try:
        result = json.loads(options.result.read_text()) if options.result else None
        options.out.write_text(draw(options.wav, result))
    except (OSError, wave.Error, EOFError, ValueError) as error:
        sys.stderr.write(f"tools.picture: {error}\n")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
