"""How often each guard, end of a turn, fault and moment of an onset was hit in simulated calls; and what was hit too seldom."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from gateway.turn.events import End
from tests.sim.moments import MOMENTS

FAULTS = (
    "BARGE_IN: interrupt speaking",
    "BARGE_IN_FINAL",
    "BARGE_IN_RESUMED",
    "DEDUP: same utterance ignored",
    "FLOOR_TAKEN",
    "STAGE_FAILED",
    "SAID_AGAIN",
    "CALL_TAKEN",
    "DRAFT",
    "DRAFT_DROPPED",
    "end handed_over",
    "ducked frame",
    "keys asked for",
    "bot hung up",
    "key",
    "tool",
    "tool at its limit",
    "words in the history",
    *("mark lost", "mark late", "mark on clear", "stalled frame", "burst of frames", "sound late"),
    *("stop twice", "dropped in mid-word", "detector error"),
    *("message lost", "message twice", "message late", "chunk out of order", "worker slow", "load"),
    *("asr failed", "asr stale", "recogniser asleep", "llm failed", "tts failed", "tts stopped", "tts second attempt", "retake"),
)
"""What must happen in simulated calls, beside the ends of turns: what the bot does, what the line, and what workers. The calls through
the shell have their own list, with what Redis does (``shell_calls``)."""
_LEAST_SHOWN = 20


@dataclass(slots=True)
class Outcome:
    """What happened in some calls."""

    calls: int = 0
    turns: int = 0
    line_s: float = 0.0
    """Time on the line."""
    counts: Counter[str] = field(default_factory=Counter)
    """Ends, holds, faults, and what became of the caller's words."""
    moments: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Onsets of the caller's voice: what the bot was doing, and what became of them."""
    guards: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Hits of each guard by side, where they were counted; zeros too."""
    history_errors_ms: list[int] = field(default_factory=list)
    """Of sentences that were cut: between what the history says was heard and what the ear heard."""
    broken: list[str] = field(default_factory=list)
    """Calls that broke a rule, and which."""

    def add(self, other: "Outcome") -> None:
        """Put what happened in other calls to it."""
        self.calls += other.calls
        self.turns += other.turns
        self.line_s += other.line_s
        self.counts.update(other.counts)
        self.moments.update(other.moments)
        self.guards.update(other.guards)
        self.history_errors_ms += other.history_errors_ms
        self.broken += other.broken

    # -- For reading --------------------------------------------------------------------------

    def lines(self, *, every_guard: bool = False) -> list[str]:
        """All of it; of the guards those that were hit least, or all."""
        first = f"{self.calls} calls, {self.turns} turns, {self.line_s / 3600:.1f} hours on the line"
        counts = (f"{count:8d}  {name}" for name, count in sorted(self.counts.items()))
        return [first, *counts, *self._moment_lines(), *(self._table() if every_guard else []), *self._least_hit()]

    def _moment_lines(self) -> Iterator[str]:
        fates = sorted({fate for _, fate in self.moments})
        yield "onsets of the caller's voice" + " " * 14 + "".join(f"{fate:>16}" for fate in ("all", *fates))
        for moment, count in sorted(self._by_moment().items()):
            yield f"  {moment:<40}" + "".join(f"{number:>16}" for number in (count, *(self.moments[moment, fate] for fate in fates)))

    def _table(self) -> Iterator[str]:
        """Each guard, with its hits when it was false and when it was true; "-" is a side that cannot be."""
        yield f"{'false':>10}{'true':>10}  guard"
        for name in sorted({name for name, _ in self.guards}):
            yield "".join(f"{self.guards.get((name, side), '-'):>10}" for side in (False, True)) + f"  {name}"

    def _least_hit(self) -> Iterator[str]:
        if self.guards:
            yield f"{len(self.guards)} sides of guards; the least hit:"
        shown = sorted((count, name, side) for (name, side), count in self.guards.items())
        for count, name, side in shown[:_LEAST_SHOWN]:
            yield f"{count:8d}  {name} = {side}"

    # -- What was hit too seldom --------------------------------------------------------------

    def below(self, least: int) -> list[str]:
        """What was hit less often than ``least`` times."""
        return [f"{count} hits: {name}" for count, name in sorted((count, name) for name, count in self._hits().items() if count < least)]

    def _hits(self) -> dict[str, int]:
        hits = {f"end {end}": self.counts[f"end {end}"] for end in get_args(End)}
        hits |= {name: self.counts[name] for name in FAULTS} | dict.fromkeys(MOMENTS, 0) | self._by_moment()
        return hits | {f"{name} = {side}": count for (name, side), count in self.guards.items()}

    def _by_moment(self) -> Counter[str]:
        by_moment: Counter[str] = Counter()
        for (moment, _), count in self.moments.items():
            by_moment[moment] += count
        return by_moment
