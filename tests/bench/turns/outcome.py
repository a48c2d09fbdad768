"""What was measured in one call: what the wire said, and what the core decided. No logic.

Times are in seconds from the begin of the call's first frame, on the provider's side of the wire: the caller's
frame n sounds from n * 20 ms on and arrives when it is over; the bot's frame is heard from when the provider plays it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bench.turns.scene import Kind

HeardKind = Literal["reply", "filler", "reprompt", "fallback", "goodbye", "beep"]


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of the bot's sound that the caller heard without a break."""

    start_s: float
    end_s: float
    turn: int
    kind: HeardKind
    offset: int
    """Its first byte, counted in all sound of the turn's reply, or of the phrase."""
    ducked_s: float = 0.0
    """How much of it was quieter (mode ``duck``)."""


@dataclass(frozen=True, slots=True)
class Played:
    """A cue as it was played; one that is missing had no occasion."""

    cue: str
    kind: Kind
    start_s: float
    """Of its sound; its voice is ``Cue.voice_s`` later."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A turn was committed: the caller's words were taken for all."""

    at_s: float
    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A turn, and the reply that was planned for it."""

    turn: int
    sound_bytes: int
    """Of all that it has to say; 0: no model was asked."""
    ended: str
    """How the turn ended (R1)."""
    ended_s: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the caller's sound that went to the recogniser."""

    at_s: float
    """When it was published."""
    turn: int
    kind: Literal["whole", "segment", "probe"]
    start: int
    """First frame of the caller's line, from 0."""
    end: int
    """First frame behind it."""
    text: str | None = None
    """The words that came back; None: none did before the call was over."""
    known_at_s: float | None = None
    """When they came."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of one call."""

    scene: str
    played: tuple[Played, ...]
    heard: tuple[Heard, ...]
    commits: tuple[Commit, ...]
    clears_s: tuple[float, ...]
    """When the provider was told to forget what it had not played."""
    onsets_s: tuple[float, ...]
    """When the caller's voice was found to have begun, on a floor that was free."""
    holds: tuple[tuple[float, float, str], ...]
    """Start, end, and what became of it: ``final``, ``resumed`` (the bot goes on, whether it was silent or not), or ``over``: the held
    turn, or the call, ended by itself."""
    replies: tuple[Reply, ...]
    pieces: tuple[Piece, ...]
    events: tuple[tuple[float, str], ...]
    """The gateway's EVENT lines, without head, and what it logged as a warning."""
    length_s: float
    record: Path | None = None
    """For ``tools.timeline``, where one was asked for."""
