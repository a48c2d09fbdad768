"""A call as text: both sides' loudness over time, marks and clears.

0 s   caller |        ▃▆▇▅▂                |
      bot    |▅▇▆▇▅           ▄▆▇▆▅▆▇      |
      marks  |' ' ' '         ' ' ' C      |
"""

from common.audio import BYTES_PER_MS, mulaw_to_pcm, rms
from tools.caller.record import Record

_CELL = 250 * BYTES_PER_MS
_CELLS_A_ROW = 80
_ROW_S = _CELLS_A_ROW * _CELL // (1000 * BYTES_PER_MS)
_LEVELS = " ▁▂▃▄▅▆▇█"
_LOUDEST_RMS = 4000
_QUIETEST_RMS = 60


def draw(record: Record) -> str:
    """The whole call, 20 s a row; ``'`` a mark, ``C`` a clear."""
    caller, bot, marks = _levels(record.caller_track), _levels(record.bot_track), _signs(record)
    rows = []
    for row, at in enumerate(range(0, max(len(caller), len(bot)), _CELLS_A_ROW)):
        part = slice(at, at + _CELLS_A_ROW)
        rows.append(f"{row * _ROW_S:3d} s  caller |{caller[part]:{_CELLS_A_ROW}}|")
        rows.append(f"       bot    |{bot[part]:{_CELLS_A_ROW}}|")
        rows.append(f"       marks  |{marks[part]:{_CELLS_A_ROW}}|")
    return "\n".join(rows)


def _levels(track: bytes | bytearray) -> str:
    return "".join(_level(rms(mulaw_to_pcm(bytes(track[at : at + _CELL])))) for at in range(0, len(track), _CELL))


def _level(loudness_rms: int) -> str:
    if loudness_rms < _QUIETEST_RMS:
        return _LEVELS[0]
    steps = len(_LEVELS) - 1
    return _LEVELS[1 + min(steps - 1, int((loudness_rms / _LOUDEST_RMS) ** 0.5 * (steps - 1)))]


def _signs(record: Record) -> str:
    signs = [" "] * (record.length // _CELL + 1)
    for mark in record.marks:
        signs[min(mark.at // _CELL, len(signs) - 1)] = "'"
    for clear in record.clears:
        signs[min(clear.at // _CELL, len(signs) - 1)] = "C"
    return "".join(signs)
