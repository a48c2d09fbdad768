"""EVA's turn score, of version 0.2 (ServiceNow/eva, pull request 95; formulas as ported in tau2-bench's ``metrics/turn_taking.py``).

::

    answered after   -0.5      0.5                2.0          3.5 s
    points            0  ......1 ---------------- 1 ............0       no tool runs here

    caller cuts in    1 - time to silence / 2 s; 0 if the bot does not yield in 2 s
    bot cuts in       the least of  0.5 (1 - overlap / 2 s),  0.5 (1 - (times - 1) / 2),  points of the answer that follows
    no answer         0

The score of a system is the mean over the caller's turns.
"""

from collections.abc import Iterator

from tests.bench.turns.outcome import Outcome, Played
from tests.bench.turns.scene import Cue, Kind, Scene
from tests.bench.turns.score_tau import TURNS, YIELD_S
from tests.bench.turns.scored import Scored, scored
from tests.bench.turns.sounds import Span, cues_played, falls_silent, first_start, speaks_at, stretches, voice

_TOO_EARLY_S, _EARLY_S, _LATE_S, _TOO_LATE_S = -0.5, 0.5, 2.0, 3.5
_CAP = 0.5
"""A turn that the bot broke into has no more points than this."""
_WORST_OVERLAP_S, _WORST_TIMES = 2.0, 3


def eva(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """Points of each turn of the caller's."""
    spans = stretches(outcome.heard)
    for cue, played in cues_played(scene, outcome):
        begin, _ = voice(cue, played)
        if cue.kind is Kind.INTERRUPTION and speaks_at(spans, begin):
            points = _of_interruption(falls_silent(spans, begin, YIELD_S), begin)
        elif cue.kind in TURNS and not speaks_at(spans, begin):
            points = _of_turn(outcome, cue, played, spans)
        else:
            continue
        yield scored("EVA", scene, cue, good=points > 0, points=points)


def points_of_latency(latency_s: float) -> float:
    """What an answer so long after the caller's voice is worth."""
    if not _TOO_EARLY_S < latency_s < _TOO_LATE_S:
        return 0.0
    rising = (latency_s - _TOO_EARLY_S) / (_EARLY_S - _TOO_EARLY_S)
    falling = (_TOO_LATE_S - latency_s) / (_TOO_LATE_S - _LATE_S)
    return min(1.0, rising, falling)


def _of_interruption(silent_s: float | None, begin: float) -> float:
    return 0.0 if silent_s is None else max(0.0, 1 - (silent_s - begin) / YIELD_S)


def _of_turn(outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> float:
    begin, end = voice(cue, played)
    until = min((later.start_s for later in outcome.played if later.start_s > played.start_s), default=float("inf"))
    answered = first_start(spans, end, until)
    broke_in = [(start, stop) for start, stop in spans if begin <= start < end]
    if broke_in:
        return _of_breaking_in(sum(min(stop, end) - start for start, stop in broke_in), len(broke_in), answered, end)
    return 0.0 if answered is None else points_of_latency(answered - end)


def _of_breaking_in(overlap_s: float, times: int, answered: float | None, end: float) -> float:
    parts = [_CAP * max(0.0, 1 - overlap_s / _WORST_OVERLAP_S), _CAP * max(0.0, 1 - (times - 1) / (_WORST_TIMES - 1))]
    return min(parts if answered is None else [*parts, points_of_latency(answered - end)])
