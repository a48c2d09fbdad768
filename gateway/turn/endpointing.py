"""The caller's machine: SILENT, SPEAKING, PAUSED; where an utterance begins, is cut, and ends.

Rules
    The floor is the caller's from onset until ``wait_frames`` of silence, measured from
    the last *voiced* frame (S2, R2); how long that is says ``patience``. Frames count, not arrival: a burst of late frames is no
    silence, and where no frames come at all the machine's clock ends the utterance.
    An early pause is told once, after ``PAUSE_FRAMES``: time for a probe, or a draft.
    A piece longer than ``cut_frames`` (more than 0.8 s) is cut at the weakest frame of its last 0.8 s (R6), once
    the voice goes on: in a pause it may be over, and nothing would be left for the next piece.
    A muted floor hears nothing until the voice paused for 200 ms (R4, R6).
    What sounds within 200 ms of a key is its tone; a voice that outlasts it has its begin by the pre-roll.

::

    frames    . . . # # # # # # # . . . . . . . . . . . . . . .
    floor     SILENT    SPEAKING        PAUSED              SILENT
    start   ^ pre-roll ^ onset        ^ last voiced  ^ PAUSE       ^ ENDED
"""

from collections import deque
from enum import Enum

from gateway.vad.hangover import FIVE_OF_SIX, Activity, Hangover, OnsetRule

FRAME_MS = 20
PRE_ROLL_FRAMES = 400 // FRAME_MS
PAUSE_FRAMES = 300 // FRAME_MS
TAIL_FRAMES = 200 // FRAME_MS
UNMUTE_FRAMES = 200 // FRAME_MS
TONE_FRAMES = 200 // FRAME_MS
_CUT_WINDOW_FRAMES = 800 // FRAME_MS


class CallerState(Enum):
    """Whether the caller speaks."""

    SILENT = "SILENT"
    SPEAKING = "SPEAKING"
    PAUSED = "PAUSED"


class Heard(Enum):
    """What a frame means for the floor."""

    NOTHING = 0
    ONSET = 1
    VOICED = 2
    SILENCE = 3
    PAUSE = 4
    """Silence has just lasted for ``PAUSE_FRAMES``."""
    ENDED = 5
    """Silence has just lasted for ``wait_frames``: the floor is free."""


class Floor:
    """The caller's floor, in frames."""

    def __init__(self, wait_frames: int, cut_frames: int, onset: OnsetRule = FIVE_OF_SIX) -> None:
        self.state = CallerState.SILENT
        self.frame = -1
        """Number of the newest frame."""
        self.start = 0
        """First frame of the piece that is not closed yet, pre-roll included."""
        self.voiced = 0
        """Voiced frames of the utterance."""
        self.wait_frames = wait_frames
        """Silence that ends the utterance."""
        self.gap_frames = 0
        """Silence before the newest voiced frame."""
        self._cut_frames = cut_frames
        self._hangover = Hangover(onset)
        self._levels: deque[int] = deque(maxlen=_CUT_WINDOW_FRAMES)
        self._voice: deque[int] = deque(maxlen=_CUT_WINDOW_FRAMES)
        self._last_voiced = -1
        self._free_from = 0
        self._muted_frames_left = 0
        self._tone_until = 0

    @property
    def muted(self) -> bool:
        """Whether the voice on the line is not heard until it pauses."""
        return self._muted_frames_left > 0

    def push(self, speech: bool, level: int) -> Heard:
        """Take the next frame of the caller."""
        self.frame += 1
        self._levels.append(level)
        activity = self._hangover.push(speech and self.frame >= self._tone_until, level)
        if self._muted_frames_left:
            return self._wait_for_pause(activity)
        match activity:
            case Activity.QUIET:
                return Heard.NOTHING
            case Activity.ONSET:
                return self._begin()
            case Activity.VOICED:
                return self._go_on()
            case _:
                return self._pause()

    @property
    def end(self) -> int:
        """First frame after the utterance as it stands, with a little of the silence behind it."""
        return min(self.frame, self._last_voiced + TAIL_FRAMES) + 1

    @property
    def voice_levels(self) -> list[int]:
        """Levels of the voiced frames of a voice that began just now; of one that went on unheard, of the newest."""
        return list(self._voice)

    @property
    def silence_frames(self) -> int:
        """Frames since the last voiced one."""
        return self.frame - self._last_voiced

    def cut(self) -> int | None:
        """Close a piece that became too long; its end, which is where the next one starts."""
        if self.state is not CallerState.SPEAKING or self.frame + 1 - self.start < self._cut_frames:
            return None
        first = self.frame + 1 - len(self._levels)
        weakest = min(range(len(self._levels)), key=self._levels.__getitem__)
        self.start = first + weakest
        return self.start

    def keep_tail(self) -> None:
        """Of a voice that nobody listened to, the newest piece alone is left (R6)."""
        self.start = max(self.start, self.frame + 1 - self._cut_frames)

    def release(self) -> None:
        """The utterance is over, for whatever reason."""
        self._free_from = self.end
        self.state = CallerState.SILENT
        self._hangover.release()

    def expect_tone(self) -> None:
        """A key was pressed: its tone is no voice, whether it was reported at its begin or later."""
        if self.state is CallerState.SILENT and not self.muted:
            self._tone_until = self.frame + 1 + TONE_FRAMES
        else:
            self.mute()

    def mute(self) -> None:
        """Hear nothing of the voice that lasts until it pauses, if it does not already."""
        if self.state is CallerState.SILENT:
            return
        if self.silence_frames >= UNMUTE_FRAMES:
            self.release()
            return
        self._free_from = self.frame + 1
        self.state = CallerState.SILENT
        self._muted_frames_left = UNMUTE_FRAMES

    def unmute(self) -> bool:
        """Hear the voice that lasts after all, from where it was muted; False if there is none."""
        if not self._muted_frames_left:
            return False
        self._muted_frames_left = 0
        self.start, self.voiced, self._last_voiced = self._free_from, 0, self.frame
        self.state = CallerState.SPEAKING
        return True

    def _wait_for_pause(self, activity: Activity) -> Heard:
        voiced = activity in (Activity.ONSET, Activity.VOICED)
        self._muted_frames_left = UNMUTE_FRAMES if voiced else self._muted_frames_left - 1
        if not self._muted_frames_left:
            self._hangover.release()
        return Heard.NOTHING

    def _begin(self) -> Heard:
        onset = self.frame - self._hangover.lead
        self.gap_frames = onset - self._last_voiced - 1
        self.start = max(self._free_from, onset - PRE_ROLL_FRAMES)
        self.voiced = self.frame - onset + 1
        self._voice = deque(list(self._levels)[-self.voiced :], maxlen=_CUT_WINDOW_FRAMES)
        self._last_voiced = self.frame
        self.state = CallerState.SPEAKING
        return Heard.ONSET

    def _go_on(self) -> Heard:
        self.voiced += 1
        self._voice.append(self._levels[-1])
        self.gap_frames = self.silence_frames - 1
        self._last_voiced = self.frame
        self.state = CallerState.SPEAKING
        return Heard.VOICED

    def _pause(self) -> Heard:
        self.state = CallerState.PAUSED
        silence = self.silence_frames
        if silence >= self.wait_frames:
            self.release()
            return Heard.ENDED
        return Heard.PAUSE if silence == PAUSE_FRAMES else Heard.SILENCE
