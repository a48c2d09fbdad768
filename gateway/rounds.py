"""Reads all media sockets together, every few milliseconds.

Theory
    Each line brings a frame every 20 ms at a place of its own, so a loop that waits for all of them is woken for each by itself.
    A process that wakes up finds its caches full of others' things: the first frame behind a pause of 4 ms takes 120 us, the
    tenth in a row 20. So the lines are not waited for: every ``PERIOD_S`` it is asked which of them have something. What a caller
    says is heard 2.5 ms later for it, on average, and twice as many calls fit on a core.

    Behind a stall every line has several frames, and all of them together are a stall of their own: 50 ms at 120 calls. So a round is
    taken in steps, and between them the loop does what else is due: first of all, to let sound out.

    The event loop's own reading of these sockets is paused. They are asked through descriptors of their own, since
    the loop closes its own when it likes, and a number is given out again. So it is within a round: who left and who came since
    the lines were looked at have nothing to do with what was found.
"""

import asyncio
import logging
import os
import selectors
from collections import deque
from collections.abc import Callable

logger = logging.getLogger("torim.gateway")

PERIOD_S = 0.005
AT_ONCE_BYTES = 4096
"""Of a line, in a round: ten frames. Who sends more has to wait."""
STEP_BYTES = 24 * 1024
"""Of all lines, before the loop does something else: sixty frames, 2 to 4 ms."""

Read = Callable[[bytes], object]
"""Takes what came on a line; nothing, if the other side is gone."""


class Rounds:
    """One a server."""

    def __init__(self) -> None:
        self._lines = selectors.DefaultSelector()
        self._reads: dict[int, Read] = {}
        self._found: deque[tuple[int, Read]] = deque()
        """Lines that have something, and were not asked yet."""
        self._due: asyncio.Handle | None = None

    def join(self, descriptor: int, read: Read) -> int:
        """Ask this socket, too, from the next round on; what it is asked through is to be given back."""
        own = os.dup(descriptor)
        self._lines.register(own, selectors.EVENT_READ, read)
        self._reads[own] = read
        if self._due is None:
            self._wait()
        return own

    def leave(self, own: int) -> None:
        """Ask it no more."""
        del self._reads[own]
        self._lines.unregister(own)
        os.close(own)

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.call_soon(self._go) if self._found else loop.call_later(PERIOD_S, self._go)

    def _go(self) -> None:
        self._due = None
        try:
            self._step()
        finally:  # whatever it was, the other lines are to be heard
            if self._reads:
                self._wait()

    def _step(self) -> None:
        if not self._found:
            self._found.extend((line.fd, line.data) for line, _ in self._lines.select(0))
        left_bytes = STEP_BYTES
        while self._found and left_bytes > 0:
            own, read = self._found.popleft()
            if self._reads.get(own) is read:
                left_bytes -= self._ask(own, read)

    def _ask(self, own: int, read: Read) -> int:
        """How many bytes it had."""
        try:
            data = os.read(own, AT_ONCE_BYTES)
        except BlockingIOError:
            return 0  # it was readable no more
        except OSError:
            data = b""  # reset: nothing more comes
        try:
            read(data)
        except Exception:  # the boundary of a line: what goes wrong on one keeps no other waiting
            logger.exception("bug=rounds")
        return len(data)
