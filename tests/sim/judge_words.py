"""What became of the caller's words: each is in the history of one turn, or there is a reason that can be named (R5).

Reasons
    a nod, or soft        over the bot: the last piece that it is in was a nod, or too soft to be the caller's, and no call to stop
    muted                 the bot had the floor, or said what may not be interrupted, and no sound of it was sent
    between two streams   no gateway had the line
    the call was over     just now it was said, and the caller still spoke, or its sound was with the recogniser still
    like the tone of a key
    lost on the way       its sound was sent to the recogniser, and of the last piece that it is in no words came, or too late
    not heard             no sound of it was sent, and the detector errs in this call
"""

from collections import Counter, defaultdict
from collections.abc import Callable

from gateway.turn.endpointing import TONE_FRAMES
from gateway.turn.events import CloseTurn
from tests.sim.broken_rule import Check
from tests.sim.caller import Caller
from tests.sim.line import FRAME_S

_WORD_FRAMES = 12
_TONE_BEHIND_FRAMES = 35
_FORGOTTEN_FRAMES = 250
"""Before the end of the last turn of a stream whose words were not carried on: they may have come too late for it, at the least."""
_RECOGNISED_S = 2.0
"""From the end of a piece to its words."""


class WordsJudge:
    """Follows the words of one caller."""

    def __init__(self, check: Check, caller: Caller, longest_piece_s: float) -> None:
        self.fates: Counter[str] = Counter()
        self.insisted = 0
        """Words that nothing may have lost."""
        self.excused: Callable[[int], str] = lambda frame: ""
        """What may have lost a word that was said in this frame; "": nothing."""
        self._check = check
        self._caller = caller
        self._void: list[range] = []
        """Frames whose words came, and mean nothing."""
        self._awaited: dict[int, range] = {}
        """Frames that are at the recogniser, by seq."""
        self._undecided_frames = int((longest_piece_s + _RECOGNISED_S) / FRAME_S)
        """Before the end: what was said then may be known to nobody yet."""
        self._sent: list[range] = []
        """Frames that were sent to it."""
        self._closed = 0
        """The newest piece that is no probe."""
        self._closed_until = 0
        """What was said from this frame on was still being said, for all that the core knew."""
        self._unheard: set[int] = set()
        self._keys: list[int] = []
        self._gaps: list[tuple[int, int]] = []
        """Frames of which an earlier stream may have known, and no stream knows any more."""
        self.deferred: list[range] = []
        """Frames whose words waited for the end of what may not be interrupted, when the call was over."""
        self._settled = 0

    def published(self, seq: int, frames: range, *, probe: bool) -> None:
        """A piece went to the recogniser; a probe may be of a voice that goes on."""
        self._awaited[seq] = frames
        self._sent.append(frames)
        if not probe:
            self._closed_until = max(self._closed_until, frames.stop)
            self._closed = seq

    def went_on(self) -> None:
        """The voice goes on behind its last closed piece, which was a draft: if nobody knows its words, they are still being said."""
        frames = self._awaited.get(self._closed)
        if frames is not None:
            self._closed_until = frames.start

    def told(self, seq: int) -> range:
        """Its words came back; the frames that it was."""
        return self._awaited.pop(seq, range(0))

    def mean_nothing(self, frames: range) -> None:
        """They are of a nod over the bot, or of a voice that is too soft to be the caller's."""
        self._void.append(frames)

    def not_heard(self, frame: int) -> None:
        """The floor was muted, or the voice was ignored."""
        self._unheard.add(frame)

    def key_pressed(self, frame: int) -> None:
        """The caller pressed a key."""
        self._keys.append(frame)

    def stream_lost(self, frame: int) -> None:
        """Another stream begins now; ``frame`` was the last one that the old one had."""
        self._awaited.clear()
        forgotten = max(_FORGOTTEN_FRAMES, self._undecided_frames)
        self._gaps.append((min(self._settled, frame) - forgotten, self._caller.frames))

    def between_streams(self, frame: int) -> bool:
        """Whether what happened then may be known to no stream."""
        return any(begin <= frame < end for begin, end in self._gaps)

    def settled(self, frame: int) -> None:
        """A turn ended whose words are not carried on."""
        self._settled = frame

    @property
    def said_once(self) -> dict[str, int]:
        """Words that were said once, and when."""
        said = Counter(word for _, word, _ in self._caller.words)
        return {word: at for at, word, _ in self._caller.words if word.startswith("w") and said[word] == 1}

    @property
    def moments(self) -> dict[str, list[int]]:
        """Words that were said once, and when; what is like the tone of a key may have been said when that was pressed."""
        return {word: [at, *self._tones(at)] for word, at in self.said_once.items()}

    def _tones(self, at: int) -> list[int]:
        return [key for key in self._keys if at - TONE_FRAMES <= key < at + _TONE_BEHIND_FRAMES]

    # -- The end --------------------------------------------------------------------------------

    def call_over(self, closed: dict[int, CloseTurn], last_frame: int) -> None:
        """Every word is in one turn's history, or is missing for a reason."""
        turns = self._turns(closed)
        said = Counter(word for _, word, _ in self._caller.words)
        lost = []
        for at, word, kind in self._caller.words:
            if kind == "repeat" or not word.startswith("w") or at > last_frame:
                continue
            self._check(len(turns[word]) <= said[word], f"{word} is in turns {turns[word]}")
            why = self.why_lost(at, last_frame)
            self.insisted += why == "lost"
            fate = "in the history" if turns[word] else why
            self.fates[fate] += 1
            lost += [f"{word} at {at}"] * (fate == "lost")
        self._check(not lost, f"lost: {lost}")

    def _turns(self, closed: dict[int, CloseTurn]) -> dict[str, list[int]]:
        turns: dict[str, list[int]] = defaultdict(list)
        once = self.said_once
        for turn in closed.values():
            words = turn.caller.split()
            numbers = [int(word[1:]) for word in words if word in once]
            self._check(numbers == sorted(numbers), f"out of order: {turn.caller}")
            for word in words:
                turns[word].append(turn.turn)
        return turns

    def why_lost(self, at: int, last_frame: int) -> str:
        """What may have lost what was said in this frame; "lost": nothing."""
        last = next((frames for frames in reversed(self._sent) if at in frames), None)
        if last in self._void:
            return "a nod, or soft"
        if last is None and any(frame in self._unheard for frame in range(at - _WORD_FRAMES, at + _WORD_FRAMES)):
            return "muted"
        if self.between_streams(at):
            return "between two streams"
        if self._tones(at):
            return "like the tone of a key"
        return self.excused(at) or ("the call was over" if self._undecided(at, last_frame) else "lost")

    def _undecided(self, at: int, last_frame: int) -> bool:
        """Whether nobody knew yet what was said in this frame, as the call ended."""
        awaited = any(at in frames for frames in self._awaited.values())
        recent = at > last_frame - self._undecided_frames
        return (recent and (at >= self._closed_until or awaited)) or any(at in frames for frames in self.deferred)
