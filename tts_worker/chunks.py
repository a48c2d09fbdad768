"""How the sound of a sentence is cut for the stream (sans-I/O).

    vendor  ..|....|.|......|........|.......
    stream  [100][ 150 ][   250   ][      450     ][ 700 ][ 700 ] ...   ms

The first chunk is small, so that the caller hears something early; later ones grow, since each
costs Redis a step (0.7 ms of CPU a reply in large chunks, 1.5 in chunks of 200 ms). Behind a vendor
that is hardly faster than speech, waiting for a large chunk would let the line run dry: so no sound
is held back for longer than half of what was delivered before it. The first chunk has nothing
before it and waits until it is whole.
"""

from common.audio import BYTES_PER_MS

CHUNKS_MS = (100, 150, 250, 450, 700)
"""Sizes of the first chunks; the last one stays."""


class Chunker:
    """The sound of one take in, chunks to send out."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._held_since_s = 0.0
        self._sent_chunks = 0
        self._sent_bytes = 0

    @property
    def sent_bytes(self) -> int:
        """The offset of the next chunk."""
        return self._sent_bytes

    @property
    def silent(self) -> bool:
        """Whether no sound came yet."""
        return not self._held and not self._sent_bytes

    @property
    def deadline_s(self) -> float | None:
        """When what is held has to go; None while nothing has to."""
        if not self._held or not self._sent_bytes:
            return None
        return self._held_since_s + self._sent_bytes / BYTES_PER_MS / 2 / 1000

    def push(self, sound: bytes, now_s: float) -> list[bytes]:
        """The chunks that are due with ``sound``."""
        if not self._held:
            self._held_since_s = now_s
        self._held += sound
        chunks = []
        while len(self._held) >= self._wanted_bytes():
            chunks.append(self._cut(self._wanted_bytes()))
            self._held_since_s = now_s
        return chunks + self.overdue(now_s)

    def overdue(self, now_s: float) -> list[bytes]:
        """What was held for too long."""
        if self.deadline_s is None or now_s < self.deadline_s:
            return []
        return [self._cut(len(self._held))]

    def flush(self) -> bytes:
        """What is left at the end of the sound; may be empty."""
        return self._cut(len(self._held))

    def _wanted_bytes(self) -> int:
        return CHUNKS_MS[min(self._sent_chunks, len(CHUNKS_MS) - 1)] * BYTES_PER_MS

    def _cut(self, size: int) -> bytes:
        chunk = bytes(self._held[:size])
        del self._held[:size]
        self._sent_chunks += 1
        self._sent_bytes += size
        return chunk
