"""The one timer of a call: it rings no later than it was asked to, and forgets that it was asked when it rang."""

import asyncio
from collections.abc import Callable


class Timer:
    """Ringing too early does no harm, so only an earlier time moves it."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._at = 0.0
        self._handle: asyncio.Handle | None = None

    def ring_by(self, at: float) -> None:
        """Ring at ``at``, by the loop's clock, or before."""
        if self._handle is not None and self._at <= at:
            return
        self.stop()
        # The time is kept here: uvloop hands out something that does not know it, where it is over already.
        self._at, self._handle = at, asyncio.get_running_loop().call_at(at, self._rings)

    def stop(self) -> None:
        """Don't ring."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def end(self) -> None:
        """Never ring again, and forget whom for: who knows each other in circles is not freed at once."""
        self.stop()
        self._ring = _nothing

    def _rings(self) -> None:
        self._handle = None
        self._ring()


def _nothing() -> None:
    pass
