"""What was on the wire when: the bot's sound in stretches, and its silences.

All times are seconds from the call's first frame. The bot speaks while the caller hears any frame of it, quiet or loud, phrase or reply.
"""

from collections.abc import Iterable, Iterator, Sequence

from tests.bench.turns.outcome import Heard, Outcome, Played
from tests.bench.turns.scene import Cue, Kind, Scene

FRAME_S = 0.02
SILENT_S = 0.2
"""Without the bot's sound for so long, it does not speak: the published benchmarks look at 200 ms at a time."""
_ROUNDING_S = 1e-6

Span = tuple[float, float]


def cues_played(scene: Scene, outcome: Outcome) -> Iterator[tuple[Cue, Played]]:
    """Each cue of the scene that was played, with when."""
    cues = {cue.name: cue for cue in scene.cues}
    for played in outcome.played:
        yield cues[played.cue], played


def spoken_again(outcome: Outcome, played: Played) -> float:
    """When the caller's next sound began; infinity if none did. Nobody speaks where only the bot's echo is listened for."""
    later = (each.start_s for each in outcome.played if each.start_s > played.start_s and each.kind is not Kind.ECHO)
    return min(later, default=float("inf"))


def voice(cue: Cue, played: Played) -> Span:
    """When the caller's voice really began and ended."""
    return played.start_s + cue.voice_s[0], played.start_s + cue.voice_s[1]


def pauses(cue: Cue, played: Played) -> list[Span]:
    """When it paused within."""
    return [(played.start_s + begin, played.start_s + end) for begin, end in cue.pauses_s]


def stretches(heard: Iterable[Heard]) -> list[Span]:
    """The bot's sound, a silence under 200 ms within it included."""
    found: list[Span] = []
    for each in sorted(heard, key=lambda each: each.start_s):
        if found and each.start_s - found[-1][1] < SILENT_S - _ROUNDING_S:
            found[-1] = (found[-1][0], max(found[-1][1], each.end_s))
        else:
            found.append((each.start_s, each.end_s))
    return found


def speaks_at(spans: Sequence[Span], at_s: float) -> bool:
    """Whether the bot's sound is heard at this moment."""
    return any(begin <= at_s < end for begin, end in spans)


def falls_silent(spans: Sequence[Span], begin_s: float, window_s: float) -> float | None:
    """When, within the window, the first 200 ms without the bot's sound began; None if there were none.

    The silence has to lie within the window, as the ticks of 200 ms do that τ-voice looks at.
    """
    at_s, last_s = begin_s, begin_s + window_s - SILENT_S
    while at_s <= last_s + _ROUNDING_S:
        sounding = next(((begin, end) for begin, end in spans if begin < at_s + SILENT_S - _ROUNDING_S and end > at_s + _ROUNDING_S), None)
        if sounding is None:
            return at_s
        at_s = sounding[1]
    return None


def silent_tick(heard: Iterable[Heard], begin_s: float, window_s: float) -> float | None:
    """When the first tick of 200 ms without any of the bot's sound began; the ticks are laid from the begin of the window on."""
    sounding = [(each.start_s + _ROUNDING_S, each.end_s - _ROUNDING_S) for each in heard]
    ticks = [begin_s + number * SILENT_S for number in range(round(window_s / SILENT_S))]
    return next((at_s for at_s in ticks if not any(begin < at_s + SILENT_S and end > at_s for begin, end in sounding)), None)


def first_start(spans: Sequence[Span], begin_s: float, end_s: float) -> float | None:
    """When the bot first began to speak in [begin, end)."""
    return next((begin for begin, _ in spans if begin_s <= begin < end_s), None)
