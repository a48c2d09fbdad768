"""The hold: the caller's voice while a turn is unfinished, undecided whether it is an interruption (R4).

A hold can be taken back, so it begins at once; the evidence that makes it *final* is slow:
words, a key, or voice as loud as the caller's own that lasts. It goes back (*resume*) when
the voice ended without words, or with a backchannel or a duplicate, or when nobody can tell.

A voice over a reply that sounded, on average much softer than the caller's, is a radio, or somebody else in the
room: its words count for nothing, unless they ask the bot to stop. So the bot waits for them no longer than for
a word: what the voice goes on to say, in whatever pieces, prolongs nothing. Over nothing it is a caller who turned away.

The functions decide; the machine carries out.
"""

from dataclasses import dataclass, field
from enum import Enum

from gateway.turn.utterance import Loudness, Piece, Utterance
from gateway.turn.words import Sense

UNDECIDED_S = 2.0
"""Silence after which an undecided hold is taken back."""
LIMIT_S = 6.0
"""A hold lasts no longer."""
SOFT_S = 1.5
"""That of a voice too soft to be the caller's lasts no longer: a call to stop is all that could count, and it counts when it comes late."""
PROBE_FRAMES = 60
"""Voice that lasts is probed every 1.2 s."""
FREE_HOLDS = 3
"""After so many holds of one reply only final evidence stops it."""
COUNTS_AS_HEARD_S = 0.3
"""An unheard rest of a complete reply this short counts as heard."""
OWN_LEVEL_RATIO = 10 ** (-10 / 20)
"""Voice within 10 dB of the caller's own level is the caller's."""
OWN_LEVEL_FRAMES = 50
"""Voice of the caller's that must be known (1 s) before levels are compared."""


class Verdict(Enum):
    """What becomes of a hold."""

    WAIT = "wait"
    FINAL = "final"
    RESUME = "resume"


@dataclass(slots=True, eq=False)
class Hold:
    """One hold of one turn."""

    turn: int
    utterance: Utterance
    """The floor whose voice it is; becomes the next turn's if the hold is final."""
    since: float
    start: int
    """First frame of its sound, pre-roll included."""
    heard: bool
    """Whether the caller had heard any of the reply."""
    sounding: bool
    """Whether the bot sounded as it began."""
    stopped: bool
    """Whether sound was stopped; False while the bot was thinking, or if ``quiet``."""
    quiet: bool
    """The bot speaks on: more quietly (mode ``duck``), or the reply was held too often to be stopped without final evidence."""
    gap_frames: int
    """Silence before its voice."""
    loudness: Loudness = field(default_factory=Loudness)
    """Of all of its voice."""
    loud_frames: int = 0
    """Voiced frames as loud as the caller's own voice, since it paused last."""
    silent_since: float | None = None
    ended: bool = False
    """Whether the floor ended: 0.7 s of silence."""
    end: int = 0
    """First frame after its sound, once the floor ended."""
    probed_frames: int = 0
    """Voiced frames up to the last probe."""
    probes: list[Piece] = field(default_factory=list)
    lasting: Piece | None = None
    """The last probe that was taken since the voice lasted."""

    def covering(self) -> Piece | None:
        """The probe that covers the whole voice, if there is one."""
        return next((probe for probe in reversed(self.probes) if probe.end >= self.end), None)

    def times_out_at(self, *, soft: bool) -> float:
        """When nobody can tell any more; ``soft``: whether its voice is too soft to be the caller's."""
        limit = self.since + (SOFT_S if soft else LIMIT_S)
        return limit if self.silent_since is None else min(limit, self.silent_since + UNDECIDED_S)


def judge_words(hold: Hold, probe: Piece, sense: Sense, *, duplicate: bool, voice_end: int) -> Verdict:
    """What a probe's words say of a hold whose voice, so far, lasts to frame ``voice_end``.

    Without words it goes back if there was no voice since, or if the voice lasted for the whole
    time of a probe and lasts. A nod goes back only if the floor ended behind it.
    """
    covers = probe.end >= voice_end
    if sense is Sense.EMPTY:
        lasting = probe is hold.lasting and not hold.ended
        return Verdict.RESUME if covers or lasting else Verdict.WAIT
    if duplicate or (sense is Sense.BACKCHANNEL and hold.heard):
        return Verdict.RESUME if covers and hold.ended else Verdict.WAIT
    return Verdict.FINAL


def judge_length(hold: Hold, final_frames: int) -> Verdict:
    """What the length of the voice says: nothing before any of the reply was heard.

    After a final by length that brought no words only phrases sound until words came, and length never stops those (R10).
    """
    lasting = hold.loud_frames >= final_frames
    return Verdict.FINAL if lasting and hold.heard else Verdict.WAIT


def is_callers_own(voice: Loudness, own: Loudness) -> bool:
    """Whether ``voice`` may be the caller's, whose voice so far was as loud as ``own``."""
    return own.frames < OWN_LEVEL_FRAMES or voice.level_sum * own.frames >= OWN_LEVEL_RATIO * own.level_sum * voice.frames
