"""Whether the gap that the gateway tells of an answer (``WATERFALL``'s ``gap_ms``) is the one that its caller measured (sans-I/O).

::

    caller   ####|<-------------- measured -------------->|####
    gateway    ##|<--------------- told ---------------->|##
              way there                                way back

The caller's is from the last voiced frame that was sent to the first one that came, so the ways and whatever either of them was late
with lie between both.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tests.bench.load.talker import Said

_LINE = re.compile(r"^EVENT call=(\S+) turn=(\d+) WATERFALL gap_ms=(\d+)", re.MULTILINE)
_TURNS = 16
"""So many turns the voice tells apart."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Told less measured, in ms: below 0 the gateway tells less than its callers waited. Of no answer all but the counts are None."""

    answers: int
    """Of which both are known."""
    untold: int
    """Of which only the callers knew."""
    least: float | None = None
    p5: float | None = None
    p50: float | None = None
    p95: float | None = None
    most: float | None = None


def told_gaps_ms(log: str) -> dict[tuple[str, int], deque[int]]:
    """Of the gateway's log: what it tells of each answer, in order, by call and turn mod 16."""
    found = defaultdict[tuple[str, int], deque[int]](deque)
    for call, turn, gap_ms in _LINE.findall(log):
        found[call, int(turn) % _TURNS].append(int(gap_ms))
    return found


def gaps_of(log: str, calls: Iterable[tuple[str, Iterable[Said]]]) -> Gaps:
    """Of the gateway's log, and what was said in each call, in order."""
    told, off, untold = told_gaps_ms(log), list[float](), 0
    for call, all_said in calls:
        for said in all_said:
            if said.answered_at is None or said.ended_at is None or said.answer is None:
                continue
            known = told.get((call, said.answer))
            if known:
                off.append(known.popleft() - 1000 * (said.answered_at - said.ended_at))
            else:
                untold += 1
    if not off:
        return Gaps(0, untold)
    return Gaps(len(off), untold, *(round(float(each), 2) for each in np.percentile(off, [0, 5, 50, 95, 100])))
