"""Many callers of one gateway, in one loop: each sends a frame every 20 ms, at its own place within them.

The schedule is absolute: a late frame is followed by the next one at its own time. How late the worst one was is told,
since it is these callers' fault and not the gateway's.
"""

import asyncio
import random
import secrets
from dataclasses import dataclass, field
from time import monotonic  # uvloop's own time has steps of a millisecond
from typing import cast

import msgspec

from tests.bench.load.talker import Talker
from tests.bench.load.voice import FIRST, OVER_THE_BOT, voice
from tests.bench.load.wire import Reader, handshake, pong_frame, text_frame

PATH = "/twilio/media"
_PLACES = 20
"""Within 20 ms: one a millisecond, which is what a timer can keep."""
_DIAL_EVERY_S = 0.05
_STEP_S = 0.001


class _Media(msgspec.Struct):
    payload: str


class _Mark(msgspec.Struct):
    name: str


class _Message(msgspec.Struct):
    event: str
    media: _Media | None = None
    mark: _Mark | None = None


_messages = msgspec.json.Decoder(_Message)


class Line(asyncio.Protocol):
    """One caller's connection."""

    def __init__(self, talker: Talker, number: int) -> None:
        self.talker = talker
        self.gone = False
        self._stream = f"MZ{number:032x}".encode()
        self.call = f"CA{number:032x}"
        self._call = self.call.encode()
        self._reader = Reader()
        self._frames = 0
        self._transport: asyncio.Transport | None = None
        self._open = False

    # --- The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(handshake("127.0.0.1", PATH))

    def data_received(self, data: bytes) -> None:
        """Take what the server says."""
        now = monotonic()
        for text in self._reader.feed(data):
            self._take(_messages.decode(text), now)
        if self._reader.accepted and not self._open:
            self._start()
        while self._reader.pings:
            self._write(pong_frame(self._reader.pings.pop()))

    def connection_lost(self, exc: Exception | None) -> None:
        """The call is over, whoever ended it."""
        self.gone = True

    def hang_up(self) -> None:
        """End the call as a caller does, and read on until the server has closed, too: else a reset would undo the ``stop``."""
        if self.gone:
            return
        self._send(b'{"event":"stop","streamSid":"%b","stop":{"callSid":"%b"}}' % (self._stream, self._call))
        self.gone = True
        assert self._transport is not None
        self._transport.write_eof()

    # --- The call

    def _start(self) -> None:
        self._open = True
        start = b'{"event":"start","streamSid":"%b","start":{"callSid":"%b","streamSid":"%b","customParameters":{}}}'
        self._send(start % (self._stream, self._call, self._stream))

    def _take(self, message: _Message, now: float) -> None:
        if message.media is not None:
            self.talker.sound_came(message.media.payload, now)
        elif message.mark is not None:
            self.talker.mark_came(message.mark.name, now)
        elif message.event == "clear":
            self.talker.clear_came(now)

    def speak(self, now: float) -> None:
        """Send the frame that is due, and the marks."""
        if not self._open or self.gone:
            return
        media = b'{"event":"media","streamSid":"%b","media":{"track":"inbound","chunk":"%d","timestamp":"%d","payload":"%b"}}'
        self._frames += 1
        self._send(media % (self._stream, self._frames, 20 * self._frames, self.talker.payload(now)))
        for name in self.talker.due_marks(now):
            self._send(b'{"event":"mark","streamSid":"%b","mark":{"name":"%b"}}' % (self._stream, name.encode()))

    def _send(self, text: bytes) -> None:
        self._write(text_frame(text))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self.gone:
            self._transport.write(data)


@dataclass(slots=True)
class Callers:
    """All of them."""

    port: int
    seed: int
    lines: list[Line] = field(default_factory=list)
    latest_s: float = 0.0
    """How late the worst frame was sent."""
    placed: int = 0
    """Calls, over all."""
    _names: int = field(default_factory=lambda: secrets.randbits(64))
    """No call is named like one before: that would be the same call on another stream."""

    async def dial(self, count: int) -> None:
        """Place so many calls, 20 a second."""
        for place in range(count):
            await self.call(place)
            await asyncio.sleep(_DIAL_EVERY_S)

    async def call(self, place: int) -> Line:
        """Place one call: a further one, or instead of the one that has its place."""
        number = self.placed = self.placed + 1
        line = Line(Talker(voice(FIRST), voice(OVER_THE_BOT), random.Random(f"{self.seed}-{number}")), (self._names << 32) + number)
        await asyncio.get_running_loop().create_connection(lambda: line, "127.0.0.1", self.port)
        self.lines[place : place + 1] = [line]
        return line

    async def speak(self) -> None:
        """Send every frame at its time, for ever."""
        began, step = monotonic(), 0
        while True:
            step += 1
            due = began + step * _STEP_S
            if (wait_s := due - monotonic()) > 0:
                await asyncio.sleep(wait_s)
            now = monotonic()
            self.latest_s = max(self.latest_s, now - due)
            for line in self.lines[step % _PLACES :: _PLACES]:
                line.speak(now)

    def forget(self) -> None:
        """What was measured so far does not count."""
        self.latest_s = 0.0
        for line in self.lines:
            line.talker.forget()

    def hang_up(self) -> None:
        """End all calls."""
        for line in self.lines:
            line.hang_up()
