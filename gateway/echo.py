"""``WS_MODE=ECHO``: plays the caller back, to test a line (S16). Needs nothing but the line.

What comes in goes out again at once in whole frames of 20 ms, paced by the caller's own frames;
a remainder waits for the next message. Once a second a mark is sent, so that the way back is
tried, too.
"""

import asyncio

from common.audio import FRAME_BYTES, SAMPLE_RATE_HZ
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, Line, LineEvent


class Echo:
    """The conversation of a call in ECHO mode."""

    def __init__(self, started: CallStarted, line: Line) -> None:
        self._line = line
        self._remainder = b""
        self._echoed_bytes = 0
        self._over = asyncio.Event()

    def receive(self, event: LineEvent) -> None:
        """Play back what is sound; end with the call; all else is nothing to an echo."""
        match event:
            case AudioReceived(audio=audio):
                self._echo(audio)
            case CallStopped():
                self._over.set()
            case _:
                pass

    def _echo(self, audio: bytes) -> None:
        sound = self._remainder + audio
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._remainder = sound[whole:]
        codec = self._line.codec
        messages = [codec.audio(sound[at : at + FRAME_BYTES]) for at in range(0, whole, FRAME_BYTES)]
        seconds = self._echoed_bytes // SAMPLE_RATE_HZ
        self._echoed_bytes += whole
        if self._echoed_bytes // SAMPLE_RATE_HZ > seconds:
            messages.append(codec.mark(f"echo:{self._echoed_bytes}"))
        self._line.send(messages)

    async def run(self) -> bool:
        """Live until the caller is gone."""
        await self._over.wait()
        return True
