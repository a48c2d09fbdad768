"""Audio of the current turn queued for the caller, the marks in it, and what of it was heard (sans-I/O).

Rules
    Clips (``clip.py``) are played in order.
    ``take`` hands out 20 ms frames on an absolute schedule, ``LEAD_S`` ahead of what the
    provider is playing by then: a late tick is caught up, never re-based into a gap, and
    never by more than the lead. Behind the first ones two frames leave at a time: a system call for
    each is most of what their way out costs. The partial last frame of a clip is padded, not dropped.
    A fixed phrase leaves while the floor is free; a reply needs the commit as well (R3).
    While it is ``ducked``, what leaves is quieter: the caller's voice is undecided.
    Sound is *heard* when a mark of this epoch came back, or when time has passed that
    it must have been; never because it was sent. It is *surely* heard only as far as a mark
    says, and as time has passed since that mark came: what time alone says is early by the way to the phone.
    ``stop`` begins a new epoch and goes back to the first byte not surely heard, and from there
    to the start of the word that it is in (R4).

::

    clips     [ greeting.. ][ sentence 0 ......... ][ sentence 1 ...
    sent      ==============================>                          position of this epoch
    proven    ==================>|                                     last mark that came back
    sure      ====================>                                    and the time since it came
    played    =======================>                                 by elapsed time
"""

from collections import deque
from dataclasses import dataclass

from common.audio import FRAME_BYTES, SILENCE_BYTE, attenuation
from gateway.clip import Clip

