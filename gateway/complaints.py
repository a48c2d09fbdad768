"""What peers do wrong: counted always, logged seldom.

A line names the kind of fault and never its content. Whoever can open a socket can send bad
messages as fast as the wire carries them, so lines are rationed: a burst, then a few a second;
how many were left out stands in the next one.
"""

import logging
from collections import Counter
from collections.abc import Callable

from common import metrics

logger = logging.getLogger("torim.gateway")
_BURST = 20
_LINES_PER_S = 2.0


class Complaints:
    """One book for the process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.counts: Counter[str] = Counter()
        """How often each kind happened since the start."""
        self._clock = clock
        self._allowance = float(_BURST)
        self._at_s = clock()
        self._suppressed = 0

    def add(self, kind: str, call: str = "-") -> None:
        """Count a fault; log it if there is a line left."""
        self.counts[kind] += 1
        metrics.REFUSED.labels(kind).inc()
        if not self._may_log():
            self._suppressed += 1
            return
        more = f" suppressed={self._suppressed}" if self._suppressed else ""
        self._suppressed = 0
        logger.warning("refused kind=%s call=%s count=%d%s", kind, call, self.counts[kind], more)

    def _may_log(self) -> bool:
        now = self._clock()
        self._allowance = min(float(_BURST), self._allowance + (now - self._at_s) * _LINES_PER_S)
        self._at_s = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True
