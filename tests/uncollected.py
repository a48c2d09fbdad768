"""A time in which nothing is freed but what nobody knows any more; and what is left behind in it."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection of what knows each other in circles."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def blocks_left(action: Callable[[], object], times: int) -> int:
    """How many blocks of Python's memory more are in use after it was done so often, those counted that are kept to be used again."""
    action()
    gc.collect()
    with uncollected():
        before = sys.getallocatedblocks()
        for _ in range(times):
            action()
        return sys.getallocatedblocks() - before
