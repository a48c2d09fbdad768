"""Vendors that do as they are told, for tests of the pipeline."""

import asyncio
from collections.abc import AsyncIterator

from asr_worker.vendors.base import NO_HINTS, Hints
from common.audio import BYTES_PER_MS
from common.errors import VendorError
from common.vendor_stream import Working
from llm_worker.vendors.base import ActionRequest, Piece, Prompt, ToolCall, Uninterruptible
from tts_worker.vendors.base import SpeechRequest


class Ear:
    """Hears what it is told to; fails first as often as it is told to."""

    def __init__(self, text: str = "hello", failures: int = 0, *, retryable: bool = True) -> None:
        self.asked = 0
        self._text = text
        self._failures = failures
        self._retryable = retryable

    async def warm_up(self) -> None: ...

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        self.asked += 1
        if self.asked <= self._failures:
            raise VendorError("fake", "reset", retryable=self._retryable)
        return self._text.replace("{turn}", str(turn))

    async def close(self) -> None: ...


class Mind:
    """Says its pieces; before a piece that is an event it waits, and an error it raises, once.

    Where it calls a tool it goes on behind that in the next round; ``{result}`` is what the tool answered last.
    """

    def __init__(self, *script: "Piece | asyncio.Event | VendorError") -> None:
        self.prompts: list[Prompt] = []
        self.closed = asyncio.Event()
        self._script = list(script)

    async def warm_up(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.prompts.append(prompt)
        try:
            for step in self._steps(len(prompt.rounds)):
                match step:
                    case asyncio.Event():
                        await step.wait()
                    case VendorError():
                        self._script.remove(step)
                        raise step
                    case ActionRequest() | ToolCall() | Uninterruptible() | Working():
                        yield step
                    case str():
                        result = prompt.rounds[-1].results[-1].text if prompt.rounds else ""
                        yield step.replace("{turn}", str(prompt.turn)).replace("{result}", result)
        finally:
            self.closed.set()

    def _steps(self, number: int) -> "list[Piece | asyncio.Event | VendorError]":
        """Of round ``number``: up to its call, which is behind those of the rounds before."""
        calls = [at + 1 for at, step in enumerate(self._script) if isinstance(step, ToolCall)]
        bounds = [0, *calls, len(self._script)]
        return self._script[bounds[number] : bounds[number + 1]]

    async def close(self) -> None: ...


class Mouth:
    """Makes 10 ms of sound of each letter: the letter's own byte, 80 times."""

    def __init__(self, failing: str = "\0", *, retryable: bool = True) -> None:
        self._failing = failing
        self._retryable = retryable

    async def warm_up(self) -> None: ...

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        for letter in request.text:
            if letter == self._failing:
                raise VendorError("fake", "reset", retryable=self._retryable)
            yield sound_of(letter)

    async def close(self) -> None: ...


def sound_of(text: str) -> bytes:
    """What ``Mouth`` makes of a text."""
    return b"".join(bytes([ord(letter) % 256]) * (10 * BYTES_PER_MS) for letter in text)
