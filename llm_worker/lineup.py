"""The LLM vendors in order, as one."""

from collections.abc import AsyncIterator

from common.lineup import Lineup
from llm_worker.vendors.base import Model, Piece, Prompt

_LETTERS_PER_S = 12
"""A slow voice's, so that a text which comes more slowly leaves the line dry."""


def sounds_s(piece: Piece) -> float | None:
    """About how long a piece is heard."""
    return len(piece) / _LETTERS_PER_S if isinstance(piece, str) else None


class Models:
    """Asks the first vendor, and the next where it fails before its first piece."""

    def __init__(self, lineup: Lineup[Model]) -> None:
        self._lineup = lineup

    async def warm_up(self) -> None:
        """Warm all of them up."""
        await self._lineup.warm_up()

    def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """The reply of whoever begins one.

        Raises:
            VendorError: while iterating: nobody did, or the one that began broke off.
        """
        return self._lineup.stream(lambda vendor: vendor.reply(prompt), sounds_s)

    async def close(self) -> None:
        """Close all of them."""
        await self._lineup.close()
