"""What a provider's buffer holds while frames come in: when it ran dry, and how far ahead they were (sans-I/O).

::

    frames come   ########  #  #  #  #  #          #
    buffer plays  =============================    ===
    lead                 |<-->|               |<-->| underrun

A run begins after a ``clear``, or after some silence behind the end of a sentence, which fades out; its first frames fill the lead.
Whatever other silence there is between two frames, however long, is a gap that the caller heard. Marks tell nothing of it: the gateway
sends one wherever sound runs out, too.
"""

from array import array
from dataclasses import dataclass

from tests.bench.load.sounds import ends_aloud

FULL_S = 0.13
"""A lead of that much is filled: the gateway keeps 160 ms, and plays a frame of it while the next one comes."""
_NEW_RUN_S = 0.4
"""Where a sentence is over, so much silence is no gap any more."""
_BYTES_PER_S = 8000


@dataclass(frozen=True, slots=True)
class Underrun:
    """The buffer was dry for ``gap_s`` when sound came at ``at``."""

    at: float
    gap_s: float


class FrameClock:
    """One call's buffer at the provider."""

    def __init__(self) -> None:
        self.ends_at = float("-inf")
        """When all that came will have been played."""
        self._filled = False
        self._last = ""
        """The frame that came last; empty: none since a clear."""
        self.forget()

    def forget(self) -> None:
        """What was measured so far does not count."""
        self.underruns: list[Underrun] = []
        self.leads_s: array[float] = array("f")
        """What was left to play when the next frame of a run came."""
        self.frames = 0

    def came(self, payload: str, now: float) -> None:
        """A frame came, in base64."""
        lead_s = self.ends_at - now
        self.frames += 1
        if lead_s < 0:
            if self._last and (lead_s > -_NEW_RUN_S or ends_aloud(self._last)):
                self.underruns.append(Underrun(now, -lead_s))
            self.ends_at, self._filled, lead_s = now, False, 0.0
        elif self._filled:
            self.leads_s.append(lead_s)
        seconds = (len(payload) * 3 // 4 - payload.count("=", -2)) / _BYTES_PER_S
        self._last = payload
        self.ends_at += seconds
        self._filled = self._filled or lead_s + seconds >= FULL_S

    def cleared(self) -> None:
        """The buffer was emptied."""
        self.ends_at, self._filled, self._last = float("-inf"), False, ""
