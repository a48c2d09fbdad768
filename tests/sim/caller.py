"""A random caller: talks, pauses, nods, coughs, interrupts, repeats, presses keys, and at last says nothing more.

Each word is a token of its own at a known place, so that a recogniser can be played (``text``)
and every word be followed to the turn that answers it.
"""

import random
from dataclasses import dataclass, field

from gateway.turn.events import FrameHeard
from gateway.turn.machine import BotState
from tests.sim.vocabulary import NOD, SAYINGS, WHAT

_VOICE_LEVEL = 1200
_DIP_LEVEL = 300
_NOISE_LEVEL = 20
_SAYING, _MERE_SAYING = 0.3, 0.15
"""Chance that an utterance ends with a saying of the language, and that it is nothing else."""

_KINDS = {
    BotState.LISTENING: {
        "utterance": 40,
        "hanging": 12,
        "thanks": 10,
        "what": 5,
        "short": 10,
        "nod": 5,
        "cough": 10,
        "repeat": 45,
        "long": 3,
    },
    BotState.THINKING: {"utterance": 40, "hanging": 5, "what": 3, "short": 10, "nod": 15, "cough": 25, "repeat": 7, "long": 3},
    BotState.SPEAKING: {"utterance": 25, "hanging": 3, "what": 5, "short": 8, "nod": 25, "cough": 30, "repeat": 10, "long": 2},
}
_EAGERNESS = {BotState.LISTENING: 1 / 60, BotState.THINKING: 1 / 150, BotState.SPEAKING: 1 / 150}


@dataclass(slots=True)
class Voice:
    """One stretch of the caller's voice, planned frame by frame: level, 0 is silence."""

    kind: str
    levels: list[int] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)
    """Places, counted from its first frame, and words."""

    def say(self, word: str, frames: int) -> None:
        """Add a word."""
        self.words.append((len(self.levels) + frames // 2, word))
        self.levels += [_VOICE_LEVEL] * frames + [_DIP_LEVEL]

    def sound(self, frames: int) -> None:
        """Add voice without words."""
        self.levels += [_VOICE_LEVEL] * frames

    def mutter(self, frames: int) -> None:
        """Add voice without words that is not as loud as the caller's own."""
        self.levels += [_DIP_LEVEL] * frames

    def soften(self) -> None:
        """Say all of it as who turned away from the phone."""
        self.levels = [min(level, _DIP_LEVEL) for level in self.levels]

    def pause(self, frames: int) -> None:
        """Add silence."""
        self.levels += [0] * frames


class Caller:
    """Who calls; ``frame`` is asked every 20 ms."""

    def __init__(self, rng: random.Random, talks_for: int, detector_errs: float = 0.0, *, talks: bool = True) -> None:
        self.words: list[tuple[int, str, str]] = []
        """Frame, word, kind of the voice that it belongs to."""
        self.frames = 0
        self.detector_errors = 0
        self._rng = rng
        self._talks_for = talks_for
        self._errs = detector_errs
        self._talks = talks
        """Whether anything is said by itself, beside a situation's habits."""
        self._plan: list[int] = []
        self._at = 0
        self._number = 0
        self._last: list[str] = []
        self._shy_until = 0
        self._keys_left = 0

    def frame(self, state: BotState) -> tuple[FrameHeard, str]:
        """The next 20 ms, and a key if one is pressed."""
        key = self._key() if self._keys_left and self._rng.random() < 0.06 else ""
        if not key and self._at >= len(self._plan):
            key = self._decide(state)
        level = self._plan[self._at] if self._at < len(self._plan) else 0
        self._at += 1
        self.frames += 1
        wrong = self._rng.random() < (self._errs if level else self._errs / 4)
        self.detector_errors += wrong
        speech = bool(level) is not wrong
        return FrameHeard(speech, level or _NOISE_LEVEL), key

    def text(self, start: int, end: int) -> str:
        """What a recogniser makes of frames ``start`` to ``end``."""
        return " ".join(word for at, word, _ in self.words if start <= at < end)

    def _key(self) -> str:
        self._keys_left = max(0, self._keys_left - 1)
        return self._rng.choice("0123456789*#")

    def _decide(self, state: BotState) -> str:
        chance = self._rng.random()
        if not self._talks or self.done or self.frames < self._shy_until or chance >= _EAGERNESS[state]:
            return ""
        if self._rng.random() < 0.05:
            self._keys_left = self._rng.choice((0, 0, 3, 8))
            return self._key()
        if self._rng.random() < 0.05:
            self._shy_until = self.frames + self._rng.randint(100, 600)
        self.begin(self._voice(_KINDS[state]))
        return ""

    def begin(self, voice: Voice) -> None:
        """Say this now, whatever was planned."""
        self._plan, self._at = voice.levels, 0
        self.words += [(self.frames + at, word, voice.kind) for at, word in voice.words]

    def talk_for(self, frames: int) -> None:
        """Say nothing more only after so many frames."""
        self._talks_for = frames

    @property
    def done(self) -> bool:
        """Whether the caller says nothing more."""
        return self.frames >= self._talks_for

    @property
    def silent(self) -> bool:
        """Whether nothing is planned, though the caller still talks now and then."""
        return self._at >= len(self._plan) and not self.done

    @property
    def last_words(self) -> list[str]:
        """Of the last utterance."""
        return self._last

    def _voice(self, odds: dict[str, int]) -> Voice:
        rng = self._rng
        kind = rng.choices(tuple(odds), tuple(odds.values()))[0]
        voice = Voice(kind)
        match kind:
            case "nod":
                voice.say(NOD, rng.randint(8, 22))
            case "cough":
                voice.sound(rng.randint(3, 45))
            case "short":
                voice.say(self.new_word(), rng.randint(6, 12))
            case "what":
                voice.say(WHAT, rng.randint(10, 25))
            case "repeat":
                self._say_words(voice, self._last)
            case _:
                self.new_words(rng.randint(20, 90) if kind == "long" else rng.randint(1, 6))
                if rng.random() < _SAYING:
                    self._last = [*(() if rng.random() < _MERE_SAYING / _SAYING else self._last), rng.choice(SAYINGS)]
                self._say_words(voice, self._last)
        return voice

    def _say_words(self, voice: Voice, words: list[str]) -> None:
        for word in words:
            voice.say(word, self._rng.randint(9, 22))
            if self._rng.random() < 0.25:
                voice.pause(self._rng.randint(5, 45))

    def new_words(self, count: int) -> list[str]:
        """An utterance that was never said."""
        self._last = [self.new_word() for _ in range(count)]
        return self._last

    def new_word(self) -> str:
        """One that was never said."""
        self._number += 1
        return f"w{self._number}"
