"""Who asks the launcher to end, and how often: INT, TERM, HUP, or the end of make."""

import os
import signal
import time

from common.errors import TorimError


class AskedToEnd(TorimError):
    """Somebody pressed Ctrl-C, sent a signal, or closed the terminal."""


class End:
    """Who asked for the end, and how often."""

    def __init__(self) -> None:
        self._parent: int | None = None
        self._asked = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: object) -> None:
        self._asked += 1

    def watch_parent(self) -> None:
        """Take the end of the parent process for a request, too: make passes on nothing when it is killed."""
        self._parent = os.getppid()

    def ask(self) -> None:
        """Ask from within."""
        self._asked = max(self._asked, 1)

    def wait(self, seconds: float) -> None:
        """Sleeps.

        Raises:
            AskedToEnd: somebody asked.
        """
        if not self.asked:
            time.sleep(seconds)
        if self.asked:
            raise AskedToEnd

    @property
    def asked(self) -> bool:
        """Whether somebody asked."""
        return self._asked > 0 or (self._parent is not None and os.getppid() != self._parent)

    def insisted(self) -> bool:
        """Whether somebody asked again, since it takes too long."""
        return self._asked > 1
