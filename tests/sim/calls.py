"""Many random calls, and what happened in them."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path

from common.version import VERSION
from gateway.records.format import Header
from gateway.records.recorder import Recorder, StreamRecorder
from tests.guards_in_place import Hits
from tests.sim.hits import Outcome
from tests.sim.situations import NAMED
from tests.sim.world import World, make_world

CALLS = 5000
"""In which everything happens often enough, with some to spare."""
LEAST = 100
"""Hits of each guard, end, fault and moment."""


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
    counts.update({f"words {fate}": count for fate, count in world.judge.words.fates.items()})
    counts.update({f"key {fate}": count for fate, count in world.judge.keys.fates.items()})
    counts.update({f"saying {fate}": count for fate, count in world.judge.sayings.fates.items()})
    counts[f"situation {world.situation.name}"] += 1
    return Outcome(1, len(world.judge.closed), world.now, counts, world.moments.counts, history_errors_ms=world.judge.history.errors_ms)


def run_at_once(first: int, last: int, *, guards: bool) -> Outcome:
    """The calls of these seeds, in a process a processor; ``guards``: count their hits, too."""
    outcome, processes = Outcome(), os.cpu_count() or 1
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        shares = [pool.submit(_share, range(first + place, last, processes), guards) for place in range(processes)]
        for share in shares:
            outcome.add(share.result())
    return outcome


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
