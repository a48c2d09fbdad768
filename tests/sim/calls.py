"""Many random calls, and what happened in them."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from common.version import VERSION
from gateway.records.format import Header
from gateway.records.recorder import Recorder, StreamRecorder
from tests.guards_in_place import Hits
from tests.sim import at_once
from tests.sim.hits import Outcome
from tests.sim.situations import NAMED
from tests.sim.world import World, make_world

CALLS = 5000
"""In which everything happens often enough, with some to spare."""
LEAST = 100
"""Hits of each guard, end, fault and moment."""


def least_hits(first: int, last: int) -> int:
    """How often everything must happen in these calls. Situations are weighted for the ``CALLS`` from 0. What is seldom comes in lumps (2
    times in the 1,000 calls from 7000, 114 times in those), so others must bring a tenth, and fewer nothing."""
    calls = last - first
    if calls < CALLS:
        return 0
    return LEAST if first == 0 else min(LEAST, calls * LEAST // (10 * CALLS))


def run_calls(seeds: Iterable[int], hits: Hits | None = None) -> Outcome:
    """One call a seed. ``hits`` counts the guards meanwhile."""
    outcome = Outcome()
    for seed in seeds:
        world = make_world(seed)
        try:
            world.run()
        except AssertionError as broken:
            outcome.broken.append(f"seed {seed}: {str(broken).removeprefix(f'seed {seed}: ')}")
        outcome.add(_outcome_of(world))
    if hits is not None:
        outcome.guards = hits.counts()
    return outcome


def _outcome_of(world: World) -> Outcome:
    counts = world.counts + world.workers.counts + world.line.counts
    counts["detector error"] += world.caller.detector_errors
    counts["ducked frame"] += world.loudness.ducked_frames
    counts.update({f"words {fate}": count for fate, count in world.judge.words.fates.items()})
    counts["word insisted on"] += world.judge.words.insisted
    counts.update({f"key {fate}": count for fate, count in world.judge.keys.fates.items()})
    counts.update({f"saying {fate}": count for fate, count in world.judge.sayings.fates.items()})
    counts[f"situation {world.situation.name}"] += 1
    return Outcome(1, len(world.judge.closed), world.now, counts, world.moments.counts, history_errors_ms=world.judge.history.errors_ms)


def run_at_once(first: int, last: int, *, guards: bool) -> Outcome:
    """The calls of these seeds, in a process a processor; ``guards``: count their hits, too."""
    return at_once.run_at_once(partial(_share, guards=guards), first, last, Outcome())


def _share(seeds: range, guards: bool) -> Outcome:
    hits = Hits() if guards else None
    if hits is not None:
        hits.start()
    return run_calls(seeds, hits)


def traced(seed: int, record: Path | None = None, situation: str = "") -> tuple[list[str], bool]:
    """What happened in one call, until it was over or broke a rule, and whether it broke one; its record goes to a file."""
    breaks = False
    world = make_world(seed, traced=True)
    if situation:
        world.situation = NAMED[situation]
    with record.open("wb") if record else nullcontext() as file:
        if file is not None:
            world.recorder = recorder_of(world, file.write)
        try:
            world.run()
        except AssertionError as broken:
            breaks = True
            world.trace.append(f"{world.now:8.3f} ! {broken}")
        world.recorder.close()
    return world.trace, breaks


def recorder_of(world: World, sink: Callable[[bytes], object]) -> Recorder:
    """What gives the record of a simulated call to ``sink``."""
    core = world.machine.call
    return StreamRecorder(Header(VERSION, f"seed-{world.seed}", "he", 0.0, core.rules, core.phrases, core.lexicon), sink)