BYTES_PER_S = 8000
FRAME_S = 0.02
LEAD_S = 0.16
MARK_FRAMES = 10
_FULL_S = LEAD_S - FRAME_S / 2
"""With more of a lead nothing leaves."""
_LOW_S = _FULL_S - FRAME_S
"""With more of a lead nothing begins to leave: two frames are due together."""
LATE_MARK_S = 2.0
"""Past its expected end by this much, sound counts as heard without its mark (R1)."""
DUCK_DB = 12.0
_UNPROVEN_BYTES = BYTES_PER_S // 2
"""How far elapsed time is trusted ahead of the last mark."""
_QUIETER = attenuation(DUCK_DB)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark to be sent after the audio before it."""

    name: str


@dataclass(frozen=True, slots=True)
class _Span:
    """From this position of the epoch on, ``clip`` is played."""

    position: int
    clip: Clip

    def up_to(self, position: int) -> int:
        """Where in the clip this position of the epoch is."""
        return min(position - self.position + self.clip.begin, self.clip.sent)


class Playout:
    """What the bot says in the current turn."""

    def __init__(self) -> None:
        self.epoch = 0
        self.committed = False
        self.floor_free = True
        self.underruns = 0
        """Times that sound was here but left too late: an audible gap."""
        self.reset(turn=0)

    def reset(self, turn: int) -> None:
        """Forget everything; what follows belongs to ``turn``."""
        self._turn = turn
        self.ducked = False
        """Whether what leaves now is ``DUCK_DB`` quieter."""
        self.clips: list[Clip] = []
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self.epoch += 1
        self._cursor = 0
        self._sent = 0
        self._proven = 0
        self._proven_at: float | None = None
        """When it was; None after a gap in the sound, since when time says nothing."""
        self._play_end = 0.0
        self._starved = True
        self._frames_since_mark = 0
        self._marks: deque[int] = deque()
        self._spans: deque[_Span] = deque()

    # -- What is to be played -------------------------------------------------------------

    def add(self, clip: Clip) -> None:
        """Play ``clip`` after all others."""
        self.clips.append(clip)

    def insert(self, clip: Clip) -> None:
        """Play ``clip`` next: nothing is playing, nor torn."""
        self.clips.insert(self._cursor, clip)

    def remove(self, clip: Clip) -> None:
        """Don't play ``clip``, of which nothing was sent."""
        self.clips.remove(clip)

    # -- What leaves now ------------------------------------------------------------------

    def take(self, now: float) -> list[bytes | Mark]:
        """Frames of 160 bytes, and marks, that are due at ``now``."""
        due: list[bytes | Mark] = []
        if self._cursor == len(self.clips) and not self._frames_since_mark:
            return due  # there is nothing to say, as half of the time
        ahead_s = _LOW_S
        while (clip := self._current()) is not None and self._play_end - now <= ahead_s:
            frame = self._next_frame(clip)
            if frame is None:
                self._starved = True
                break
            self._schedule(now)
            due.append(frame.translate(_QUIETER) if self.ducked else frame)
            ahead_s = _FULL_S
            if self._mark_is_due(clip):
                due.append(self._mark())
        if self._frames_since_mark and (self._cursor == len(self.clips) or now >= self._play_end):
            due.append(self._mark())  # the last clip was sent before it was known to be complete; or the rest of a clip does not come
        return due

    def _current(self) -> Clip | None:
        """The clip to send from, if it may leave."""
        clips = self.clips
        while self._cursor < len(clips):
            clip = clips[self._cursor]
            if not (clip.complete and clip.sent == len(clip.audio)):  # clip.sent_whole, asked more often than anything else
                return clip if self._may_leave(clip) else None
            self._cursor += 1
        return None

    def _may_leave(self, clip: Clip) -> bool:
        return self.floor_free and (self.committed or clip.fixed)

    def _next_frame(self, clip: Clip) -> bytes | None:
        frame = bytes(clip.audio[clip.sent : clip.sent + FRAME_BYTES])
        length = len(frame)
        if length < FRAME_BYTES and not clip.complete:
            return None
        if not clip.begun:
            self._spans.append(_Span(self._sent, clip))
        clip.sent += length
        self._sent += FRAME_BYTES
        return frame if length == FRAME_BYTES else frame.ljust(FRAME_BYTES, bytes([SILENCE_BYTE]))

    def _schedule(self, now: float) -> None:
        if self._play_end < now:
            self.underruns += not self._starved
            self._play_end = now
            self._proven_at = None
        self._play_end += FRAME_S

    def _mark_is_due(self, clip: Clip) -> bool:
        self._frames_since_mark += 1
        ended = clip.sent_whole
        self._starved = ended
        return ended or self._frames_since_mark == MARK_FRAMES

    def _mark(self) -> Mark:
        self._frames_since_mark = 0
        self._marks.append(self._sent)
        return Mark(f"{self._turn}.{self.epoch}:{self._sent}")

    # -- What was heard -------------------------------------------------------------------

    def mark_echoed(self, name: str, now: float) -> bool:
        """Take a mark that came back; False if it proves nothing (another turn or epoch)."""
        run, _, position = name.partition(":")
        if run != f"{self._turn}.{self.epoch}" or not position.isdecimal() or int(position) not in self._marks:
            return False
        self._proven, self._proven_at = int(position), now
        while self._marks and self._marks[0] <= self._proven:
            self._marks.popleft()
        return True

    @property
    def plays_until(self) -> float:
        """When what was sent will have been played."""
        return self._play_end

    @property
    def expires_at(self) -> float | None:
        """When all that was sent counts as heard, mark or no mark; None if nothing is in doubt."""
        return self._play_end + LATE_MARK_S if self._sent > self._proven else None

    def expire(self, now: float) -> None:
        """Marks that are late beyond doubt (``expires_at``) will not come."""
        self._proven = self._sent
        self._marks.clear()

    def at_provider(self, now: float) -> bool:
        """Whether unheard sound may be in the provider's buffer."""
        return self._sent > self._proven and now < self._play_end + LATE_MARK_S

    def unheard(self, now: float) -> bool:
        """Whether sound that may leave is unheard: what SPEAKING means (R3)."""
        if not self.floor_free:
            return False
        return self.sendable or self.at_provider(now)

    def protected(self, now: float) -> bool:
        """Whether sound that may not be interrupted is unheard: at the provider, or next to leave."""
        if not self.unheard(now):
            return False
        heard = self._heard_position(now)
        unheard = [span.clip for span in self._spans if span.up_to(heard) < span.clip.sent]
        return not all(clip.interruptible for clip in (*unheard, self._current()) if clip is not None)

    @property
    def sendable(self) -> bool:
        """Whether a frame can leave as soon as it is due: a sentence waits for the one before it (R9)."""
        clip = self._current()
        return clip is not None and clip.ready

    def finished(self, now: float) -> bool:
        """Whether all that is here was sent, and was heard."""
        return all(clip.sent == len(clip.audio) for clip in self.clips) and not self.at_provider(now)

    def rest_s(self, now: float) -> float:
        """How much of the sound that is here was never heard, in any epoch."""
        self._update_heard(now)
        return sum(len(clip.audio) - clip.heard for clip in self.clips) / BYTES_PER_S

    def count_as_heard(self) -> None:
        """The little that is left of it is not worth a word."""
        for clip in self.clips:
            clip.heard = clip.sure = len(clip.audio)

    def anything_heard(self, now: float) -> bool:
        """Whether the caller heard any of the greeting or reply."""
        return self.heard_bytes(now) > 0

    def heard_bytes(self, now: float) -> int:
        """How much of the greeting or reply the caller heard."""
        self._update_heard(now)
        return sum(clip.heard for clip in self.clips if clip.kind in ("greeting", "reply"))

    def heard_text(self, now: float) -> str:
        """The words of greeting and reply that were heard; of a cut sentence, an estimate in whole words."""
        self._update_heard(now)
        return " ".join(filter(None, (clip.heard_words for clip in self.clips if clip.kind in ("greeting", "reply"))))

    def sounding(self, now: float) -> tuple[Clip, int] | None:
        """The clip that is heard, and how far; None: nothing of this epoch was yet."""
        heard = self._heard_position(now)
        span = next((span for span in reversed(self._spans) if span.position <= heard), None)
        return None if span is None else (span.clip, span.up_to(heard))

    def unheard_bytes(self, now: float) -> int:
        """How much was sent that the caller did not hear."""
        return self._sent - self._heard_position(now)

    def _update_heard(self, now: float) -> None:
        heard, sure = self._heard_position(now), self._sure_position(now)
        for span in self._spans:
            span.clip.heard = max(span.clip.heard, span.up_to(heard))
            span.clip.sure = max(span.clip.sure, span.up_to(sure))

    def _heard_position(self, now: float) -> int:
        if not self.at_provider(now):
            return self._sent
        played = self._sent - int((self._play_end - now) * BYTES_PER_S)
        return max(self._proven, min(played, self._proven + _UNPROVEN_BYTES))

    def _sure_position(self, now: float) -> int:
        since_s = now - self._proven_at if self._proven_at is not None else 0.0
        return min(self._proven + int(since_s * BYTES_PER_S), self._heard_position(now))

    # -- Stop, and go on ------------------------------------------------------------------

    def stop(self, now: float) -> bool:
        """Silence: a new epoch, which would go on at the start of the cut word.

        Fillers are dropped. Returns whether the provider must be told to forget (``clear``).
        """
        clear = self.at_provider(now)
        self._update_heard(now)
        self.ducked = False
        self.clips = [clip for clip in self.clips if clip.kind != "filler"]
        self._begin_epoch()
        while self._cursor < len(self.clips) and self.clips[self._cursor].surely_heard:
            self._cursor += 1
        for clip in self.clips[self._cursor :]:
            clip.go_back()
        return clear

    @property
    def starving(self) -> Clip | None:
        """The clip whose turn it is to be sent, perhaps behind a filler, while its next bytes are not here."""
        clip = next((clip for clip in self.clips[self._cursor :] if clip.kind != "filler"), None)
        return None if clip is None or clip.ready or not self._may_leave(clip) else clip

    @property
    def torn(self) -> bool:
        """Whether the sound stopped in the middle of a clip: nothing can be said before its rest."""
        clip = self.starving
        return clip is not None and clip.begun
