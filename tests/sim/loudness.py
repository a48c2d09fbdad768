"""Frames that left quieter (mode ``duck``), as they were in their clips: quieter sound does not say any more what it is."""

from common.audio import FRAME_BYTES, SILENCE_BYTE, attenuation
from gateway.clip import Clip
from gateway.playout import DUCK_DB, Mark, Playout
from tests.sim.broken_rule import Check

_QUIETER = attenuation(DUCK_DB)


class Loudness:
    """Of what one playout sends."""

    def __init__(self) -> None:
        self.ducked_frames = 0
        self._sent: list[tuple[Clip, int]] = []

    def before(self, playout: Playout) -> None:
        """Note up to where the clips were sent."""
        self._sent = [(clip, clip.sent) for clip in playout.clips] if playout.ducked else []

    def restored(self, items: list[bytes | Mark], check: Check) -> list[bytes | Mark]:
        """What was sent since, at full loudness."""
        if not self._sent:
            return items
        loud = [bytes(clip.audio[at : at + FRAME_BYTES]) for clip, begin in self._sent for at in range(begin, clip.sent, FRAME_BYTES)]
        frames = iter(frame.ljust(FRAME_BYTES, bytes([SILENCE_BYTE])) for frame in loud)
        self.ducked_frames += len(loud)
        self._sent = [(clip, clip.sent) for clip, _ in self._sent]
        whole = [item if isinstance(item, Mark) else next(frames) for item in items]
        quieter = [item if isinstance(item, Mark) else item.translate(_QUIETER) for item in whole]
        check(items == quieter, "a ducked frame is not quieter")
        return whole
