"""How late the caller's sound is handled: by the way, by the socket, by a loop that is behind (sans-I/O).

::

    said       |0  |20 |40 |60 |80 |100              the provider's clock, in each message
    handled     |0  |20 |40        |60|80|100        ours
    late        .   .   .          ~~~~~ ~~~ ~~      beyond what the quickest one took

Rules
    No clock is compared with that of another machine: the quickest message of the stream says what the way takes, and a
    lateness that is the same from the first one on cannot be told from it.
    Clocks of two machines drift apart: a way that seems to grow by no more than that is taken for that.
    A provider whose time stands still says nothing.
"""

import math

_SLOWER = 1 - 1e-4
"""Of a clock that loses 0.36 s an hour: twice what two good quartzes make."""


class Lateness:
    """Of one stream."""

    def __init__(self) -> None:
        self.seconds = 0.0
        """Of the sound that came last."""
        self._began_at = math.inf
        """When the stream began by our clock, as its quickest message has it."""
        self._said_ms = -1

    def came(self, said_ms: int, now: float) -> None:
        """Sound that was said ``said_ms`` after the stream's begin is about to be handled."""
        if said_ms > self._said_ms:
            self._said_ms = said_ms
            began_at = now * _SLOWER - said_ms / 1000
            if began_at < self._began_at:  # as nearly always, since it falls by itself
                self._began_at = began_at
                self.seconds = 0.0
            else:
                self.seconds = began_at - self._began_at
