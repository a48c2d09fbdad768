"""The caller's sound as it came in, by frames, kept as long as the core may want it published (sans-I/O).

Any length of audio is taken; the remainder waits for the next piece. What is kept is bounded:
beyond ``limit_frames`` the oldest sound goes.
"""

from collections.abc import Iterable, Iterator

from common.audio import FRAME_BYTES, SILENCE_BYTE

IDLE_FRAMES = 50
"""Kept while nobody speaks: pre-roll and onset, with room to spare."""
_FULL_BYTES = (IDLE_FRAMES + 25) * FRAME_BYTES


class Ear:
    """One call's incoming sound."""

    def __init__(self, limit_frames: int) -> None:
        self._limit_frames = limit_frames
        self._sound = bytearray()
        self._first = 0
        self._remainder = b""

    def frames(self, audio: bytes) -> Iterable[bytes]:
        """Take sound of any length; the frames of 160 bytes that it completes, kept from then on."""
        if self._remainder or len(audio) != FRAME_BYTES:
            return self._split(audio)
        self._sound += audio  # as nearly always
        return (audio,)

    def _split(self, audio: bytes) -> Iterator[bytes]:
        self._remainder += audio
        while len(self._remainder) >= FRAME_BYTES:
            frame, self._remainder = self._remainder[:FRAME_BYTES], self._remainder[FRAME_BYTES:]
            self._sound += frame
            yield frame

    @property
    def is_full(self) -> bool:
        """Whether it is time to say what to ``keep``: to ask after each frame costs more than half a second of sound."""
        return len(self._sound) > _FULL_BYTES

    def keep(self, frames: int | None) -> None:
        """Forget all but the newest ``frames`` frames; None: only what is beyond the limit."""
        surplus = len(self._sound) // FRAME_BYTES - (self._limit_frames if frames is None else frames)
        if surplus > 0:
            del self._sound[: surplus * FRAME_BYTES]
            self._first += surplus

    def cut(self, start: int, end: int) -> bytes:
        """Frames ``start`` to ``end`` (exclusive); what is forgotten is silence."""
        gone = max(0, min(end, self._first) - start)
        sound = self._sound[max(0, start - self._first) * FRAME_BYTES : max(0, end - self._first) * FRAME_BYTES]
        return bytes([SILENCE_BYTE]) * (gone * FRAME_BYTES) + bytes(sound)
