"""What a TTS vendor is: one file, one line in the registry, one shared contract test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One sentence to be spoken."""

    text: str
    """As the front end leaves it: words, and the marks of pauses."""
    language: str
    """BCP 47: ``he``, ``en``."""
    turn: int = 0
    sentence: int = 0
    """Turn and sentence serve the ``tone`` vendor, which codes them in its pitches."""
    voice: str = ""
    """The call's agent's; "": the one of the settings. A vendor that has no such voice takes that, too."""
    model: str = ""
    """The one that this voice needs; "": that of the settings."""


@dataclass(frozen=True, slots=True)
class WordEnds:
    """Where in the sentence's sound words end, in bytes from its beginning: for a voice that knows.

    The gateway goes by it for what was heard, and where to go on; for other voices it estimates. Words are what
    spaces divide in the request's text (the worker puts them in those of the sentence); what is told must be the next
    words in order, and may come before their sound.
    """

    at_bytes: tuple[int, ...]


class StandIn(bytes):
    """Sound of a voice that stands in for the one that the house wants."""

    __slots__ = ()


class Voice(Protocol):
    """Turns a sentence into sound."""

    async def warm_up(self) -> None:
        """Load models or open connections, so that the first caller does not wait for it."""

    def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The sound of the sentence as mu-law at 8 kHz, mono, in pieces of any size, as they come; word ends if they are known.

        Closing the iterator stops the work within a piece.

        Raises:
            VendorError: while iterating; ``retryable`` says whether to try again.
        """

    async def close(self) -> None:
        """Let go of connections and threads."""
