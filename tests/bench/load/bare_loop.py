"""``python -m tests.bench.load.bare_loop PORT``: the least that a bot on a phone line can do, as a limit to measure against.

The same server library with the same settings, the same decoding of the same messages, the same detector with the same rule for
an onset. The rest is a counter: so much silence ends an utterance, so much later (what the vendors would take) an answer is
played, in frames that leave together every 20 ms; an onset over it clears it. It has no turns, no bus, no workers, no history, and
would lose words, answer twice and leak: it says what the wire costs, and nothing else.
"""

import asyncio
import gc
import sys
from typing import Any

import msgspec
import uvicorn
import uvloop

from common.audio import mulaw_to_pcm, rms
from gateway.server import MAX_MESSAGE_BYTES
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.load.sounds import ANSWER, first_frame
from tests.bench.load.voice import END_FRAMES, SILENT_PAYLOAD

VENDORS_S = 0.41
ANSWER_FRAMES = 400
"""8 s, as long as the answers of the scripted model here."""
_FRAME_S = 0.02
_LEAD_S = 0.15
_ONSET, _WINDOW = 5, 6


class _Media(msgspec.Struct):
    payload: bytes
    """msgspec reads base64."""


class _Start(msgspec.Struct):
    stream: str = msgspec.field(name="streamSid")


class _Message(msgspec.Struct):
    event: str
    media: _Media | None = None
    start: _Start | None = None


_messages = msgspec.json.Decoder(_Message)
_PAYLOADS = (*(first_frame(turn, ANSWER) for turn in (1, 2)), SILENT_PAYLOAD.decode())
"""Answers take turns, so that the callers know them, and end in silence."""


class BareCall:
    """One call: a detector and two counters."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._detector = WebrtcDetector()
        self._clock = asyncio.get_running_loop().time
        self._frames = [""] * len(_PAYLOADS)
        self._clear = ""
        self._turn = 0
        self._newest = [False] * _WINDOW
        self._speaks = False
        self._silence = 0
        self._answer_at = float("inf")
        self._frames_left = 0
        self._sent_until = 0.0

    def start(self, stream: str) -> None:
        """Its messages are the same each time but for the stream's name."""
        self._frames = [f'{{"event":"media","streamSid":"{stream}","media":{{"payload":"{payload}"}}}}' for payload in _PAYLOADS]
        self._clear = f'{{"event":"clear","streamSid":"{stream}"}}'

    async def hear(self, mulaw: bytes) -> None:
        """Take a frame of the caller."""
        pcm = mulaw_to_pcm(mulaw)
        speech = self._detector.is_speech(pcm, rms(pcm))
        self._newest = [*self._newest[1:], speech]
        if not self._speaks and sum(self._newest) >= _ONSET:
            await self._onset()
        self._silence = 0 if speech else self._silence + 1
        if self._speaks and self._silence == END_FRAMES:
            self._speaks, self._answer_at = False, self._clock() + VENDORS_S

    async def _onset(self) -> None:
        self._speaks = True
        if self._frames_left or self._sent_until > self._clock():
            self._frames_left = 0
            await self._send({"type": "websocket.send", "text": self._clear})

    async def tick(self, now: float) -> None:
        """Send what is due."""
        if now >= self._answer_at:
            self._answer_at, self._frames_left, self._sent_until = float("inf"), ANSWER_FRAMES, now
            self._turn = 1 - self._turn
        while self._frames_left and self._sent_until < now + _LEAD_S:
            self._frames_left -= 1
            self._sent_until += _FRAME_S
            await self._send({"type": "websocket.send", "text": self._frames[self._turn if self._frames_left else -1]})


class BareLoop:
    """All calls, and the clock that they share."""

    def __init__(self) -> None:
        self._calls: set[BareCall] = set()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI: any request is answered with 200, any websocket with a call."""
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()
        await send({"type": "websocket.accept"})
        call = BareCall(send)
        self._calls.add(call)
        try:
            await self._read(call, receive)
        finally:
            self._calls.discard(call)

    async def _read(self, call: BareCall, receive: Any) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            read = _messages.decode(message["text"])
            if read.media is not None:
                await call.hear(read.media.payload)
            elif read.start is not None:
                call.start(read.start.stream)

    async def tick(self) -> None:
        """Every 20 ms, for ever, by an absolute schedule."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            due += _FRAME_S
            await asyncio.sleep(due - clock())
            now = clock()
            for call in tuple(self._calls):
                await call.tick(now)


def _server(bare: BareLoop, port: int) -> uvicorn.Server:
    """As the gateway's own (``gateway/server.py``)."""
    return uvicorn.Server(
        uvicorn.Config(
            bare.app,
            interface="asgi3",
            port=port,
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            lifespan="off",
            log_level="warning",
            access_log=False,
        )
    )


async def _serve(port: int) -> None:
    bare = BareLoop()
    gc.freeze()
    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(bare.tick())
        await _server(bare, port).serve()
        ticking.cancel()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
