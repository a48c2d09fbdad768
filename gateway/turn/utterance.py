"""What the caller said: an utterance, in pieces whose words come back one by one (R5, R6).

An utterance is usually one piece of sound that is whole. It has more when it was cut for
length, when it carries what a superseded turn had (R5), or when keys were pressed. The texts
of all pieces, joined in order, are the caller's words; a failed piece counts as empty.
"""

from dataclasses import dataclass, field
from itertools import groupby

from common.messages import Piece as PieceKind
from gateway.turn.words import join

SHORT_VOICED_FRAMES = 15
"""Speech under 0.3 s is answered if it has words, and never asked to be repeated (S2); nods are seldom longer."""
_BEHIND = 1 << 62
"""A frame later than any of a call's."""


@dataclass(slots=True)
class Loudness:
    """How loud a voice is on average: the levels (RMS) of its frames, added up."""

    level_sum: int = 0
    frames: int = 0

    def add(self, level_sum: int, frames: int = 1) -> None:
        """Count more frames of it."""
        self.level_sum += level_sum
        self.frames += frames


@dataclass(slots=True, eq=False)
class Piece:
    """A stretch of the caller's sound, or text from elsewhere (keys, a text that is carried)."""

    seq: int
    """Number of the piece in this call; transcripts come back under it."""
    utterance: int
    kind: PieceKind
    start: int = 0
    end: int = 0
    text: str | None = None
    """Its words; None until they are known."""
    keys: bool = False
    """Whether its text is keys that were pressed."""
    asr_ms: int = 0
    """How long the recogniser took for it."""
    onset_at: float = 0.0
    """When the voice began that it is of."""
    over_reply: bool = False
    """Whether the caller had heard some of the reply before: then a nod says nothing."""
    soft: bool = False
    """Whether its voice, over a reply that sounded, is too soft to be the caller's: then only a stop-word says anything (R4)."""
    brief: bool = False
    """Whether its voice is no longer than a nod's."""

    @property
    def known(self) -> bool:
        """Whether its words are known."""
        return self.text is not None

    @property
    def words(self) -> str:
        """Its words as far as they are known."""
        return self.text or ""


@dataclass(slots=True, eq=False)
class Utterance:
    """One floor of the caller's, and what is carried in front of it."""

    number: int
    began_at: float
    """First onset of everything carried: ``MAX_TURN_SEC`` counts from it."""
    onset_at: float
    pieces: list[Piece] = field(default_factory=list)
    voiced: int = 0
    """Voiced frames, carried ones included unless they were short."""
    loudness: Loudness = field(default_factory=Loudness)
    """Of the voiced frames of this floor."""
    ended_at: float = 0.0
    """When it ended, once it is not open any more."""
    silence_frames: int = 0
    """Silence that ended it, if it ended by itself."""
    draft: Piece | None = None
    """All that is not closed yet, published at a pause after which no voice came so far."""
    seen: str = ""
    """Words of a look that the voice went on behind: who hangs up now said at least these."""
    drafts: int = 0
    """Drafts of it that a model may have answered, in all turns (R6)."""
    over_bot: bool = False
    """Whether it began over the bot, which spoke on to its end: a nod says nothing."""
    looks: int = 0
    """Pauses at which its words were asked for."""

    @property
    def text(self) -> str | None:
        """The caller's words; None until all pieces are known."""
        if not all(piece.known for piece in self.pieces):
            return None
        return self._words()

    @property
    def known_text(self) -> str:
        """Its words as far as they are known."""
        return join(self._words(), self.seen if self.draft is None or not self.draft.known else self.draft.words)

    def _words(self) -> str:
        """Keys that only a cough stands between are one number."""
        spoken = [piece for piece in self.pieces if piece.text]
        runs = groupby(spoken, key=lambda piece: "keys" if piece.keys else piece.seq)
        return join(*("".join(piece.words for piece in run) for _, run in runs))

    def has(self, piece: Piece) -> bool:
        """Whether ``piece`` is of this utterance."""
        return piece is self.draft or piece in self.pieces

    def text_with(self, draft: Piece) -> str | None:
        """The words up to the pause that is now; None if they are not known."""
        known = self.text
        return None if known is None or draft.text is None else join(known, draft.text)

    @property
    def keys(self) -> str:
        """The keys that were pressed, and wait to be whole."""
        return "".join(piece.words for piece in self.pieces if piece.keys)

    @property
    def by_keys(self) -> bool:
        """Whether it is keys, and nothing else yet but short sounds between them."""
        return bool(self.keys) and all(piece.keys or piece.kind == "probe" for piece in self.pieces)

    @property
    def short(self) -> bool:
        """Whether it is so short that silence in return is right if it has no words."""
        return self.voiced < SHORT_VOICED_FRAMES

    @property
    def brief(self) -> bool:
        """Whether it is no longer than a nod."""
        return self.voiced <= SHORT_VOICED_FRAMES

    @property
    def only_probes(self) -> bool:
        """Whether nothing but short sounds is in it."""
        return self.short and all(piece.kind == "probe" for piece in self.pieces)

    def carry(self, other: "Utterance") -> None:
        """Put what ``other`` said in front (R5)."""
        self.began_at = other.began_at
        self.voiced += 0 if other.short else other.voiced
        self.drafts += other.drafts
        self.looks += other.looks
        self.pieces = _in_order(other.pieces + self.pieces)

    def add_text(self, seq: int, text: str, sound: Piece | None = None) -> Piece:
        """Add words that are known: behind what was said of this utterance, or where their ``sound`` was said, in an earlier one too."""
        number, start = (self.number, _BEHIND) if sound is None else (sound.utterance, sound.start)
        piece = Piece(seq, number, "segment", start, text=text)
        self.pieces = _in_order([*self.pieces, piece])
        return piece

    def forget_empty(self) -> None:
        """Drop pieces that turned out to have no words."""
        self.pieces = [piece for piece in self.pieces if piece.text != ""]

    def forget_unknown(self) -> None:
        """Wait for no piece any longer; words that come yet are late words (R4)."""
        self.pieces = [piece for piece in self.pieces if piece.known]


def _in_order(pieces: list[Piece]) -> list[Piece]:
    """Pieces in the order in which they were said: utterances are numbered in it."""
    return sorted(pieces, key=lambda piece: (piece.utterance, piece.start))
