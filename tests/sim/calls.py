"""Many random calls, and what happened in them."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from common.version import VERSION
from gateway.records.format import Header
from gateway.records.recorder import Recorder, StreamRecorder
from tests.sim.world import World, make_world


@dataclass(slots=True)
class Outcome:
    """What happened in some calls."""

    calls: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    """Ends, holds, faults, and what became of the caller's words."""
    history_errors_ms: list[int] = field(default_factory=list)
    """Of sentences that were cut: between what the history says was heard and what the ear heard."""

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
        outcome.history_errors_ms += world.judge.history_errors_ms
        outcome.counts += world.counts + world.workers.counts
        outcome.counts += Counter({f"words {fate}": count for fate, count in world.judge.words.items()})
    return outcome


def trace_of(seed: int, record: Path | None = None) -> list[str]:
    """What happened in one call, until it was over or broke a rule; its record goes to a file."""
    world = make_world(seed, traced=True)
    with record.open("wb") if record else nullcontext() as file:
        if file is not None:
            world.recorder = recorder_of(world, file.write)
        try:
            world.run()
        except AssertionError as broken:
            world.trace.append(f"{world.now:8.3f} ! {broken}")
        world.recorder.close()
    return world.trace


def recorder_of(world: World, sink: Callable[[bytes], object]) -> Recorder:
    """What gives the record of a simulated call to ``sink``."""
    core = world.machine.call
    return StreamRecorder(Header(VERSION, f"seed-{world.seed}", "he", 0.0, core.rules, core.phrases, core.lexicon), sink)
