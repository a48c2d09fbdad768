"""What the caller's words are worth: nothing, a nod, a stop, an answer, or the same again (R4, R8).

The lists come from files (``gateway/lexicons/*.toml``, one a language); here are only the rules.
Texts are compared after normalising: lower case, no Hebrew points, no punctuation, single spaces.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

_NOT_WORD = re.compile(r"[^\w\s]|_")


class Sense(Enum):
    """What words over the bot mean."""

    EMPTY = "empty"
    BACKCHANNEL = "backchannel"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a language that matter for turns, normalised."""

    backchannels: frozenset[str] = frozenset()
    """Said while listening: "yes", "aha"."""
    stop_words: frozenset[str] = frozenset()
    """Said to stop the bot: they are never a backchannel."""
    closed_answers: frozenset[str] = frozenset()
    """Answers that may come again to a new question: yes, no, days."""
    repeat_requests: frozenset[str] = frozenset()
    """Ask for the last reply again: "what?"; never duplicates."""

    def sense(self, text: str) -> Sense:
        """What ``text`` means when it is said over the bot."""
        words = normalise(text)
        if not words:
            return Sense.EMPTY
        if words in self.stop_words:
            return Sense.WORDS
        if words in self.backchannels or all(word in self.backchannels for word in words.split()):
            return Sense.BACKCHANNEL
        return Sense.WORDS

    def is_closed_answer(self, text: str) -> bool:
        """Whether ``text`` answers a closed question: yes, no, a number, a day."""
        words = normalise(text)
        return words in self.closed_answers or words.replace(" ", "").isdigit()

    def asks_to_repeat(self, text: str) -> bool:
        """Whether ``text`` asks to hear the last reply again."""
        return normalise(text) in self.repeat_requests


def normalise(text: str) -> str:
    """``text`` as it is compared."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(_NOT_WORD.sub(" ", plain.lower()).split())


def join(*texts: str) -> str:
    """The texts that are not empty, with spaces between."""
    return " ".join(text.strip() for text in texts if text.strip())
