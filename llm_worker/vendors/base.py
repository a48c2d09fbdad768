"""What an LLM vendor is: one file, one line in the registry, one shared contract test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn of the past, as it was heard (R7)."""

    caller: str
    """What the caller said; empty for the greeting."""
    bot: str
    """What the caller heard of the reply; may be empty."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a model gets to see."""

    text: str
    """What the caller said just now."""
    language: str
    """BCP 47: ``he``, ``en``."""
    turn: int
    history: tuple[Exchange, ...] = ()
    spoken: tuple[str, ...] = ()
    """Sentences of this reply that an earlier attempt emitted: go on after them."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """The model asks for something to be done once what it said so far was heard."""

    name: Literal["hang_up", "transfer", "collect"]
    argument: str = ""


class Model(Protocol):
    """Answers the caller."""

    async def warm_up(self) -> None:
        """Open connections or load files, so that the first caller does not wait for it."""

    def reply(self, prompt: Prompt) -> AsyncIterator[str | ActionRequest]:
        """The reply's text as it is made, in pieces of any size, and what is to be done after it.

        Closing the iterator closes the vendor's stream.

        Raises:
            VendorError: while iterating; ``retryable`` says whether to try again.
        """

    async def close(self) -> None:
        """Let go of connections."""
