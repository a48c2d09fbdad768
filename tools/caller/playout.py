"""What Twilio does with the bot's sound: a buffer that plays on at 8,000 bytes a second. Sans-I/O.

Rules (https://www.twilio.com/docs/voice/media-streams/websocket-messages)
- Sound of any size is queued and played in order; nothing is skipped to catch up.
- A mark comes back when all sound in front of it was played; at once if there is none.
- ``clear`` drops the sound and sends all waiting marks back, in order, at once.

    queue:    [ 160 bytes ][ 160 bytes ]  mark "7.0:320"  [ 160 ...
    position: -----^ what was played until now
"""

from collections import deque
from dataclasses import dataclass

from common.audio import BYTES_PER_MS

UNDERRUN_MIN = 5 * BYTES_PER_MS
UNDERRUN_MAX = 500 * BYTES_PER_MS
"""A gap in the sound longer than the first and shorter than the second is an underrun; past it, a pause of the bot."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of sound that the caller heard."""

    at: int
    sound: bytes


@dataclass(frozen=True, slots=True)
class Returned:
    """A mark that goes back to the bot."""

    at: int
    name: str
    cleared: bool = False


Played = Heard | Returned


class Playout:
    """The buffer of one stream."""

    def __init__(self, now: int = 0) -> None:
        self.buffered = 0
        """Bytes that wait."""
        self.underruns = 0
        self._queue: deque[bytes | str] = deque()
        self._position = now
        self._dry_since: int | None = None

    @property
    def deadline(self) -> int | None:
        """When the next mark is due; None if none waits."""
        due = self._position
        for item in self._queue:
            if isinstance(item, str):
                return due
            due += len(item)
        return None

    def sound(self, now: int, sound: bytes) -> list[Played]:
        """The bot sends sound."""
        played = self.play_until(now)
        if not self.buffered:
            self._count_gap(now)
            self._position = now
        self._queue.append(sound)
        self.buffered += len(sound)
        return played

    def mark(self, now: int, name: str) -> list[Played]:
        """The bot sends a mark."""
        played = self.play_until(now)
        if not self.buffered:
            return [*played, Returned(now, name)]
        self._queue.append(name)
        return played

    def clear(self, now: int) -> list[Played]:
        """The bot sends a clear."""
        played = self.play_until(now)
        returned = [Returned(now, item, cleared=True) for item in self._queue if isinstance(item, str)]
        self._queue.clear()
        self.buffered = 0
        self._dry_since = None  # what comes next is another reply
        return [*played, *returned]

    def play_until(self, now: int) -> list[Played]:
        """What was played, and the marks that were reached, up to now."""
        played: list[Played] = []
        while self._queue:
            item = self._queue[0]
            if isinstance(item, str):
                played.append(Returned(self._position, item))
            elif self._position >= now:
                break
            else:
                item = item[: now - self._position]
                played.append(Heard(self._position, item))
                self._advance(len(item))
                if len(item) < len(self._queue[0]):
                    self._queue[0] = self._queue[0][len(item) :]
                    break
            self._queue.popleft()
        return played

    def _advance(self, count: int) -> None:
        self._position += count
        self.buffered -= count
        if not self.buffered:
            self._dry_since = self._position

    def _count_gap(self, now: int) -> None:
        if self._dry_since is not None and UNDERRUN_MIN < now - self._dry_since < UNDERRUN_MAX:
            self.underruns += 1
