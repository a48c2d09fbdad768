"""Many random calls, and what happened in them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.sim.world import make_world


@dataclass(slots=True)
class Outcome:
    """What happened in some calls."""

    calls: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    """Ends, holds, faults, and what became of the caller's words."""

    def lines(self) -> list[str]:
        """For reading."""
        first = f"{self.calls} calls, {self.seconds / 3600:.1f} hours on the line"
        return [first, *(f"{count:8d}  {name}" for name, count in sorted(self.counts.items()))]


def run_calls(seeds: Iterable[int]) -> Outcome:
    """One call a seed; the first that breaks a rule ends it all, and names its seed."""
    outcome = Outcome()
    for seed in seeds:
        world = make_world(seed)
        world.run()
        outcome.calls += 1
        outcome.seconds += world.now
        outcome.counts += world.counts + world.workers.counts
        outcome.counts += Counter({f"words {fate}": count for fate, count in world.judge.words.items()})
    return outcome


def trace_of(seed: int) -> list[str]:
    """What happened in one call, until it was over or broke a rule."""
    world = make_world(seed, traced=True)
    try:
        world.run()
    except AssertionError as broken:
        world.trace.append(f"{world.now:8.3f} ! {broken}")
    return world.trace
