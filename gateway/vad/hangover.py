"""Hysteresis: from frames that look like speech to a voice that began, goes on, pauses.

Rules
    An onset is so many speech frames among the newest few, as the detector's errors ask for (``OnsetRule``);
    the voice began with the first of them.
    While the voice lasts, a speech frame right after an accepted one is accepted. After
    a frame of silence it takes 2 of the last 3 frames, louder than a tenth of the voice's
    running level, to end the pause: a lone click does not restart the silence (R2).
    Audio counts, not arrival: the caller of ``push`` sees frames, no clock.

::

    speech    . . # # # . # # # # . . # . . . # # . .      5 of 6
    activity  . . . . . . O V V V p p p p p p p V p p      O onset, V voiced, p pause
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

_RESUME_SPEECH = 2
_RESUME_WINDOW = 3
_RESUME_LEVEL = 0.1
_LEVEL_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class OnsetRule:
    """An onset is ``speech`` speech frames among the newest ``window``."""

    speech: int
    window: int


FIVE_OF_SIX = OnsetRule(5, 6)
"""For a detector that takes the first 4-5 frames of any new noise for speech."""
THREE_OF_FOUR = OnsetRule(3, 4)
"""For a detector that no new noise gets so far: short answers need a fast one."""


class Activity(IntEnum):
    """What a frame is, in the light of those before it."""

    QUIET = 0
    ONSET = 1
    VOICED = 2
    PAUSE = 3


class Hangover:
    """The hysteresis of one call."""

    def __init__(self, onset: OnsetRule = FIVE_OF_SIX) -> None:
        self.lead = 0
        """At an onset: how many frames ago the voice began."""
        self._onset = onset
        self._window: deque[bool] = deque(maxlen=onset.window)
        self._active = False
        self._paused = False
        self._running_level = 0.0

    def push(self, speech: bool, level: int) -> Activity:
        """Take the next frame."""
        self._window.append(speech)
        if not self._active:
            return self._wait_for_onset(level)
        if not speech or not self._accepts(level):
            self._paused = True
            return Activity.PAUSE
        self._paused = False
        self._running_level += _LEVEL_WEIGHT * (level - self._running_level)
        return Activity.VOICED

    def release(self) -> None:
        """The voice is over: the next one needs an onset again."""
        self._active = False
        self._window.clear()

    def _wait_for_onset(self, level: int) -> Activity:
        if sum(self._window) < self._onset.speech:
            return Activity.QUIET
        self._active, self._paused = True, False
        self._running_level = float(level)
        self.lead = len(self._window) - 1 - self._window.index(True)
        return Activity.ONSET

    def _accepts(self, level: int) -> bool:
        if not self._paused:
            return True
        recent = sum(list(self._window)[-_RESUME_WINDOW:])
        return recent >= _RESUME_SPEECH and level > _RESUME_LEVEL * self._running_level
