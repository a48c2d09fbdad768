"""Results as JSON, and what changed since those that are kept.

Rules
    Kept are counts, and the names of the events that went wrong: from two results follows which events changed sides.
    A score regressed if it has fewer hits of the same events. Of other events (the material changed) nothing is compared.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.turns.panel import Cell, cells, missed
from tests.bench.turns.scored import ALL, Scored

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one run, of the same events, before and now."""

    run: str
    metric: str
    broke: tuple[str, ...]
    """Events that went well, and do not any more."""
    mended: tuple[str, ...]

    @property
    def regressed(self) -> bool:
        """Whether more broke than were mended."""
        return len(self.broke) > len(self.mended)


def to_json(events_by_run: Mapping[str, Iterable[Scored]]) -> Json:
    """What is kept of each run."""
    return {run: _run(list(events)) for run, events in events_by_run.items()}


def _run(events: list[Scored]) -> Json:
    kept: Json = {}
    for metric, halves in sorted(cells(events).items()):
        own = [each for each in events if each.metric == metric]
        kept[metric] = {
            "events": _digest(own),
            "halves": {half: {group: _cell(cell) for group, cell in sorted(some.items())} for half, some in sorted(halves.items())},
            "missed": sorted(each.name for each in missed(own)),
        }
    return kept


def _digest(events: Iterable[Scored]) -> str:
    return hashlib.sha256("\n".join(sorted(each.name for each in events)).encode()).hexdigest()[:12]


def _cell(cell: Cell) -> Json:
    low, high = cell.count.interval
    kept: Json = {"hits": cell.count.hits, "of": cell.count.of, "interval": [round(low, 3), round(high, 3)]}
    if cell.count.share is not None:
        kept["share"] = round(cell.count.share, 3)
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


def changes(before: Json, now: Json) -> Iterator[Change]:
    """What changed sides, of runs and metrics that both have, with the same events."""
    for run, metric in _common(before, now):
        was, is_ = before[run][metric], now[run][metric]
        if was["events"] == is_["events"] and was["missed"] != is_["missed"]:
            broke, mended = set(is_["missed"]) - set(was["missed"]), set(was["missed"]) - set(is_["missed"])
            yield Change(run, metric, tuple(sorted(broke)), tuple(sorted(mended)))


def of_other_events(before: Json, now: Json) -> Iterator[str]:
    """Runs and metrics whose events are not the same, and those that only one of both has."""
    for run, metric in _common(before, now):
        if before[run][metric]["events"] != now[run][metric]["events"]:
            yield f"{run}: {metric}"
    yield from (f"{run}: {metric}" for run, metric in sorted(_keys(before) ^ _keys(now)))


def _common(before: Json, now: Json) -> list[tuple[str, str]]:
    return sorted(_keys(before) & _keys(now))


def _keys(results: Json) -> set[tuple[str, str]]:
    return {(run, metric) for run, metrics in results.items() for metric in metrics}


def told(before: Json, now: Json) -> Iterator[str]:
    """What changed, for who has to say whether it is right."""
    found = list(changes(before, now))
    for change in found:
        word = "REGRESSED" if change.regressed else "changed"
        yield f"{word}: {change.run}: {change.metric}: {len(change.broke)} broke, {len(change.mended)} mended"
        yield from (f"  - {name}" for name in change.broke)
        yield from (f"  + {name}" for name in change.mended)
    others = list(of_other_events(before, now)) if before else []
    if others:
        yield f"Not compared, since the events are not the same: {'; '.join(others)}."
    if not before:
        yield "Nothing is kept to compare with. ARGS=--write keeps this."
    elif regressed(found):
        yield "A score regressed. ARGS=--write accepts it."
    else:
        yield "No score regressed."


def regressed(found: Iterable[Change]) -> bool:
    """Whether any score did."""
    return any(change.regressed for change in found)


def read(path: Path) -> Json:
    """What is kept there; nothing if nothing is."""
    kept: Json = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept


def write(path: Path, results: Json) -> None:
    """Keep it: a name a line, so that a diff shows which events changed sides."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def share_of(results: Json, run: str, metric: str, half: str, group: str = ALL) -> Json | None:
    """One kept cell, if it is there."""
    cell: Json | None = results.get(run, {}).get(metric, {}).get("halves", {}).get(half, {}).get(group)
    return cell
