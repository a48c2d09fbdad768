"""What the caller heard, told by the bytes that the provider played (sans-I/O).

Every 20 ms that the bot may say differ from every other (``stage_voice.py``), so a frame says itself which turn it is of, and
where in its reply it stands. A stretch ends where there is a gap of 20 ms, or where something else goes on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from common.audio import FRAME_BYTES, SAMPLE_RATE_HZ, SILENCE_BYTE, attenuation
from gateway.playout import DUCK_DB
from tests.bench.turns.outcome import Heard, HeardKind
from tests.bench.turns.stage_voice import Sound

FRAME_S = FRAME_BYTES / SAMPLE_RATE_HZ
_NO_GAP_S = 0.0199
_QUIETER = attenuation(DUCK_DB)


@dataclass(slots=True)
class _Stretch:
    start_s: float
    end_s: float
    turn: int
    kind: HeardKind
    offset: int
    next_offset: int
    ducked_frames: int = 0

    @property
    def told(self) -> Heard:
        ducked_s = round(self.ducked_frames * FRAME_S, 6)
        return Heard(self.start_s, self.end_s, self.turn, self.kind, self.offset, ducked_s)


class Hearing:
    """The caller's ear."""

    def __init__(self, repertoire: Callable[[], Iterable[Sound]]) -> None:
        """``repertoire``: all that may be heard by now."""
        self._repertoire = repertoire
        self._stretches: list[_Stretch] = []
        self._sound: Sound | None = None
        self._at = 0
        """Where in it the next frame would be."""

    @property
    def heard(self) -> tuple[Heard, ...]:
        """All of it, in order."""
        return tuple(
            Heard(each.start_s, each.end_s, each.turn, each.kind, each.offset, round(each.ducked_frames * FRAME_S, 6))
            for each in self._stretches
        )

    def reply_since(self, moment_s: float) -> float | None:
        """When the first frame of a reply was heard that did not begin before ``moment_s``; None: none was."""
        for stretch in self._stretches:
            if stretch.kind == "reply" and stretch.end_s - FRAME_S >= moment_s:
                return max(stretch.start_s, moment_s)
        return None

    @property
    def silent_since_s(self) -> float:
        """The end of what was heard last."""
        return self._stretches[-1].end_s if self._stretches else 0.0

    def play(self, frame: bytes, start_s: float, turn: int) -> None:
        """The provider plays a frame; ``turn`` was the current one when it came, for phrases that are of any.

        Raises:
            LookupError: nothing that the bot was given to say has this frame.
        """
        ducked = self._find(frame)
        sound = self._sound
        assert sound is not None, "it was found"
        offset = sound.offset + self._at
        turn = turn if sound.turn is None else sound.turn
        last = self._stretches[-1] if self._stretches else None
        goes_on = last is not None and (last.turn, last.kind, last.next_offset) == (turn, sound.kind, offset)
        if last is None or not goes_on or start_s - last.end_s > _NO_GAP_S:
            last = _Stretch(start_s, start_s, turn, sound.kind, offset, offset)
            self._stretches.append(last)
        self._at = min(self._at + FRAME_BYTES, len(sound.sound))
        last.end_s, last.next_offset = round(start_s + FRAME_S, 6), sound.offset + self._at
        last.ducked_frames += ducked

    def _find(self, frame: bytes) -> bool:
        """Note where the frame is; whether it is quieter than it was given."""
        if self._sound is not None and (rest := self._sound.sound[self._at : self._at + FRAME_BYTES]):
            expected = rest.ljust(FRAME_BYTES, bytes([SILENCE_BYTE]))
            if frame in (expected, expected.translate(_QUIETER)):
                return frame != expected
        for table in (bytes(range(256)), _QUIETER):
            for sound in self._repertoire():
                at = sound.sound.translate(table).find(frame)
                if at >= 0:
                    self._sound, self._at = sound, at
                    return table is _QUIETER
        raise LookupError("a frame was heard that is of nothing that the bot has to say")
