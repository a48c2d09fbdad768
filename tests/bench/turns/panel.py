"""All scores of calls: each event once, summed by half, and in it by language and by kind.

Rules
    Which events there are follows from the scenes alone. What a score says nothing about, since the call gave no occasion (a bot that
    is silent cannot be interrupted), is an event without one: so none vanishes unseen.
    An utterance that opens many scenes is one event: its name is the recording's, and the first call that has it counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from tests.bench.turns.outcome import Outcome
from tests.bench.turns.scene import Cue, Kind, Scene
from tests.bench.turns.score_eva import eva
from tests.bench.turns.score_hold import answers, holding, own_echo
from tests.bench.turns.score_pauses import in_pauses
from tests.bench.turns.score_tau import tau
from tests.bench.turns.scored import ALL, Count, Scored, Spread, count, mean_interval, scored, spread

SCORES = (tau, in_pauses, eva, holding, own_echo, answers)
_TURN = ("R_R", "R_R 2 s", "I_A", "EVA")
_TAKEN_BACK = ("taken back", "resumes")
JUDGED: dict[Kind, tuple[str, ...]] = {
    Kind.UTTERANCE: (*_TURN, "end"),
    Kind.ANSWER: (*_TURN, "answer whole"),
    Kind.INTERRUPTION: (*_TURN, "R_Y", "R_Y 1 s", "R_Y ticks", "clear", "gives way"),
    Kind.SHORT_INTERRUPTION: ("EVA", "R_Y word", "R_Y word 1 s", "gives way, word"),
    Kind.BACKCHANNEL: ("S_BC", *_TAKEN_BACK),
    Kind.VOCAL: ("S_VT", *_TAKEN_BACK),
    **dict.fromkeys((Kind.SIDE_TALK, Kind.RADIO, Kind.BABBLE), ("S_ND", *_TAKEN_BACK)),
    **dict.fromkeys((Kind.MUSIC, Kind.STREET, Kind.CLICKS), ("noise", *_TAKEN_BACK)),
    Kind.DTMF: ("keys",),
    Kind.ECHO: ("self-echo",),
}
"""What a sound is judged by, whatever its call was like; an utterance with pauses by each of them, too."""


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
    no_occasion: int = 0
    """Events that are not counted."""

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
        found = {(each.metric, each.name): each for score in SCORES for each in score(scene, outcome)}
        for each in chain.from_iterable(_events(scene, cue) for cue in scene.cues):
            event = each.metric, each.name
            first.setdefault(event, found.pop(event, each))
        assert not found, f"{scene.name}: {sorted(found)} are not among its events"
    return list(first.values())


def _events(scene: Scene, cue: Cue) -> Iterator[Scored]:
    """All that the sound is judged by, as if there had been no occasion."""
    for metric in JUDGED[cue.kind]:
        yield scored(metric, scene, cue, good=None)
    if cue.kind is Kind.UTTERANCE and cue is scene.cues[-1]:
        yield scored("I_A utterance", scene, cue, good=None)
    for number, _ in enumerate(cue.pauses_s):
        yield scored("cut-off", scene, cue, good=None, part=f" pause {number + 1}")
    if cue.pauses_s:
        yield scored("takeover", scene, cue, good=None)


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
        sum(each.good is None for each in events),
    )


def missed(events: Iterable[Scored]) -> Iterator[Scored]:
    """What went wrong."""
    return (each for each in events if each.good is False)


def without_occasion(events: Iterable[Scored]) -> Iterator[Scored]:
    """What the calls were not such that it could go well or wrong."""
    return (each for each in events if each.good is None)
