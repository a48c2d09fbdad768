"""The provider at the other end of the wire: Twilio's messages, a queue that plays in real time, marks, and ``clear``.

::

    gateway ── media, mark ──▶ | frame frame mark frame ... |── 20 ms each ──▶ Hearing, EchoPath
            ◀── mark, once it was played, or cleared ───────┘
"""

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from gateway.telephony.base import CallStarted, LineEvent
from gateway.telephony.twilio import TwilioCodec

CALL, _STREAM = "CA1", "MZ1"
_SAME_MOMENT_S = 1e-6


class _Media(msgspec.Struct):
    payload: str


class _Mark(msgspec.Struct):
    name: str


class _Sent(msgspec.Struct):
    event: str
    media: _Media | None = None
    mark: _Mark | None = None


_sent = msgspec.json.Decoder(_Sent)

Play = Callable[[bytes, float, int], None]
"""Hears a frame, when it begins, and the turn in which it came."""


class Wire:
    """The line of one call, from the gateway's side, and the provider's."""

    def __init__(self, now: Callable[[], float], turn: Callable[[], int], play: Play) -> None:
        """``now``: seconds into the call; ``turn``: the gateway's, for sound that does not tell its own."""
        self.codec = TwilioCodec()
        self.clears_s: list[float] = []
        self.closed = False
        """Whether the gateway ended the stream."""
        self._now = now
        self._turn = turn
        self._play = play
        self._frames: deque[tuple[float, bytes, int]] = deque()
        self._marks: deque[tuple[float, str]] = deque()
        self._ends_s = 0.0
        """When all that is queued will have been played."""

    # -- The gateway's side: a ``Line`` -----------------------------------------------------------

    def send(self, messages: Sequence[str]) -> None:
        """Take what the gateway sends."""
        now = self._now()
        for message in map(_sent.decode, messages):
            if message.media is not None:
                self._frames.append((max(now, self._ends_s), b64decode(message.media.payload), self._turn()))
                self._ends_s = round(self._frames[-1][0] + len(self._frames[-1][1]) / 8000, 6)
            elif message.mark is not None:
                self._marks.append((max(now, self._ends_s), message.mark.name))
            else:
                self._clear(now)

    def clear(self) -> None:
        """Nothing waits here."""
        self.send([self.codec.clear()])

    def close(self) -> None:
        """The gateway ends the stream."""
        self.closed = True

    def _clear(self, now: float) -> None:
        """Forget what is not played yet; all marks come back."""
        self.clears_s.append(now)
        self.play_until(now)
        self._frames.clear()
        self._ends_s = now
        self._marks = deque((now, name) for _, name in self._marks)

    # -- The provider's side ------------------------------------------------------------------------

    def play_until(self, now: float) -> None:
        """Play what begins before ``now``."""
        while self._frames and self._frames[0][0] < now - _SAME_MOMENT_S:
            start_s, frame, turn = self._frames.popleft()
            self._play(frame, start_s, turn)

    def started(self, language: str) -> CallStarted:
        """The call, as the gateway reads it."""
        body = f'{{"callSid":"{CALL}","customParameters":{{"language":"{language}"}}}}'
        (started,) = self._told("start", f'"start":{body}')
        assert isinstance(started, CallStarted), "the codec read what it was told"
        return started

    def marks(self, now: float) -> list[LineEvent]:
        """Marks that are back by now."""
        told: list[LineEvent] = []
        while self._marks and self._marks[0][0] <= now + _SAME_MOMENT_S:
            told += self._told("mark", f'"mark":{{"name":"{self._marks.popleft()[1]}"}}')
        return told

    def frame(self, sound: bytes, number: int) -> list[LineEvent]:
        """20 ms of the caller."""
        payload = b64encode(sound).decode("ascii")
        return self._told("media", f'"media":{{"track":"inbound","timestamp":"{number * 20}","payload":"{payload}"}}')

    def key(self, digit: str) -> list[LineEvent]:
        """The caller pressed a key."""
        return self._told("dtmf", f'"dtmf":{{"track":"inbound_track","digit":"{digit}"}}')

    def stop(self) -> list[LineEvent]:
        """The caller hung up."""
        return self._told("stop", f'"stop":{{"callSid":"{CALL}"}}')

    def _told(self, event: str, body: str) -> list[LineEvent]:
        return self.codec.receive(f'{{"event":"{event}","streamSid":"{_STREAM}",{body}}}')
