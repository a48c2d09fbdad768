"""Many calls in some processes: each runs its share of the seeds, and what happened is added up."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol, Self, TypeVar


class Sum(Protocol):
    """What happened in some calls, to which what happened in others can be put."""

    def add(self, other: Self, /) -> None:
        """Put what happened in other calls to it."""


S = TypeVar("S", bound=Sum)


def run_at_once(run: Callable[[range], S], first: int, last: int, none: S) -> S:
    """The calls of the seeds ``first`` to before ``last``, in a process a processor; ``none`` is what happened before any."""
    processes = os.cpu_count() or 1
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for share in [pool.submit(run, range(first + place, last, processes)) for place in range(processes)]:
            none.add(share.result())
    return none
