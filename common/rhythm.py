"""When a worker's loop does what, and when a takeover is safe.

Silence tells that a worker died only while everybody else is heard. After a stall of the server, of this
process or of the line between them everybody looks silent to everybody, and whoever claims first steals
live work. So whoever had trouble renews what is its own first, and claims nothing until it was calm for a while.

A server may be slow for good, and a worker die meanwhile. Whose renewals were answered all the while, each within a second, knows that
everybody's could be: what was silent for longer than that, and for longer than two such answers take, is abandoned.
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
    slowest_s: float = 1.0
    """A round trip that takes longer tells nothing, and there was a stall."""
    abandoned_s: float = 3.0
    """How long an entry must be silent where the server is slow: over two of the slowest renewals."""
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
        self._answered_since_s = float("inf")
        """Since when every renewal was answered, slowly or not."""

    def trouble(self, now_s: float) -> None:
        """Something failed: others may only look silent."""
        self.answered(now_s, float("inf"))

    def answered(self, now_s: float, took_s: float) -> None:
        """The server answered; if that took long, others may only look silent."""
        if took_s > self._rhythm.slow_s:
            self._calm_from_s = now_s + self._rhythm.calm_s
        if took_s > self._rhythm.slowest_s:
            self._answered_since_s = now_s

    def renewed(self, now_s: float, took_s: float) -> None:
        """The own entries are renewed; late or slow, it is trouble by itself."""
        first = self._renewed_at_s == float("-inf")
        late_s = 0.0 if first else now_s - self._renewed_at_s - self._rhythm.renew_s
        self.answered(now_s, max(took_s, late_s))
        self._answered_since_s = min(self._answered_since_s, now_s)
        self._renewed_at_s = now_s

    def least_silence_s(self, now_s: float) -> float | None:
        """How long an entry must have been silent to be claimed: 0, as long as ever; None: nothing is."""
        fresh_s = now_s - self._renewed_at_s - self._rhythm.renew_s
        if now_s >= self._calm_from_s and fresh_s <= self._rhythm.slow_s:
            return 0.0
        answered = now_s - self._answered_since_s >= self._rhythm.abandoned_s
        return self._rhythm.abandoned_s if answered and fresh_s <= self._rhythm.slowest_s else None
