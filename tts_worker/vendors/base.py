"""What a TTS vendor is: one file, one line in the registry, one shared contract test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One sentence to be spoken."""

    text: str
    language: str
    """BCP 47: ``he``, ``en``."""
    turn: int = 0
    sentence: int = 0
    """Turn and sentence serve the ``tone`` vendor, which codes them in its pitches."""


class Voice(Protocol):
    """Turns a sentence into sound."""

    async def warm_up(self) -> None:
        """Load models or open connections, so that the first caller does not wait for it."""

    def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        """The sound of the sentence as mu-law at 8 kHz, mono, in pieces of any size, as they come.

        Closing the iterator stops the work within a piece.

        Raises:
            VendorError: while iterating; ``retryable`` says whether to try again.
        """

    async def close(self) -> None:
        """Let go of connections and threads."""
