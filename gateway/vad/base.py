"""What a voice detector is: it says of one frame whether it is speech; hysteresis is not its business."""

from typing import Protocol


class Detector(Protocol):
    """One call's detector; may keep state from frame to frame."""

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether these 20 ms (16-bit samples, 8 kHz) of RMS ``level`` are speech."""
