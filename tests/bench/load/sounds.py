"""What a caller's ear makes of a frame of the tone voice (sans-I/O): which sentence begins with it, and whether it ends aloud.

The voice always sounds alike (``tts_worker.tones``): the first frame of a sentence is the same bytes each time, and the last one fades
out. So nothing has to be believed of the gateway: not that what sounds is the answer, nor that a sentence is over. Fixed phrases are
spoken by the same voice, in a turn 0 of their own. A sentence that goes on in its middle has no beginning.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cache

from common.audio import FRAME_BYTES, mulaw_to_pcm, rms
from tts_worker.tones import SENTENCES_HZ, TURNS_HZ, tone

ANSWER, FILLER = 0, 2
"""Sentence numbers: an answer's first one, and of the fixed phrases the filler (``common.config``)."""
_LENGTH_MS = 60
_KEY = FRAME_BYTES // 3 * 4
"""So many characters say which frame it is."""
_TAIL = 12
"""Characters of base64 at the end, padding included: some 8 samples, a millisecond."""
_LOUD = 1200
"""The end of a millisecond within a tone has 2,900 at least, of one that fades out 500 at most."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Which sentence begins."""

    turn: int
    """Mod 16; 0 for a fixed phrase, too, of which none is number 0 here but the greeting."""
    sentence: int

    @property
    def is_answer(self) -> bool:
        """Of a reply it is the first sentence that comes first."""
        return self.sentence == ANSWER

    @property
    def is_phrase(self) -> bool:
        """One of the fixed phrases, or what is not told from them: a later sentence of each sixteenth reply."""
        return self.turn == 0 and not self.is_answer


def beginning(payload: str) -> Beginning | None:
    """What begins with this frame, in base64; None: nothing does."""
    return _beginnings().get(payload[:_KEY])


def first_frame(turn: int, sentence: int) -> str:
    """The frame with which it begins, in base64."""
    return b64encode(tone(turn, sentence, _LENGTH_MS)[:FRAME_BYTES]).decode()


@cache
def _beginnings() -> dict[str, Beginning]:
    every = [Beginning(turn, sentence) for turn in range(len(TURNS_HZ)) for sentence in range(len(SENTENCES_HZ))]
    return {first_frame(each.turn, each.sentence)[:_KEY]: each for each in every}


def ends_aloud(payload: str) -> bool:
    """Whether more of the sound has to come."""
    return rms(mulaw_to_pcm(b64decode(payload[-_TAIL:]))) > _LOUD
