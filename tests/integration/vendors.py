"""Vendors that do as they are told, for tests of the pipeline."""

import asyncio
from collections.abc import AsyncIterator

from common.audio import BYTES_PER_MS
from common.errors import VendorError
from llm_worker.vendors.base import ActionRequest, Prompt
from tts_worker.vendors.base import SpeechRequest


class Ear:
    """Hears what it is told to; fails first as often as it is told to."""

    def __init__(self, text: str = "hello", failures: int = 0, *, retryable: bool = True) -> None:
        self.asked = 0
        self._text = text
        self._failures = failures
        self._retryable = retryable

    async def warm_up(self) -> None: ...

    async def transcribe(self, audio: bytes, *, language: str, turn: int) -> str:
        self.asked += 1
        if self.asked <= self._failures:
            raise VendorError("fake", "reset", retryable=self._retryable)
        return self._text.replace("{turn}", str(turn))

    async def close(self) -> None: ...


class Mind:
    """Says its pieces; before a piece that is an event it waits, and an error it raises, once."""

    def __init__(self, *script: "str | asyncio.Event | VendorError | ActionRequest") -> None:
        self.prompts: list[Prompt] = []
        self.closed = asyncio.Event()
        self._script = list(script)

    async def warm_up(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[str | ActionRequest]:
        self.prompts.append(prompt)
        try:
            for step in list(self._script):
                match step:
                    case asyncio.Event():
                        await step.wait()
                    case VendorError():
                        self._script.remove(step)
                        raise step
                    case ActionRequest():
                        yield step
                    case str():
                        yield step.replace("{turn}", str(prompt.turn))
        finally:
            self.closed.set()

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
