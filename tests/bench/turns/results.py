"""Results as JSON: counts, and the names of all events, so that two results can be compared.

::

    events   digest ─▶ half ─▶ kind ─▶ names                       (metrics of the same sounds share them)
    runs     run ─▶ metric ─▶ events: the digest of its own
                              halves: half ─▶ all, a language, or a kind ─▶ hits of so many, interval, seconds, points
                              missed, no_occasion: names
    made     runs, cut_pauses, cut_offs, yields ─▶ when, and from which commit
    cut_pauses                                                     (``cut_pauses.py``)
    cut_offs, yields                                               (the curves: ``sweep.py``)
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.turns.panel import Cell, cells, missed, without_occasion
from tests.bench.turns.scored import ALL, Scored

Json = dict[str, Any]


def to_json(events_by_run: Mapping[str, Iterable[Scored]]) -> Json:
    """What is kept of runs: ``runs`` and ``events``."""
    names: Json = {}
    return {"runs": {run: _run(list(events), names) for run, events in events_by_run.items()}, "events": names}


def _run(events: list[Scored], names: Json) -> Json:
    kept: Json = {}
    for metric, halves in sorted(cells(events).items()):
        own = [each for each in events if each.metric == metric]
        kept[metric] = {
            "events": _named(own, names),
            "halves": {half: {group: _cell(cell) for group, cell in sorted(some.items())} for half, some in sorted(halves.items())},
            "missed": sorted(each.name for each in missed(own)),
            "no_occasion": sorted(each.name for each in without_occasion(own)),
        }
    return kept


def _named(events: Iterable[Scored], names: Json) -> str:
    """The digest under which ``names`` has them."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in sorted(events, key=lambda each: each.name):
        found.setdefault(each.half, {}).setdefault(str(each.kind), []).append(each.name)
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:12]
    names[digest] = found
    return digest


def _cell(cell: Cell) -> Json:
    low, high = cell.count.interval
    kept: Json = {"hits": cell.count.hits, "of": cell.count.of, "interval": [round(low, 3), round(high, 3)]}
    if cell.no_occasion:
        kept["no_occasion"] = cell.no_occasion
    if cell.points is not None:
        kept["points"] = round(cell.points, 3)
    if cell.points_interval:
        kept["points_interval"] = _rounded(cell.points_interval)
    if cell.lasted_s:
        kept["lasted_s"] = round(cell.lasted_s, 1)
    if cell.latency:
        kept["latency_s"] = {name: _rounded(value) for name, value in asdict(cell.latency).items() if value is not None}
    return kept


def _rounded(value: float | tuple[float, float]) -> float | list[float]:
    return [round(each, 3) for each in value] if isinstance(value, tuple) else round(value, 3)


def read(path: Path) -> Json:
    """What is kept there; nothing if nothing is."""
    kept: Json = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept


def write(path: Path, results: Json) -> None:
    """Keep it: a name a line, so that a diff shows which events changed sides."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def cell_of(runs: Json, run: str, metric: str, half: str, group: str = ALL) -> Json | None:
    """One kept cell, if it is there."""
    cell: Json | None = runs.get(run, {}).get(metric, {}).get("halves", {}).get(half, {}).get(group)
    return cell
