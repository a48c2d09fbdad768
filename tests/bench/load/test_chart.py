"""Charts as SVG: what stands beside the points."""

import re

from tests.bench.load.chart import Series, lines


def labels(drawn: str) -> dict[str, tuple[float, float, str]]:
    """Of a drawing: place and anchor of each coloured text."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"((?: text-anchor="\w+")?) fill="#1f77b4">([^<]+)<', drawn)
    return {label: (float(x), float(y), "end" if anchor else "start") for x, y, anchor, label in found}


def test_a_label_stands_at_its_point_and_covers_no_other() -> None:
    points = [(0.5, 0.5), (0.5, 0.5), (0.6, 0.2)]
    placed = labels(lines("", "", "", [Series("one", points, labels=["first", "second", "third"])]))
    assert set(placed) == {"first", "second", "third"}
    assert len(set(placed.values())) == 3


def test_a_label_at_the_right_edge_stands_left_of_its_point() -> None:
    placed = labels(lines("", "", "", [Series("one", [(0.1, 0.5), (1.0, 0.5)], labels=["", "a long name for a point"])]))
    assert placed["a long name for a point"][2] == "end"


def test_points_that_are_not_joined_have_no_line() -> None:
    points = [(0.1, 0.5), (1.0, 0.9)]
    joined, apart = (lines("", "", "", [Series("one", points, joined=joined)]).count('stroke="#1f77b4"') for joined in (True, False))
    assert joined - apart == 1
