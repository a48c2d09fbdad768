"""What an ASR vendor is: one file, one line in the registry, one shared contract test."""

from dataclasses import dataclass
from typing import Protocol


class Heard(str):
    """The words of a piece, from a vendor that tells how sure it is of them."""

    __slots__ = ("logprob", "no_speech")

    no_speech: float | None
    """How likely it is that nobody spoke, 0..1."""
    logprob: float | None
    """Natural logarithm of the tokens' likelihood, on average: 0 is certain."""

    def __new__(cls, text: str, no_speech: float | None = None, logprob: float | None = None) -> "Heard":
        """The text, and what is known of it."""
        heard = super().__new__(cls, text)
        heard.no_speech, heard.logprob = no_speech, logprob
        return heard


@dataclass(frozen=True, slots=True)
class Hints:
    """What the call's agent knows of it beforehand."""

    vocabulary: tuple[str, ...] = ()
    """Names and words that callers are likely to say, in the call's language."""
    model: str = ""
    """The agent's; "": the one of the settings. A vendor that is not the first one may have other models."""


NO_HINTS = Hints()


class Transcriber(Protocol):
    """Turns a piece of a call's audio into words."""

    async def warm_up(self) -> None:
        """Load models or open connections, so that the first caller does not wait for it."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words in ``audio`` (mu-law, 8 kHz, mono); empty if there are none, ``Heard`` if it is known how sure they are.

        Whether they were said at all is not for the vendor to decide: ``asr_worker/gates.py`` does.

        ``language`` is BCP 47 (``he``, ``en``). ``turn`` serves the scripted vendor alone. Who cannot use ``hints`` does without.
        Cancelling the task stops the work.

        Raises:
            VendorError: the vendor failed; ``retryable`` says whether to try again.
        """

    async def close(self) -> None:
        """Let go of connections and threads."""
