"""EVA's turn score, of version 0.2 (ServiceNow/eva, pull request 95; formulas as ported in tau2-bench's ``metrics/turn_taking.py``).

::

    answered after   -0.5      0.5                2.0          3.5 s
    points            0  ......1 ---------------- 1 ............0       no tool runs here

    caller cuts in    1 - time to silence / 2 s; 0 if the bot does not yield in 2 s; and if the bot, once
                      silent, begins anew before the caller is done: no more than the next row has
    bot cuts in       the least of  0.5 (1 - overlap / 2 s),  0.5 (1 - (times - 1) / 2),  points of the answer that follows
    no answer         0

The score of a system is the mean over the caller's turns.
"""

from collections.abc import Iterator

from tests.bench.turns.outcome import Outcome, Played
from tests.bench.turns.scene import Cue, Scene
from tests.bench.turns.score_tau import TURNS, YIELD_S, YIELDS
from tests.bench.turns.scored import Scored, scored
from tests.bench.turns.sounds import Span, cues_played, falls_silent, first_start, speaks_at, spoken_again, stretches, voice

_TOO_EARLY_S, _EARLY_S, _LATE_S, _TOO_LATE_S = -0.5, 0.5, 2.0, 3.5
_CAP = 0.5
"""A turn that the bot broke into has no more points than this."""
_WORST_OVERLAP_S, _WORST_TIMES = 2.0, 3


def eva(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """Points of each turn of the caller's."""
    spans = stretches(outcome.heard)
    for cue, played in cues_played(scene, outcome):
        begin, _ = voice(cue, played)
        if cue.kind in YIELDS and speaks_at(spans, begin):
            points = _of_interruption(outcome, cue, played, spans)
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


def _of_interruption(outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> float:
    begin, _ = voice(cue, played)
    silent_s = falls_silent(spans, begin, YIELD_S)
    if silent_s is None:
        return 0.0
    yielding, again = max(0.0, 1 - (silent_s - begin) / YIELD_S), _of_breaking_in(outcome, cue, played, spans)
    return yielding if again is None else min(yielding, again)


def _of_turn(outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> float:
    broken = _of_breaking_in(outcome, cue, played, spans)
    if broken is not None:
        return broken
    _, end = voice(cue, played)
    answered = first_start(spans, end, spoken_again(outcome, played))
    return 0.0 if answered is None else points_of_latency(answered - end)


def _of_breaking_in(outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> float | None:
    """None: the bot did not begin to speak while the caller did."""
    begin, end = voice(cue, played)
    broke_in = [(start, stop) for start, stop in spans if begin <= start < end]
    if not broke_in:
        return None
    overlap_s = sum(min(stop, end) - start for start, stop in broke_in)
    of_length, of_times = overlap_s / _WORST_OVERLAP_S, (len(broke_in) - 1) / (_WORST_TIMES - 1)
    parts = [_CAP * max(0.0, 1 - of_length), _CAP * max(0.0, 1 - of_times)]
    answered = first_start(spans, end, spoken_again(outcome, played))
    return min(parts if answered is None else [*parts, points_of_latency(answered - end)])
