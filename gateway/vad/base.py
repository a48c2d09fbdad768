"""What a voice detector is: it says of one frame whether it is speech, and how many such frames make an onset.

The hysteresis itself is not its business (``hangover.py``).
"""

from typing import Protocol

from gateway.vad.hangover import OnsetRule


class Detector(Protocol):
    """One call's detector; may keep state from frame to frame."""

    @property
    def onset(self) -> OnsetRule:
        """What an onset takes, given how this detector errs."""

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether these 20 ms (16-bit samples, 8 kHz) of RMS ``level`` are speech."""
