"""What the bot says by itself, in one language (R10)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phrase:
    """A fixed phrase: its words and its sound (mu-law, 8 kHz)."""

    text: str
    audio: bytes
    interruptible: bool = True
    """Whether the caller's voice may stop it."""


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The fixed phrases of a call, in its language (R10)."""

    greeting: Phrase | None
    repeat: Phrase
    filler: Phrase
    fallback: Phrase
    still_there: Phrase
    goodbye: Phrase
    beep: bytes
    unanswered: Phrase = Phrase("", b"")
    """After a transfer that brought nobody."""
    spent: Phrase = Phrase("", b"")
    """Before the end of a call for which there is no more money."""
    still_working: Phrase = Phrase("", b"")
    """After the first filler, while a tool runs on."""
    tools: dict[str, Phrase] = field(default_factory=dict)
    """The first filler of a tool, by its name."""
