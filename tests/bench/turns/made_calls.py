"""Calls made by hand, to score: a caller's sound that begins at 10 s, and a bot that does as it is told."""

from collections.abc import Sequence

from tests.bench.phone_line import PhoneLine
from tests.bench.turns.outcome import Commit, Heard, Outcome, Piece, Played, Reply
from tests.bench.turns.scene import After, Cue, Kind, Scene

AT_S = 10.0
VOICE_S = 1.5


def scene(
    kind: Kind,
    *,
    voice_s: float = VOICE_S,
    pauses: Sequence[tuple[float, float]] = (),
    name: str = "",
    half: str = "tuning",
    text: str = "",
) -> Scene:
    """One call with one sound, all of which is voice."""
    name = name or f"en/{kind}/1"
    cue = Cue(name, kind, bytes(round(voice_s * 50) * 160), After.BOT_BEGINS, 1.0, (0.0, voice_s), tuple(pauses), text)
    echo = PhoneLine(0.1, 30.0, (1.0,), 20.0, 30.0) if kind is Kind.ECHO else None
    return Scene(name, "en", "held-out" if half == "held-out" else "tuning", True, (cue,), bytes(160), echo)


def outcome(
    of: Scene,
    heard: Sequence[Heard] = (),
    *,
    commits: Sequence[float] = (),
    clears: Sequence[float] = (),
    onsets: Sequence[float] = (),
    holds: Sequence[tuple[float, float, str]] = (),
    replies: Sequence[Reply] = (),
    pieces: Sequence[Piece] = (),
    again_s: float | None = None,
    again: Kind = Kind.INTERRUPTION,
    words: str = "words",
    length_s: float = 60.0,
    meets: bool = True,
) -> Outcome:
    """What came of it; ``again_s``: when the caller's next sound began; ``meets``: whether what the sound waited for came."""
    cue = of.cues[0]
    played = [Played(cue.name, cue.kind, AT_S)] if meets else []
    if again_s is not None:
        played.append(Played(cue.name, again, again_s))
    return Outcome(
        scene=of.name,
        played=tuple(played),
        heard=tuple(heard),
        commits=tuple(Commit(at, 1, words) for at in commits),
        clears_s=tuple(clears),
        onsets_s=tuple(onsets),
        holds=tuple(holds),
        replies=tuple(replies),
        pieces=tuple(pieces),
        events=(),
        length_s=length_s,
    )


def says(begin_s: float, end_s: float, *, offset: int = 0, turn: int = 1) -> Heard:
    """The bot's reply, heard without a break."""
    return Heard(begin_s, end_s, turn, "reply", offset)
