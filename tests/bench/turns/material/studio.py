"""What one half of the material is made of: its speakers' voices, its callers, its music.

A speaker calls as three callers, each with a level, a line and a first utterance of its own. The first utterance is
said at the same moment of every call, so a recogniser meets the same sound again and can remember it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from common.audio import SAMPLE_RATE_HZ
from tests.bench.phone_line import mulaw
from tests.bench.turns.material.sound import Samples, Sound
from tests.bench.turns.material.sources import SEED, Voice
from tests.bench.turns.material.speakers import Speaker

CALLERS = ((-20, 10), (-24, 25), (-28, 6))
"""Level of the voice in dBFS (RMS while it is no pause), and RMS of the line's noise."""
_FIRST_S = 1.8
"""About how long a first utterance is: the bot knows the caller's level then."""
_LINE_S = 2


@dataclass(frozen=True, slots=True)
class Caller:
    """A speaker on a line."""

    speaker: Speaker
    number: int
    level_dbfs: float
    noise_rms: float

    @property
    def line(self) -> bytes:
        """Two seconds of its line's noise."""
        noise = np.random.default_rng(random.Random(f"{SEED} {self.speaker.key} {self.number}").randrange(2**32))
        return mulaw(noise.normal(0, self.noise_rms, _LINE_S * SAMPLE_RATE_HZ))


class Studio:
    """The voices of one half, and its music."""

    def __init__(self, voices: Mapping[Speaker, Voice], cast: Sequence[Speaker], tracks: Sequence[Samples]) -> None:
        self._voices = voices
        self.cast = cast
        """Who makes the events, by turns; some more often."""
        self.tracks = tracks
        self._others: dict[str, list[Sound]] = {}

    def voice(self, speaker: Speaker) -> Voice:
        """What can be had of a speaker."""
        return self._voices[speaker]

    def caller(self, speaker: Speaker, number: int) -> Caller:
        """One of the three callers that a speaker is."""
        place = number % len(CALLERS)
        return Caller(speaker, place, *CALLERS[place])

    def first_utterance(self, caller: Caller) -> Sound:
        """What the caller always says first: a whole sentence, where one is known."""
        phrases = self._voices[caller.speaker].phrases
        return sorted(phrases, key=lambda sound: (not _is_whole(sound.text), abs(sound.voice_s - _FIRST_S)))[caller.number]

    def phrases_of_others(self, speaker: Speaker) -> list[Sound]:
        """Whatever other people of this half said, mixed."""
        if speaker.who not in self._others:
            others = [voice for other, voice in self._voices.items() if other.who != speaker.who]
            sounds = [sound for voice in others for sound in voice.phrases]
            self._others[speaker.who] = random.Random(f"{SEED} {speaker.who}").sample(sounds, len(sounds))
        return self._others[speaker.who]


def _is_whole(text: str) -> bool:
    """Whether it is a sentence by its marks: many prompts are the beginning or the end of one."""
    return text.endswith((".", "!", "?")) and not text.endswith("..") and not text.startswith(".")
