"""What became of the pieces of the caller's sound that went to the recogniser through a bus, so that a missing word has a reason or none.

A word may be lost if a piece with it had no words in time *and* something went wrong with that piece: its recogniser failed, its
reply was lost, or Redis or a recogniser was in trouble while the gateway waited for it. In a house that loses nothing there is
no such reason. What the echo guard took for echo is in no piece: simulated voices are of one level and one pitch, so now and
then they are as like as no two real ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.messages import Message, StageFailed, Transcript
from gateway.turn.clocks import FALLBACK_S
from gateway.turn.events import Command, Event, FrameHeard, PublishUtterance, WorkerReported
from tests.sim.judge_rest import VOICE_LEVEL
from tests.sim.troubles import Troubles

_WAITED_FOR_S = FALLBACK_S - 0.1
"""The recogniser may take so long."""
_NEAR_FRAMES = 12
"""Half a word."""
WELL_AGAIN_S = 6.0
"""After trouble: the longest pause between two tries, and a takeover."""


@dataclass(slots=True)
class Piece:
    """Some of the caller's frames."""

    frames: range
    sent_at_s: float
    told_at_s: float = float("inf")
    """When its words came back to the gateway, if they did."""

    @property
    def late(self) -> bool:
        """Whether its words came too late, or never."""
        return self.told_at_s - self.sent_at_s > _WAITED_FOR_S


@dataclass(slots=True)
class Pieces:
    """All of one call, over all its streams."""

    troubles: Troubles
    lossless: bool
    failed: list[range] = field(default_factory=list)
    """Frames of which a recogniser said nothing."""
    lost: set[tuple[int, int]] = field(default_factory=set)
    """Turn and number of pieces whose words were lost on their way back."""
    _pieces: dict[tuple[int, int], Piece] = field(default_factory=dict)
    _first_frame: int = 0
    _frame: int = -1
    _echoes: set[int] = field(default_factory=set)
    """Loud frames that are taken for nobody's."""

    def stream_begins(self, first_frame: int) -> None:
        """Frames are counted anew."""
        self._first_frame, self._frame = first_frame, first_frame - 1

    def handled(self, event: Event, commands: Sequence[Command], now: float) -> None:
        """What the core was told, and wants."""
        if isinstance(event, FrameHeard):
            self._frame += 1
            if event.level >= VOICE_LEVEL and not event.speech:
                self._echoes.add(self._frame)
        if isinstance(event, WorkerReported) and isinstance(event.message, Transcript):
            piece = self._pieces.get(_key(event.message))
            if piece is not None:
                piece.told_at_s = min(piece.told_at_s, now)
        for command in commands:
            if isinstance(command, PublishUtterance):
                frames = range(command.start + self._first_frame, command.end + self._first_frame)
                self._pieces[command.turn, command.seq] = Piece(frames, now)

    def reply_lost(self, message: Message) -> None:
        """It does not come back."""
        if isinstance(message, Transcript | StageFailed):
            self.lost.add(_key(message))

    def why_lost(self, frame: int) -> str:
        """What may have lost a word that was said in this frame; "": nothing."""
        pieces = {key: piece for key, piece in self._pieces.items() if frame in piece.frames}
        if not pieces and not self._echoes.isdisjoint(range(frame - _NEAR_FRAMES, frame + _NEAR_FRAMES)):
            return "taken for echo"
        if self.lossless:
            return ""
        return next(filter(None, (self._why_late(key, piece) for key, piece in pieces.items() if piece.late)), "")

    def _why_late(self, key: tuple[int, int], piece: Piece) -> str:
        if piece.frames in self.failed:
            return "the recogniser failed"
        if key in self.lost:
            return "its reply was lost"
        for kind in ("redis", "asr worker"):
            if self.troubles.near(piece.sent_at_s, _WAITED_FOR_S, WELL_AGAIN_S, kind):
                return f"too late, near trouble: {kind}"
        return ""


def _key(message: Message) -> tuple[int, int]:
    return message.head.turn, message.head.seq
