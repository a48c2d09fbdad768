"""Many scenes, in some processes: the same outcomes as one after the other in one."""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from common.config import Settings
from tests.bench.turns.ear import Ear, whisper_ear
from tests.bench.turns.outcome import Outcome
from tests.bench.turns.scene import Scene
from tests.bench.turns.stage import run
from tests.bench.turns.stage_settings import here
from tests.bench.turns.vendors import ZERO, Delays

PROCESSES = 2
_CHUNK = 4
_TELL_S = 10.0

NewEar = Callable[[], Ear]


@dataclass(frozen=True, slots=True)
class _Task:
    settings: Settings
    delays: Delays
    records: Path | None


_ears: list[Ear] = []
"""A process's one; it is made before any scene."""


def run_all(
    scenes: Iterable[Scene],
    settings: Settings | None = None,
    delays: Delays = ZERO,
    *,
    new_ear: NewEar | None = None,
    processes: int = PROCESSES,
    records: Path | None = None,
    tell: Callable[[str], object] = sys.stderr.write,
) -> list[Outcome]:
    """The outcomes, in the order of the scenes. ``new_ear`` is called once in each process, so it can be pickled; default: Whisper."""
    settings = settings or here()
    everything, task = list(scenes), _Task(settings, delays, records)
    new_ear = new_ear or partial(whisper_ear, settings)
    if processes == 1:
        return list(_told(map(partial(_play, task, ear=new_ear()), everything), everything, tell))
    fresh = multiprocessing.get_context("spawn")  # a fork would take locks of onnxruntime's threads with it
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=_begin, initargs=(new_ear,)) as pool:
        return list(_told(pool.map(partial(_play, task), everything, chunksize=_CHUNK), everything, tell))


def _begin(new_ear: NewEar) -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _ears.append(new_ear())


def _leave_with_parent() -> None:
    """Of a run that was killed its processes would go on for minutes, and then wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "it is a process of a pool"
    parent.join()
    os._exit(1)


def _play(task: _Task, scene: Scene, ear: Ear | None = None) -> Outcome:
    return run(scene, task.settings, task.delays, ear=ear or _ears[0], records=task.records)


def _told(outcomes: Iterator[Outcome], scenes: Sequence[Scene], tell: Callable[[str], object]) -> Iterator[Outcome]:
    """As they come, with a line now and then."""
    began_s = told_s = time.monotonic()
    line_s = 0.0
    for number, outcome in enumerate(outcomes, start=1):
        yield outcome
        line_s += outcome.length_s
        now_s = time.monotonic()
        if now_s - told_s > _TELL_S or number == len(scenes):
            told_s = now_s
            tell(f"{number} of {len(scenes)} scenes, {line_s:.0f} s of line in {now_s - began_s:.0f} s\n")
