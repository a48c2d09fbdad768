"""What an ASR vendor is: one file, one line in the registry, one shared contract test."""

from typing import Protocol


class Transcriber(Protocol):
    """Turns a piece of a call's audio into words."""

    async def warm_up(self) -> None:
        """Load models or open connections, so that the first caller does not wait for it."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int) -> str:
        """The words in ``audio`` (mu-law, 8 kHz, mono); empty if there are none.

        ``language`` is BCP 47 (``he``, ``en``). ``turn`` serves the scripted vendor alone.
        Cancelling the task stops the work.

        Raises:
            VendorError: the vendor failed; ``retryable`` says whether to try again.
        """

    async def close(self) -> None:
        """Let go of connections and threads."""
