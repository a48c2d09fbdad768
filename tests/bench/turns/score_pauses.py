"""Pauses: eot-bench's false cut-offs and latency, and Full-Duplex-Bench's takeover rate.

eot-bench (livekit/eot-bench, ``eot_harness/metrics.py``): a pause within a turn is cut off if the turn was ended before it was over; the
latency of a true end is the silence before the turn was ended, without what models take. So both are read off the commits, and
are eot-bench's only where the vendors take no time. It sweeps its policy and tells the least cut-offs among settings whose mean latency
is at most 300 and 600 ms, and the least mean latency among those that cut off at most 5 %.

Full-Duplex-Bench (arXiv 2503.04721): of turns with a pause of 0.4-1.0 s, those that the model took over. There anything but silence
and a backchannel is a takeover; our bot gives no backchannels, so any sound of it before the caller is done is one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.turns.outcome import Outcome
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.scored import Count, Scored, count, scored
from tests.bench.turns.sounds import cues_played, first_start, pauses, stretches, voice

_ROUNDING_S = 1e-6
LATENCY_BUDGETS_S = (0.3, 0.6)
CUT_OFF_BUDGETS = (0.05, 0.10)


def in_pauses(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """``cut-off`` of each pause, ``end`` of each utterance's true end, ``takeover`` of each utterance with a pause."""
    spans = stretches(outcome.heard)
    for cue, played in cues_played(scene, outcome):
        if cue.kind is not Kind.UTTERANCE:
            continue
        begin, end = voice(cue, played)
        commits = [each.at_s for each in outcome.commits if each.at_s > begin]
        for number, (from_s, to_s) in enumerate(pauses(cue, played)):
            cut_off = any(from_s <= at <= to_s + _ROUNDING_S for at in commits)
            yield scored("cut-off", scene, cue, good=not cut_off, part=f" pause {number + 1}")
        ended = next((at for at in commits if at >= end), None)
        yield scored("end", scene, cue, good=ended is not None, latency_s=None if ended is None else ended - end)
        if cue.pauses_s:
            taken = first_start(spans, pauses(cue, played)[0][0], end)
            yield scored("takeover", scene, cue, good=taken is None)


@dataclass(frozen=True, slots=True)
class Point:
    """One setting on the curve of latency against cut-offs."""

    setting: str
    cut_off: Count
    """Pauses that were cut off."""
    latency_s: float
    """Mean silence before a true end was known as one."""


def point(setting: str, events: Iterable[Scored]) -> Point:
    """A setting's place."""
    events = list(events)
    kept = count(each for each in events if each.metric == "cut-off")
    latencies = [each.latency_s for each in events if each.metric == "end" and each.latency_s is not None]
    return Point(setting, Count(kept.of - kept.hits, kept.of), sum(latencies) / len(latencies))


def fewest_cut_offs(points: Sequence[Point], budget_s: float) -> Point | None:
    """The best setting whose mean latency is within the budget; None if none is."""
    within = [each for each in points if each.latency_s <= budget_s + _ROUNDING_S]
    return min(within, key=lambda each: (each.cut_off.hits / each.cut_off.of, each.latency_s), default=None)


def quickest(points: Sequence[Point], budget: float) -> Point | None:
    """The quickest setting that cuts off at most this share of pauses."""
    within = [each for each in points if each.cut_off.hits <= budget * each.cut_off.of + _ROUNDING_S]
    return min(within, key=lambda each: (each.latency_s, each.cut_off.hits), default=None)
