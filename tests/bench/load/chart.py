"""Charts of figures as SVG: lines over a scale, and bars; drawn with the pieces of ``tools.drawing``."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.drawing import CLEAR, FONT_PX, GREY, PALE, box, document, line, text, width_of

COLOURS = ("#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b")
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 340, 60, 56, 20, 46
_BAR, _BAR_LEFT = 26, 190
_STEPS = (1, 2, 2.5, 5, 10)
_LINES = 5
_Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: (x, y)."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False
    colour: int | None = None
    """Its place among the colours, where it is not its own."""
    joined: bool = True
    labels: Sequence[str] = ()
    """Of its points, each in its place; "" for none."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """A range of numbers on a stretch of the picture."""

    top_value: float
    begin: float
    end: float
    low: float = 0.0

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.top_value - self.low)
        return self.begin + min(max(share, 0.0), 1.0) * (self.end - self.begin)

    def marks(self) -> list[float]:
        """Round numbers, about five of them."""
        rough = (self.top_value - self.low) / _LINES
        power = 10 ** math.floor(math.log10(rough))
        step = next(step * power for step in _STEPS if step * power >= rough)
        return [number * step for number in range(math.ceil(self.low / step), int(self.top_value / step) + 1)]


_MARKED = 40
"""Points beyond which a line shows no marks of its own, since they would touch."""


def lines(title: str, x_name: str, y_name: str, series: Sequence[Series], goal: tuple[str, float] | None = None, low: float = 0.0) -> str:
    """Lines over numbers; ``goal`` is drawn across, ``low`` is where the scale begins."""
    ys = [y for each in series for _, y in each.points] + ([goal[1]] if goal else [])
    x_scale = _Scale(max((x for each in series for x, _ in each.points), default=1.0), _LEFT, _WIDTH - _RIGHT)
    y_scale = _Scale(1.1 * max(ys) - 0.1 * low, _HEIGHT - _BOTTOM, _TOP, low)
    parts = [text(_LEFT, 18, title, weight="bold"), text(_WIDTH - _RIGHT, _HEIGHT - 8, x_name, fill=GREY, anchor="end")]
    parts += [text(8, _TOP - 8, y_name, fill=GREY), *_grid(x_scale, y_scale)]
    if goal:
        y = y_scale.at(goal[1])
        parts += [
            line(_LEFT, y, y, CLEAR, to_x=_WIDTH - _RIGHT, dashed=True),
            text(_WIDTH - _RIGHT, y - 4, goal[0], fill=CLEAR, anchor="end"),
        ]
    for number, each in enumerate(series):
        colour = _colour(series, each)
        parts += _line(each, colour, x_scale, y_scale)
        parts += _legend(number, each, colour)
    parts += _labels(series, x_scale, y_scale, goal)
    return document(_WIDTH, _HEIGHT, parts)


def _grid(x_scale: _Scale, y_scale: _Scale) -> list[str]:
    parts = []
    for mark in y_scale.marks():
        y = y_scale.at(mark)
        parts += [line(_LEFT, y, y, PALE, to_x=_WIDTH - _RIGHT), text(_LEFT - 6, y + 4, f"{mark:g}", fill=GREY, anchor="end")]
    bottom = _HEIGHT - _BOTTOM
    return parts + [text(x_scale.at(mark), bottom + 16, f"{mark:g}", fill=GREY, anchor="middle") for mark in x_scale.marks()]


def _line(series: Series, colour: str, x_scale: _Scale, y_scale: _Scale) -> list[str]:
    at = [(x_scale.at(x), y_scale.at(y)) for x, y in series.points]
    joined = pairwise(at) if series.joined else ()
    strokes = [line(x, y, y2, colour, to_x=x2, dashed=series.dashed, width=2) for (x, y), (x2, y2) in joined]
    marked = at if len(at) <= _MARKED else []
    return strokes + [box(x - 2.5, y - 2.5, 5, 5, colour) for x, y in marked]


def _labels(series: Sequence[Series], x_scale: _Scale, y_scale: _Scale, goal: tuple[str, float] | None) -> Iterator[str]:
    """Each beside its point, where it covers no point and no other label, if there is such a place."""
    at = [[(x_scale.at(x), y_scale.at(y)) for x, y in each.points] for each in series]
    taken = [(x - 3, y - 3, x + 3, y + 3) for points in at for x, y in points]
    if goal:
        across = y_scale.at(goal[1])
        taken += [(_LEFT, across - 1, _WIDTH, across + 1), _around(_WIDTH - _RIGHT, across - 4, goal[0], "end")]
    for each, points in zip(series, at, strict=True):
        for (x, y), label in zip(points, each.labels, strict=False):
            if label:
                place = _free_place(x, y, label, taken)
                taken.append(_around(*place))
                left, base, _, anchor = place
                yield text(left, base, label, fill=_colour(series, each), anchor=anchor)


def _free_place(x: float, y: float, label: str, taken: Sequence[_Rectangle]) -> tuple[float, float, str, str]:
    """Where the label begins or ends, its base line, itself, and which of both it is."""
    places = [(x + side, base, label, anchor) for base in (y - 6, y + 14) for side, anchor in ((5, "start"), (-5, "end"))]
    inside = [place for place in places if _around(*place)[0] >= 0 and _around(*place)[2] <= _WIDTH]
    return next((place for place in inside if not any(_meet(_around(*place), other) for other in taken)), inside[0])


def _around(x: float, base: float, label: str, anchor: str) -> _Rectangle:
    left = x - width_of(label) if anchor == "end" else x
    return left, base - FONT_PX, left + width_of(label), base + 2


def _meet(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _colour(series: Sequence[Series], each: Series) -> str:
    return COLOURS[(series.index(each) if each.colour is None else each.colour) % len(COLOURS)]


def _legend(number: int, series: Series, colour: str) -> list[str]:
    x = _LEFT + 160 * number
    return [line(x, 32, 32, colour, to_x=x + 18, dashed=series.dashed, width=2), text(x + 23, 36, series.name)]


def bars(title: str, unit: str, values: Sequence[tuple[str, float, float]], names: tuple[str, str]) -> str:
    """A bar for each (name, value, greater value), the greater one pale behind it."""
    height = _TOP + _BAR * len(values) + 14
    scale = _Scale(1.15 * max((greater for _, _, greater in values), default=1.0) or 1.0, _BAR_LEFT, _WIDTH - _RIGHT - 90)
    parts = [text(14, 18, title, weight="bold"), text(14, 36, f"{names[0]} (dark) and {names[1]} (pale), {unit}", fill=GREY)]
    for row, (name, value, greater) in enumerate(values):
        y = _TOP + _BAR * row
        parts += [box(_BAR_LEFT, y, scale.at(greater) - _BAR_LEFT, _BAR - 8, COLOURS[0], opacity=0.3)]
        parts += [box(_BAR_LEFT, y, scale.at(value) - _BAR_LEFT, _BAR - 8, COLOURS[0])]
        parts += [
            text(_BAR_LEFT - 8, y + 13, name, anchor="end"),
            text(scale.at(greater) + 6, y + 13, f"{value:.0f} / {greater:.0f}", fill=GREY),
        ]
    return document(_WIDTH, height, parts)
