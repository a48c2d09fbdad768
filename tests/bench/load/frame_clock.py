"""What a provider's buffer holds while frames come in: when it ran dry, and how far ahead they were (sans-I/O).

::

    frames come   ########  #  #  #  #  #          #
    buffer plays  =============================    ===
    lead                 |<-->|               |<-->| underrun

A run begins after a ``clear``, with an answer, or after some silence behind a mark; its first frames fill the lead. Whatever
other silence there is between two frames, however long, is a gap that the caller heard.
"""

from array import array
from dataclasses import dataclass

FULL_S = 0.13
"""A lead of that much is filled: the gateway keeps 160 ms, and plays a frame of it while the next one comes."""
_NEW_RUN_S = 0.4
"""Behind a mark, where a sentence is over, so much silence is no gap any more."""


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
        self._whole = True
        self.forget()

    def forget(self) -> None:
        """What was measured so far does not count."""
        self.underruns: list[Underrun] = []
        self.leads_s: array[float] = array("f")
        """What was left to play when the next frame of a run came."""
        self.frames = 0

    def came(self, seconds: float, now: float) -> None:
        """Sound of this length came."""
        lead_s = self.ends_at - now
        self.frames += 1
        if lead_s < 0:
            if not self._whole or lead_s > -_NEW_RUN_S:
                self.underruns.append(Underrun(now, -lead_s))
            self.ends_at, self._filled, lead_s = now, False, 0.0
        elif self._filled:
            self.leads_s.append(lead_s)
        self._whole = False
        self.ends_at += seconds
        self._filled = self._filled or lead_s + seconds >= FULL_S

    def cleared(self) -> None:
        """The buffer was emptied."""
        self.ends_at, self._filled, self._whole = float("-inf"), False, True

    def marked(self) -> None:
        """What came is whole: a sentence, or all that there was to say."""
        self._whole = True
