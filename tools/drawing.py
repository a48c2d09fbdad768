"""Pictures over time, as SVG or PNG: the one place that draws waveforms, axes, spans and labels.

Time goes to the right, rows go down. Labels of a row are laid in lanes, so that no two overlap. A PNG is
made of the SVG by resvg, a wheel of 3 MB that is no part of the lock: ``.[pictures]``.
"""

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from common.errors import SetupError

INK, GREY, PALE = "#333333", "#8a8f98", "#e4e7ec"
CALLER, BOT, CLEAR = "#1f77b4", "#2ca02c", "#d62728"
FONT_PX = 11
_FONTS = "Arial, Helvetica, 'DejaVu Sans', 'Liberation Sans', 'Noto Sans', sans-serif"
_LETTER_PX = 6.7
"""Of the widest common fonts, on average."""
_STEPS_S = (0.5, 1, 2, 5, 10, 30, 60)
_STEP_PX = 45
_PNG_ZOOM = 2


@dataclass(frozen=True, slots=True)
class Plot:
    """Where in the picture which second is."""

    left: float
    width: float
    begin_s: float
    end_s: float

    def x(self, at_s: float) -> float:
        """The place of a moment; what is outside is at the edge."""
        inside = min(max(at_s, self.begin_s), self.end_s)
        return self.left + (inside - self.begin_s) / (self.end_s - self.begin_s) * self.width

    def shows(self, begin_s: float, end_s: float) -> bool:
        """Whether any of a span is in the picture."""
        return end_s >= self.begin_s and begin_s <= self.end_s

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width


def document(width: float, height: float, parts: Iterable[str]) -> str:
    """The picture as SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="{_FONTS}" font-size="{FONT_PX}" fill="{INK}">\n'
        "<style>text{paint-order:stroke;stroke:white;stroke-width:3px;stroke-opacity:.7}</style>"
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


# -- Pieces ---------------------------------------------------------------------------------------


def text(x: float, y: float, words: str, *, fill: str = INK, anchor: str = "start", weight: str = "normal") -> str:
    """Words, readable over lines; ``y`` is their base line."""
    extra = "" if anchor == "start" else f' text-anchor="{anchor}"'
    extra += "" if weight == "normal" else f' font-weight="{weight}"'
    extra += "" if fill == INK else f' fill="{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, fill: str, *, title: str = "", stroke: str = "", opacity: float = 1.0) -> str:
    """A rectangle; its title is shown by browsers."""
    extra = f' stroke="{stroke}"' if stroke else ""
    extra += f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    shape = f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" fill={quoteattr(fill)}{extra}'
    return f"{shape}><title>{escape(title)}</title></rect>" if title else f"{shape}/>"


def line(x: float, top: float, bottom: float, stroke: str, *, to_x: float | None = None, dashed: bool = False, width: float = 1) -> str:
    """A line down, or to somewhere else."""
    extra = ' stroke-dasharray="4 3"' if dashed else ""
    extra += "" if width == 1 else f' stroke-width="{width:g}"'
    return f'<path d="M{x:.1f} {top:.1f}L{x if to_x is None else to_x:.1f} {bottom:.1f}" stroke="{stroke}" fill="none"{extra}/>'


def seconds(plot: Plot, top: float, bottom: float) -> list[str]:
    """A grid of full seconds, or of what there is room for, with numbers below."""
    span_s = plot.end_s - plot.begin_s
    step_s = next((step for step in _STEPS_S if plot.width / span_s * step >= _STEP_PX), _STEPS_S[-1])
    first = int(-(-plot.begin_s // step_s))
    parts = []
    for number in range(first, int(plot.end_s // step_s) + 1):
        x = plot.x(number * step_s)
        parts += [line(x, top, bottom, PALE), text(x, bottom + 14, f"{number * step_s:g} s", fill=GREY, anchor="middle")]
    return parts


def wave(plot: Plot, middle: float, half: float, peaks: Sequence[float], colour: str) -> str:
    """A waveform: the peak of each column of the plot, 0 to 1."""
    strokes = "".join(
        f"M{plot.left + x:.0f} {middle - peak * half:.1f}v{2 * peak * half:.1f}" for x, peak in enumerate(peaks) if peak * half > 0.2
    )
    rest = f'<path d="M{plot.left:g} {middle:g}H{plot.right:g}" stroke="#cccccc"/>'
    return f'{rest}<path d="{strokes}" stroke="{colour}"/>' if strokes else rest


def peaks_of(samples: NDArray[Any], columns: int) -> list[float]:
    """The greatest sample of each column, of 32,768."""
    return [float(np.abs(part.astype(np.int32)).max(initial=0)) / 32768 for part in np.array_split(samples, columns)]


# -- Labels ---------------------------------------------------------------------------------------


def width_of(words: str) -> float:
    """About how wide words are drawn, at most."""
    return len(words) * _LETTER_PX


def fitted(words: str, width: float) -> str:
    """The words, as far as there is room for them; "" where not even two letters have it."""
    if width_of(words) <= width:
        return words
    letters = int(width / _LETTER_PX) - 1
    return words[:letters].rstrip() + "…" if letters >= 2 else ""


def lanes(spans: Iterable[tuple[float, float]], gap: float = 8) -> list[int]:
    """For each span (begin, end), in order of their begins: the first lane in which it is free of those before it."""
    ends: list[float] = []
    found = []
    for begin, end in spans:
        lane = next((number for number, taken_to in enumerate(ends) if taken_to + gap <= begin), len(ends))
        ends[lane : lane + 1] = [end]
        found.append(lane)
    return found


# -- Files ----------------------------------------------------------------------------------------


class _Renderer(Protocol):
    def svg_to_bytes(self, svg_string: str, *, zoom: int) -> bytes: ...


def save(picture: str, path: Path) -> None:
    """Write it, as PNG if the name says so.

    Raises:
        SetupError: a PNG cannot be made here.
    """
    if path.suffix.lower() != ".png":
        path.write_text(picture, encoding="utf-8")
        return
    try:
        renderer: _Renderer = importlib.import_module("resvg_py")
    except ImportError:
        raise SetupError(f"{path}: a PNG takes resvg: .venv/bin/python -m pip install 'resvg-py>=0.5' (an SVG takes nothing)") from None
    if _rendered(renderer, text(0, 20, "x")) == _rendered(renderer, ""):
        raise SetupError(f"{path}: no font is installed: apt-get install fonts-dejavu-core (an SVG takes none)")
    path.write_bytes(renderer.svg_to_bytes(picture, zoom=_PNG_ZOOM))


def _rendered(renderer: _Renderer, part: str) -> bytes:
    return renderer.svg_to_bytes(document(40, 40, [part]), zoom=1)
