"""What became of nods, stop-words, answers and all that callers say often: as much of it is in the histories as was said (R4, R5, R8).

No saying can be told from the same one said again, so they are counted, word by word: none is written that was not said, and
none is missing but for the reasons of a word (``judge_words``), or these.

Reasons
    a nod           said while the bot was held: it means nothing
    said before     the words of its piece were those that the bot answered last
    said again      the caller repeated the last utterance, which may be ignored
"""

from collections import Counter
from collections.abc import Callable, Iterable

from gateway.turn.words import Lexicon, Sense, normalise
from tests.sim.broken_rule import Check
from tests.sim.caller import Caller
from tests.sim.judge_keys import keys_of

_NEAR_FRAMES = 12
"""Half a word, and the way to its onset."""


class SayingsJudge:
    """Counts the sayings of one caller."""

    def __init__(self, check: Check, caller: Caller, lexicon: Lexicon, why_lost: Callable[[int, int], str]) -> None:
        self.fates: Counter[str] = Counter()
        self._check = check
        self._caller = caller
        self._lexicon = lexicon
        self._why_lost = why_lost
        self._held: set[int] = set()
        self._before: set[int] = set()

    def held(self, frame: int) -> None:
        """The bot is held back, or lowered its voice, in this frame."""
        self._held.add(frame)

    def was_held(self, frames: range) -> bool:
        """Whether it was in one of these frames."""
        return not self._held.isdisjoint(frames)

    def said_before(self, frames: range) -> None:
        """The words of these frames are known, and are those of the last utterance that was answered."""
        self._before.update(frames)

    def call_over(self, histories: Iterable[str], ignored: Iterable[str], known: str, last_frame: int) -> None:
        """``known`` was said on a line that this judge did not hear."""
        said, excused = Counter[str](), Counter[str]()
        for at, word, kind in self._caller.words:
            if at <= last_frame and normalise(word):
                said += _sayings([word])
                excused += _sayings([word] * bool(self._reason(at, word, kind, last_frame)))
        written = _sayings(histories)
        invented = written - said - _sayings([known])
        self._check(not invented, f"written, and not said: {invented}")
        lost = said - excused - written - _sayings(ignored)
        self._check(not lost, f"lost: {lost}")
        self.fates.update({"in the history": written.total(), "not in the history": (said - written).total()})

    def _reason(self, at: int, word: str, kind: str, last_frame: int) -> str:
        if kind == "repeat":
            return "said again"
        near = range(at - _NEAR_FRAMES, at + _NEAR_FRAMES)
        if self._lexicon.sense(word, brief=True) is Sense.BACKCHANNEL and self.was_held(near):
            return "a nod"
        if at in self._before:
            return "said before"
        why = self._why_lost(at, last_frame)
        return "" if why == "lost" else why


def _sayings(texts: Iterable[str]) -> Counter[str]:
    words = (word for text in texts for word in text.split())
    return Counter(word for word in words if normalise(word) and not word.startswith("w") and not keys_of(word))
