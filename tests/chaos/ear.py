"""The caller's ear: which sentence of which turn is heard, while the call goes on.

The pitches are those of ``tts_worker.tones``. The fixed phrases are spoken by the same voice, in a turn 0 of their own; calls here are
too short for a sixteenth turn, which would sound alike.
"""

from collections import Counter

from common.audio import BYTES_PER_MS
from tests.chaos.hands import HANDS, SENTENCES
from tts_worker.tones import STEP_MS, WINDOW_MS, HeardTone, heard_tones, windows_in

_SETTINGS_PHRASES = ("greeting", "repeat", "filler", "fallback", "still_there", "goodbye", "still_working")
_AGENT_PHRASES = ("unanswered", "looks_up")
PHRASES = dict(enumerate(_SETTINGS_PHRASES)) | dict(enumerate(_AGENT_PHRASES, 2 * len(_SETTINGS_PHRASES)))
"""By their sentence number: those of the settings, which are made in two languages; then what the agent has besides."""
_EVERY_MS = 100
SLACK_MS = 200
"""By which a sentence may seem shorter, or longer, than it is."""


def phrase_of(tone: HeardTone) -> str:
    """The fixed phrase that it is; "" if it is a reply's sentence, or the beep."""
    if tone.is_beep or tone.turn != 0:
        return ""
    return PHRASES.get(tone.sentence, "?")


def sentence_of(tone: HeardTone) -> int:
    """Which sentence of its reply it is, whoever made it."""
    return tone.sentence % SENTENCES


def hand_of(tone: HeardTone) -> int:
    """Whose words they are."""
    return tone.sentence // SENTENCES % len(HANDS)


def voice_of(tone: HeardTone) -> int:
    """Who sings it."""
    return tone.sentence // SENTENCES // len(HANDS)


class LiveEar:
    """Hears a track that grows, each stretch of it once: that the callers' own process is at ease is part of the judge's patience."""

    def __init__(self, track: bytearray) -> None:
        self._track = track
        self._at = 0
        """Where it listens next."""
        self._heard_ms = Counter[int]()

    def forget(self) -> None:
        """What was heard until now does not count."""
        self._at = len(self._track)
        self._heard_ms.clear()

    def heard_ms(self, sentence: int) -> int:
        """How much of a reply's sentence was heard since ``forget``."""
        return self._heard_ms[sentence]

    def news(self) -> list[HeardTone]:
        """What was heard since the last time."""
        if len(self._track) - self._at < (WINDOW_MS + _EVERY_MS) * BYTES_PER_MS:
            return []
        unheard = bytes(self._track[self._at :])
        tones = heard_tones(unheard)
        self._at += windows_in(unheard) * STEP_MS * BYTES_PER_MS
        for tone in tones:
            if not tone.is_beep and not phrase_of(tone):
                self._heard_ms[sentence_of(tone)] += tone.end_ms - tone.start_ms
        return tones


def is_whole(heard_ms: int, length_ms: int) -> bool:
    """Whether so much is all of a sentence, for an ear that hears in windows of 100 ms."""
    return heard_ms >= length_ms - SLACK_MS
