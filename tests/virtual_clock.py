"""An event loop whose time jumps: tests wait for deadlines without waiting.

The selector never blocks. When nothing is ready the clock jumps to the next timer; when there is
no timer either, nothing can ever happen again and the test fails instead of hanging.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(Exception):
    """Everybody waits and nothing is scheduled."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now; else the time it would have waited is over."""
        if ready := super().select(0):
            return ready
        if timeout is None:
            raise Deadlock
        self.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on its own clock, which begins at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made, on its own clock."""
        return self._jumping.now_s


def run(main: Coroutine[Any, Any, T]) -> T:
    """The result of ``main``, in no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
