"""The plot of a run: each reply a stroke at its lateness, a row for each kind of fault, with median and 95th percentile."""

from collections.abc import Mapping, Sequence

import numpy as np

from tests.chaos.report import GOAL_MS, ROWS
from tools.drawing import BOT, CLEAR, GREY, INK, PALE, Plot, document, line, seconds, text

_WIDTH, _LEFT, _RIGHT = 900, 150, 40
_TOP, _ROW, _BOTTOM = 44, 26, 34


def draw(late_ms: Mapping[str, Sequence[int]], title: str) -> str:
    """As SVG."""
    rows = [row for row in ROWS if late_ms.get(row)]
    last_s = max((max(late_ms[row]) for row in rows), default=0) / 1000
    plot = Plot(_LEFT, _WIDTH - _LEFT - _RIGHT, -0.5, max(3.0, last_s + 0.2))
    bottom = _TOP + _ROW * len(rows)
    parts = [text(12, 20, title, weight="bold"), *seconds(plot, _TOP, bottom)]
    parts.append(line(plot.x(GOAL_MS / 1000), _TOP - 4, bottom, CLEAR, dashed=True))
    parts.append(text(plot.x(GOAL_MS / 1000) + 4, _TOP - 6, "goal for the 95th percentile of kills", fill=CLEAR))
    for number, row in enumerate(rows):
        parts += _row(plot, _TOP + _ROW * number, row, late_ms[row])
    legend = "a stroke a reply, by how much later it was over than without faults; black: median, dashed: 95th percentile"
    parts.append(text(plot.right, bottom + 28, legend, fill=GREY, anchor="end"))
    return document(_WIDTH, bottom + _BOTTOM, parts)


def _row(plot: Plot, top: float, row: str, values: Sequence[int]) -> list[str]:
    middle, p50, p95 = top + _ROW / 2, *(float(np.percentile(values, cut)) / 1000 for cut in (50, 95))
    strokes = "".join(f"M{plot.x(value / 1000):.1f} {middle - 6:.0f}v12" for value in sorted(set(values)))
    return [
        text(_LEFT - 10, middle + 4, f"{row} ({len(values)})", anchor="end"),
        line(plot.left, middle, middle, PALE, to_x=plot.right),
        f'<path d="{strokes}" stroke="{BOT}" stroke-opacity="0.45" fill="none"/>',
        line(plot.x(p50), middle - 10, middle + 10, INK, width=2),
        line(plot.x(p95), middle - 10, middle + 10, INK, width=2, dashed=True),
    ]
