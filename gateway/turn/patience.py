"""How long the caller's silence must last to be the end of an utterance (R2).

Rules
    ``fixed``: ``MIN_UTT_SEC``, always.
    ``words``: the witnesses are heard as they come. Words that are surely all shorten the wait, words that may
    be all lengthen it: most of what is cut off in a pause could be a sentence. Words that were asked for and are not
    here yet are waited for as long: nothing can be committed without them. Pauses after which this caller went
    on, in this call, lengthen it: longer than the longest of the last few.
    Words that hang do not hold the floor: they delay the commit (``listening``), so that a caller
    who does not go on after all is not left in silence for longer than that.

::

    voice   ####......|                 fixed: 0.7 s
    voice   ####...|                    words, "thank you, goodbye": 0.5 s
    voice   ####.........|              words, "press two": 1.04 s; the same while nobody knows the words
    voice   ####...........|            words, a caller who pauses for 0.9 s
    voice   "I want to"......|         ↓ commit, 1.5 s later
"""

from collections import deque

from gateway.turn.endpointing import FRAME_MS
from gateway.turn.words import Completeness

COMPLETE_FRAMES = 25
"""Silence behind words that are surely all."""
OPEN_FRAMES = 17
"""Silence on top of ``MIN_UTT_SEC`` behind words that may be all: 0.3 s let the bot cut in at .127 of pauses of 0.4-1.0 s, 0.34 at .055."""
HANGING_S = 1.5
"""From the end of an utterance whose words hang to its commit; what it lasted longer since they came late counts."""
OWN_PAUSE_FRAMES = 15
"""A silence shorter than this is part of speech, not a pause."""
_MARGIN_FRAMES = 8
_LONGEST_FRAMES = 60
"""However long the caller's own pauses are."""
_ANOTHER_THOUGHT_FRAMES = 125
"""What is said after a longer silence is something new."""
_REMEMBERED = 6


class Patience:
    """The wait of one call."""

    def __init__(self, base_frames: int, *, by_words: bool) -> None:
        self.by_words = by_words
        self._base_frames = base_frames
        self._own: deque[int] = deque(maxlen=_REMEMBERED)

    def went_on(self, silence_frames: int) -> None:
        """The caller went on after this much silence."""
        if self.by_words and OWN_PAUSE_FRAMES <= silence_frames <= _ANOTHER_THOUGHT_FRAMES:
            self._own.append(silence_frames)

    @property
    def frames(self) -> int:
        """The wait where no words are looked for, or behind those that hang."""
        own = max(self._own, default=0) + _MARGIN_FRAMES
        return max(self._base_frames, min(own, _LONGEST_FRAMES))

    @property
    def frames_for_words(self) -> int:
        """The wait for words that a recogniser was asked for: they may be all."""
        return self.frames_after(Completeness.OPEN) if self.by_words else self.frames

    def frames_after(self, completeness: Completeness) -> int:
        """The wait behind these words."""
        if completeness is Completeness.COMPLETE:
            return min(self._base_frames, COMPLETE_FRAMES)
        if completeness is Completeness.OPEN:
            return max(self._base_frames + OPEN_FRAMES, self.frames)
        return self.frames

    def hanging_s(self, silence_frames: int) -> float:
        """From an end behind so much silence to the commit of words that hang."""
        return HANGING_S - max(0, silence_frames - self.frames) * FRAME_MS / 1000
