"""What changed between two results: events that changed sides, and seconds and points that moved.

Rules
    The clock is virtual and nothing is drawn anew, so on one processor whatever changed was changed by the code: no margin is
    for noise. On another one a few events change sides with the same code, which is told.
    Each half and each kind of sound is judged by itself. An event that went well and does not any more is a loss, and so is one that
    has no occasion any more, whatever it was: who is silent by fault does not do well. More losses than gains are a regression.
    A mean or a 95th percentile that is more than ``MOVED_S`` later is one, too, and so are points for the worse. These are of all
    events of a half, so they are compared if those are the same; of events alone those that both results have are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tests.bench.turns.results import Json, cell_of

MOVED_S = 0.04
_MOVED_POINTS = 0.005
"""An event."""
_SECONDS = {"R_R": "L_R", "R_Y": "L_Y", "end": "end", "clear": "clear", "taken back": "silence"}
_STATISTICS = ("mean", "p95")
_POINTS: dict[str, Literal[1, -1]] = {"EVA": 1, "I_A": -1, "I_A utterance": -1, "noise": -1}
"""1: many are good."""


@dataclass(frozen=True, slots=True)
class Sides:
    """One metric of one run, half and kind of sound: events that changed sides."""

    where: str
    broke: tuple[str, ...]
    """Went well, and do not any more."""
    vanished: tuple[str, ...]
    """Had an occasion, and have none any more."""
    mended: tuple[str, ...]

    @property
    def regressed(self) -> bool:
        """Whether more was lost than mended."""
        return len(self.broke) + len(self.vanished) > len(self.mended)

    @property
    def told(self) -> str:
        """In one line."""
        return f"{self.where}: {len(self.broke)} broke, {len(self.vanished)} had no occasion, {len(self.mended)} mended"

    @property
    def names(self) -> Iterator[str]:
        """The events, each with a sign."""
        for sign, names in (("-", self.broke), ("0", self.vanished), ("+", self.mended)):
            yield from (f"  {sign} {name}" for name in names)


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure of one metric of one run and half."""

    where: str
    before: float
    now: float
    regressed: bool
    names: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """In one line."""
        return f"{self.where}: {self.before:.3f}, now {self.now:.3f}"


Change = Sides | Moved


def changes(before: Json, now: Json) -> Iterator[Change]:
    """Of runs and metrics that both have."""
    for run, metric in sorted(_keys(before) & _keys(now)):
        yield from _sides(before, now, run, metric)
        if _digest(before, run, metric) == _digest(now, run, metric):
            yield from _moved(before["runs"], now["runs"], run, metric)


def _sides(before: Json, now: Json, run: str, metric: str) -> Iterator[Sides]:
    were, are = _by_group(before, run, metric), _by_group(now, run, metric)
    was, is_ = before["runs"][run][metric], now["runs"][run][metric]
    for half, kind in sorted(were.keys() & are.keys()):
        both = were[half, kind] & are[half, kind]
        found = Sides(f"{run}: {metric}: {half}, {kind}", *(tuple(sorted(some & both)) for some in _turned(was, is_)))
        if found.broke or found.vanished or found.mended:
            yield found


def _turned(was: Json, is_: Json) -> tuple[set[str], set[str], set[str]]:
    """Names that broke, lost their occasion, and were mended; what gets an occasion and goes well is mended, too."""
    missed, none = set(was["missed"]), set(was["no_occasion"])
    misses, nones = set(is_["missed"]), set(is_["no_occasion"])
    return misses - missed - none, nones - none, (missed | none) - misses - nones


def _moved(before: Json, now: Json, run: str, metric: str) -> Iterator[Moved]:
    for half in sorted(now[run][metric]["halves"]):
        was, is_ = cell_of(before, run, metric, half), cell_of(now, run, metric, half)
        if was is None or is_ is None:
            continue
        if metric in _SECONDS and "latency_s" in was and "latency_s" in is_:
            yield from _seconds(f"{run}: {_SECONDS[metric]}, {half}", was["latency_s"], is_["latency_s"])
        if metric in _POINTS and was.get("points") is not None and is_.get("points") is not None:
            earlier, later = was["points"] / was["of"], is_["points"] / is_["of"]
            if abs(later - earlier) > _MOVED_POINTS:
                yield Moved(f"{run}: {metric}, {half}, points an event", earlier, later, (later - earlier) * _POINTS[metric] < 0)


def _seconds(where: str, was: Json, is_: Json) -> Iterator[Moved]:
    for name in _STATISTICS:
        if abs(is_[name] - was[name]) > MOVED_S:
            yield Moved(f"{where}, {name} s", was[name], is_[name], is_[name] > was[name])


def other_events(before: Json, now: Json) -> Iterator[str]:
    """Runs and metrics that only one of both has, and those that have other events, with how many both have."""
    for run, metric in sorted(_keys(before) & _keys(now)):
        if _digest(before, run, metric) != _digest(now, run, metric):
            were, are = (set().union(*_by_group(each, run, metric).values()) for each in (before, now))
            yield f"{run}: {metric} ({len(were & are)} of {len(were)} and {len(are)} are the same)"
    yield from (f"{run}: {metric}" for run, metric in sorted(_keys(before) ^ _keys(now)))


def _digest(results: Json, run: str, metric: str) -> str:
    digest: str = results["runs"][run][metric]["events"]
    return digest


def _by_group(results: Json, run: str, metric: str) -> dict[tuple[str, str], set[str]]:
    found = results["events"][_digest(results, run, metric)]
    return {(half, kind): set(names) for half, kinds in found.items() for kind, names in kinds.items()}


def _keys(results: Json) -> set[tuple[str, str]]:
    return {(run, metric) for run, metrics in results.get("runs", {}).items() for metric in metrics}


def told(before: Json, now: Json, *, accepted: bool = False) -> Iterator[str]:
    """What changed, for who has to say whether it is right, or has ``accepted`` it."""
    if not before:
        yield f"Nothing is kept to compare with.{'' if accepted else ' ARGS=--write keeps this.'}"
        return
    if (was_on := _processor(before)) != (is_on := _processor(now)):
        yield (
            f"Kept on another processor ({was_on}; here {is_on}): detector and recogniser compute in floats, and a few events change "
            f"sides with the same code. What a change of the code does, two runs on one machine tell: the first with ARGS=--write."
        )
    found = list(changes(before, now))
    for change in found:
        yield f"{'REGRESSED' if change.regressed else 'changed'}: {change.told}"
        yield from change.names
    if others := list(other_events(before, now)):
        yield f"Not, or not wholly, compared, since the events are not the same: {'; '.join(others)}."
    accepts = "It is accepted." if accepted else "ARGS=--write accepts it."
    yield f"A score regressed. {accepts}" if regressed(found) else "No score regressed."


def _processor(results: Json) -> str:
    told: str = results.get("made", {}).get("runs", {}).get("processor", "not noted which")
    return told


def regressed(found: Iterable[Change]) -> bool:
    """Whether any score did."""
    return any(change.regressed for change in found)
