"""Small scenes of the recordings in ``tests/data/callers``, for tests of the stage."""

from collections.abc import Sequence

import numpy as np

from common.audio import FRAME_BYTES, silence
from tests.bench.phone_line import PhoneLine, mulaw, voices
from tests.bench.turns.scene import After, Cue, Kind, Scene

QUESTION = "medium_en_demo-nomatch.wav"
ORDER = "short_en_please-try-again.wav"
_TAIL_MS = 100


def line(rms: float = 6.0, seconds: float = 4.0) -> bytes:
    """A quiet line's noise."""
    return mulaw(np.random.default_rng(7).normal(0, rms, round(seconds * 50) * FRAME_BYTES))


def said(recording: str, kind: Kind, after: After = After.START, delay_s: float = 1.0, longest_s: float = 30.0) -> Cue:
    """A recording's voice as a cue."""
    voice = mulaw(voices()[recording][: round(longest_s * 8000)])
    return Cue(f"{kind}/{recording}", kind, _whole_frames(voice), after, delay_s, (0.0, len(voice) / 8000), text=recording)


def _whole_frames(sound: bytes) -> bytes:
    padded = sound + silence(_TAIL_MS)
    return padded[: len(padded) // FRAME_BYTES * FRAME_BYTES]


def scene(*cues: Cue, name: str = "test", language: str = "en", echo: PhoneLine | None = None) -> Scene:
    """A call of these cues."""
    return Scene(name, language, "tuning", language in ("en", "he"), tuple(cues), line(), echo)


def over_the_bot(*events: Cue, name: str = "test") -> Scene:
    """A question, and then these events."""
    return scene(said(QUESTION, Kind.UTTERANCE), *events, name=name)


class TableEar:
    """Words by the length of the sound: what is shorter than each limit."""

    def __init__(self, table: Sequence[tuple[float, str]] = ((99.0, "please open the door now."),)) -> None:
        self._table = table
        self.asked: list[tuple[float, str]] = []
        """Length of each piece in seconds, and its language."""

    def words(self, sound: bytes, language: str) -> str:
        """Those of the first limit that is long enough."""
        self.asked.append((len(sound) / 8000, language))
        return next(words for limit_s, words in self._table if len(sound) / 8000 < limit_s)
