"""All scores of calls: each event once, summed by half, and in it by language and by kind.

An utterance that opens many scenes is one event: its name is the recording's, and the first call that has it counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from tests.bench.turns.outcome import Outcome
from tests.bench.turns.scene import Scene
from tests.bench.turns.score_eva import eva
from tests.bench.turns.score_hold import answers, holding, own_echo
from tests.bench.turns.score_pauses import in_pauses
from tests.bench.turns.score_tau import tau
from tests.bench.turns.scored import ALL, Count, Scored, Spread, count, mean_interval, spread

SCORES = (tau, in_pauses, eva, holding, own_echo, answers)


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric of one half: of all events, of a language, or of a kind of sound."""

    count: Count
    latency: Spread | None = None
    points: float | None = None
    """Sum of the points, where the metric has them."""
    points_interval: tuple[float, float] | None = None
    """Of the points an event."""
    lasted_s: float = 0.0

    @property
    def per_event(self) -> float | None:
        """Points an event."""
        return None if self.points is None else self.points / self.count.of

    @property
    def per_minute(self) -> float | None:
        """Points a minute of the sound."""
        return None if self.points is None or not self.lasted_s else self.points * 60 / self.lasted_s


def panel(calls: Iterable[tuple[Scene, Outcome]]) -> list[Scored]:
    """The events of all calls, each once."""
    first: dict[tuple[str, str], Scored] = {}
    for scene, outcome in calls:
        for each in chain.from_iterable(score(scene, outcome) for score in SCORES):
            first.setdefault((each.metric, each.name), each)
    return list(first.values())


def cells(events: Iterable[Scored]) -> dict[str, dict[str, dict[str, Cell]]]:
    """By metric, half and group: all, a language, or a kind of sound."""
    sorted_out: dict[str, dict[str, dict[str, list[Scored]]]] = {}
    for each in events:
        half = sorted_out.setdefault(each.metric, {}).setdefault(each.half, {})
        for group in (ALL, each.language, str(each.kind)):
            half.setdefault(group, []).append(each)
    return {
        metric: {half: {group: _cell(some) for group, some in groups.items()} for half, groups in halves.items()}
        for metric, halves in sorted_out.items()
    }


def _cell(events: list[Scored]) -> Cell:
    points = [each.points for each in events if each.points is not None]
    return Cell(
        count(events),
        spread([each.latency_s for each in events if each.latency_s is not None]),
        sum(points) if points else None,
        mean_interval(points),
        sum(each.lasted_s for each in events),
    )


def missed(events: Iterable[Scored]) -> Iterator[Scored]:
    """What went wrong."""
    return (each for each in events if not each.good)
