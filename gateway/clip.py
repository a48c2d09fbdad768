"""What the bot says as one: a sentence or a phrase, where its words end in its sound, and how far it was heard (sans-I/O).

Rules
    Of a clip that was cut only whole words count as heard, and it goes on with the first word that was not surely heard to
    its end. Where the voice did not tell where words end, ``spoken`` estimates it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Literal

from common.audio import FRAME_BYTES
from gateway import spoken

Kind = Literal["greeting", "reply", "filler", "phrase", "beep"]


@dataclass(slots=True, eq=False)
class Clip:
    """A sentence of the reply, a fixed phrase, or the beep: its words, its sound, and how much of that was heard."""

    kind: Kind
    text: str = ""
    audio: bytearray = field(default_factory=bytearray)
    complete: bool = False
    """Whether all its audio is here."""
    begin: int = 0
    """Where it begins in this epoch."""
    sent: int = 0
    """Up to where it was given to the provider in this epoch."""
    heard: int = 0
    """Most bytes that were heard, in any epoch."""
    sure: int = 0
    """Most bytes that were surely heard, in any epoch."""
    interruptible: bool = True
    """Whether the caller's voice may stop it."""
    word_ends: list[int] = field(default_factory=list)
    """Where its first words end, as far as the voice told; those before another take are told, too."""

    @property
    def fixed(self) -> bool:
        """Whether it needs a free floor only, not a commit."""
        return self.kind in ("greeting", "filler", "phrase")

    @property
    def begun(self) -> bool:
        """Whether any of it was sent in this epoch."""
        return self.sent > self.begin

    @property
    def sent_whole(self) -> bool:
        """Whether all of it was given to the provider."""
        return self.complete and self.sent == len(self.audio)

    @property
    def ready(self) -> bool:
        """Whether a frame of it is here, or its end."""
        return self.complete or len(self.audio) - self.sent >= FRAME_BYTES

    @property
    def surely_heard(self) -> bool:
        """Whether all of it was surely heard."""
        return self._wholly(self.sure)

    @property
    def heard_words(self) -> str:
        """Its words that were heard, as far as can be told; whole ones."""
        if self.audio and self._wholly(self.heard):
            return self.text
        return self.words(end=len(self.ends_in(self.heard)))

    def _wholly(self, length: int) -> bool:
        return self.complete and length >= len(self.audio)

    def ends_in(self, length: int) -> list[int]:
        """Where the words end that are whole in its first ``length`` bytes."""
        ends = self._ends()
        return ends[: bisect_right(ends, length)] if length else []

    def words(self, start: int = 0, end: int | None = None) -> str:
        """Some of its words."""
        return " ".join(self.text.split()[start:end])

    def forget_after(self, length: int) -> None:
        """Of its sound keep the first ``length`` bytes."""
        del self.audio[length:]
        self.word_ends = [end for end in self.word_ends if end <= length]

    def keep_spoken_words(self) -> None:
        """Its sound ends too early: of its text keep what was spoken."""
        ends = spoken.word_ends(self.text, self.audio, self.word_ends, complete=False)
        self.text = self.words(end=bisect_right(ends, len(self.audio)))

    def again(self) -> "Clip":
        """The same sound, of which nothing was played."""
        return replace(self, kind="reply", begin=0, sent=0, heard=0, sure=0)

    def go_back(self) -> None:
        """Begin with the word that was not surely heard to its end."""
        self.begin = self.sent = spoken.word_start(self._ends(), self.audio, self.sure, exact=len(self.word_ends))

    def _ends(self) -> list[int]:
        return spoken.word_ends(self.text, self.audio, self.word_ends, complete=self.complete)
