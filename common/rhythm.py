"""When a worker's loop does what, and when a takeover is safe.

Silence tells that a worker died only while everybody else is heard. After a stall of the server, of this
process or of the line between them everybody looks silent to everybody, and whoever claims first steals
live work. So whoever had trouble renews what is its own first, and claims nothing until it was calm for a while.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The loop's periods; a worker is silent after 1,000 ms, more than three renewals."""

    renew_s: float = 0.25
    """With its round trip below 300 ms: within that a worker hears that its work is stale, news or not."""
    reclaim_s: float = 0.25
    beat_s: float = 2.0
    slow_s: float = 0.3
    """A round trip that takes longer is trouble."""
    calm_s: float = 1.0
    """How long after trouble nothing is claimed."""
    no_slot_s: float = 0.05
    """How long an entry may wait for a slot before it is handed back."""
    look_s: float = 0.2
    """How often it is looked whether the loop still runs; what is held of one that does not is renewed within three of them."""
    handler_limit_s: float = 60.0


class Claims:
    """When it is safe to take over what looks abandoned."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._calm_from_s = float("-inf")
        self._renewed_at_s = float("-inf")

    def trouble(self, now_s: float) -> None:
        """Something failed or took long: others may only look silent."""
        self._calm_from_s = now_s + self._rhythm.calm_s

    def renewed(self, now_s: float, took_s: float) -> None:
        """The own entries are renewed; late or slow, it is trouble by itself."""
        late = now_s - self._renewed_at_s > self._rhythm.renew_s + self._rhythm.slow_s and self._renewed_at_s > float("-inf")
        if late or took_s > self._rhythm.slow_s:
            self.trouble(now_s)
        self._renewed_at_s = now_s

    def allowed(self, now_s: float) -> bool:
        """Whether it was calm for long enough, and the own entries are fresh."""
        return now_s >= self._calm_from_s and now_s - self._renewed_at_s <= self._rhythm.renew_s + self._rhythm.slow_s
