"""The caller of a scene: cue after cue, each when its occasion has come, over the noise of the line (sans-I/O).

Rules
    A cue waits for its occasion from the end of the voice before it on: the first frame of a reply that is heard since
    then, or the end of a reply. An occasion that does not come ends the call.
    It begins ``delay_s`` later, at the next of ``GRID_FRAMES``, and the line's noise is laid around it from its own first frame on: so a
    piece of the line that holds it is the same to the byte whatever the bot did before, and was read by the recogniser already; and
    a detector that takes windows of another length than a frame meets it at the same place in one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from common.audio import FRAME_BYTES
from tests.bench.phone_line import Samples, mulaw, samples
from tests.bench.turns.outcome import Played
from tests.bench.turns.scene import After, Cue, Kind, Scene
from tests.bench.turns.stage_heard import FRAME_S

GRID_FRAMES = 8
"""160 ms: five windows of silero's."""
TAIL_S = 5.0
"""The call goes on for so long behind the last cue: longer than a commit takes, or a hold after its voice."""
ECHO_TAIL_S = 15.0
"""A bot that nobody interrupts is listened to for longer."""
PATIENCE_S = {After.START: 0.0, After.BOT_BEGINS: 12.0, After.BOT_ENDS: 40.0}
"""How long an occasion is waited for."""

Occasion = Callable[[After, float], float | None]
"""When what is waited for happened, not before the given moment; None: not yet."""
Echo = Callable[[int, int], Samples]


@dataclass(slots=True)
class Caller:
    """One scene's."""

    scene: Scene
    occasion: Occasion
    echo: Echo | None = None
    """What the line returns, from a sample to another."""
    frames: int = 0
    """Of the line, so far."""
    played: list[Played] = field(default_factory=list)
    _cue: int = 0
    _start: int | None = None
    """First frame of that cue, once it is known."""
    _laid_from: int = 0
    """The frame at which the line's noise begins anew."""
    _free_s: float = 0.0
    """End of the last cue's voice."""
    _quiet_s: float = 0.0
    """End of the last cue's sound."""

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        now_s = self.frames * FRAME_S
        if self._cue == len(self.scene.cues):
            return now_s >= self._quiet_s + (ECHO_TAIL_S if self.played[-1].kind is Kind.ECHO else TAIL_S)
        return self._start is None and now_s > self._free_s + PATIENCE_S[self.scene.cues[self._cue].after]

    def next_frame(self) -> tuple[bytes, str]:
        """The next 20 ms of the line, and the key that the provider tells with them."""
        number = self.frames
        self._look_for_occasion(number)
        sounds, key = [self._noise(number)], ""
        cue, start = self._sounding(number)
        if cue is not None:
            at = number - start
            sounds.append(cue.sound[at * FRAME_BYTES : (at + 1) * FRAME_BYTES])
            key = _key(cue, at)
            self._go_on(cue, start, at)
        self.frames += 1
        return self._mixed(sounds, number), key

    def _look_for_occasion(self, number: int) -> None:
        if self._start is not None or self._cue == len(self.scene.cues):
            return
        cue = self.scene.cues[self._cue]
        since_s = self.occasion(cue.after, self._free_s)
        if since_s is not None:
            frame = max(number, math.ceil((since_s + cue.delay_s) / FRAME_S - 1e-6))
            self._start = self._laid_from = -(-frame // GRID_FRAMES) * GRID_FRAMES

    def _sounding(self, number: int) -> tuple[Cue | None, int]:
        if self._start is None or number < self._start:
            return None, 0
        return self.scene.cues[self._cue], self._start

    def _go_on(self, cue: Cue, start: int, at: int) -> None:
        if at == 0:
            self.played.append(Played(cue.name, cue.kind, round(start * FRAME_S, 6)))
        if (at + 1) * FRAME_BYTES >= len(cue.sound):
            self._free_s, self._quiet_s = start * FRAME_S + cue.voice_s[1], (start + at + 1) * FRAME_S
            self._cue, self._start = self._cue + 1, None

    def _noise(self, number: int) -> bytes:
        line = self.scene.line
        at = (number - self._laid_from) * FRAME_BYTES % len(line)
        return line[at : at + FRAME_BYTES]

    def _mixed(self, sounds: list[bytes], number: int) -> bytes:
        if len(sounds) == 1 and self.echo is None:
            return sounds[0]
        mixed = np.sum([samples(sound) for sound in sounds], axis=0)
        if self.echo is not None:
            mixed += self.echo(number * FRAME_BYTES, (number + 1) * FRAME_BYTES)
        return mulaw(mixed)


def _key(cue: Cue, frame: int) -> str:
    """The key that begins in a frame of a cue of keys: they share its voice evenly."""
    if cue.kind is not Kind.DTMF or not cue.text:
        return ""
    begin_s, end_s = cue.voice_s
    begins = [round((begin_s + place * (end_s - begin_s) / len(cue.text)) / FRAME_S) for place in range(len(cue.text))]
    return cue.text[begins.index(frame)] if frame in begins else ""
