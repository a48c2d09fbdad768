"""The boundary of a call: a bug behind it ends this call and no other, and its last turn with it (R1).

A class of its own, since every frame of every call goes through it twice: ``contextlib`` takes 1.1 us, this 0.2.
"""

import asyncio
import logging
from types import TracebackType

from gateway.turn.events import CloseTurn, Report
from gateway.turn.state import Call

logger = logging.getLogger("torim.gateway")


class Boundary:
    """``with boundary:`` lets no bug through, however often; ``over`` is set by the first."""

    __slots__ = ("_call", "_over", "tripped")

    def __init__(self, call: str, over: asyncio.Event) -> None:
        self._call = call
        self._over = over
        self.tripped = False
        """Whether there was a bug."""

    def __enter__(self) -> None:
        """Nothing is to be prepared."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        """Log a bug, and end the call; anything else that ends a task goes through."""
        if not isinstance(error, Exception):
            return False
        logger.error("bug=call call=%s", self._call, exc_info=error)
        self._over.set()
        self.tripped = True
        return True


def last_words(core: Call, now: float) -> list[CloseTurn | Report]:
    """What is to be told of a call that a bug ended: what was decided before it and not told yet, and the end of the turn, with what
    is known of it; nothing is, if not even that can be asked any more."""
    try:
        if not core.over:
            core.hang_up(now)
    except Exception as bug:
        logger.error("bug=end_of_turn turn=%d", core.turn.number, exc_info=bug)
        core.out += [CloseTurn(core.turn.number, "hung_up", "", ""), Report(core.turn.number, "TURN_ENDED", (("how", "hung_up"),))]
    return [command for command in core.out if isinstance(command, CloseTurn | Report)]
