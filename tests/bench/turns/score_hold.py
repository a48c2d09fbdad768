"""What the hold promises, beyond the published rules: silence at once, and of a false alarm nothing is left (R4).

::

    bot      ~~~~~~~~~~~~|              |~~~~~~~~~~~~~~~
    caller               |###   . . . . .
                          silence <= 2 s ^ from the start of the word that was cut: nothing lost, a word said again

*Resumes* is the rule that mode ``hold`` goes by where the caller wanted nothing. *Taken back*: the turn was not ended, and its sound
went on behind the hold; a turn that was ended has no silence to measure, and nothing that could be lost. And of what was taken back no
silence up to the call's end was longer than 2 s, and what was heard before and after joins: no byte left out, at most 0.6 s, which is a
word and what no mark had proven, said again.
Keys are no noise: they are final evidence, and what was pressed has to be in the caller's words.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.bench.turns.outcome import Heard, Outcome, Played
from tests.bench.turns.scene import Cue, Kind, Scene
from tests.bench.turns.score_tau import IGNORED, YIELD_S
from tests.bench.turns.scored import Scored, scored
from tests.bench.turns.sounds import FRAME_S, cues_played, speaks_at, stretches, voice

LONGEST_SILENCE_S = 2.0
CLEAR_GOAL_S = 0.3
STAYS = {Kind.INTERRUPTION: "gives way", Kind.SHORT_INTERRUPTION: "gives way, word"}
"""Interruptions, that end the turn."""
NOISES = (Kind.MUSIC, Kind.STREET, Kind.CLICKS)
_KEYS, _TERMINATOR = "0123456789*#", "#"
_BYTES_PER_S = 8000
_LOST_BYTES = 320
"""Two frames: where a span of frames ends is known to one."""
_AGAIN_BYTES = 4800
"""The word that was cut, and what may have been heard though no mark says so: 0.51 s at most, .44 at the 95th percentile, were measured."""
_UNHEARD_BYTES = 2400
"""A rest of a reply that counts as heard (R4)."""
_BEHIND_S = 0.5
"""A voice may still be held behind its end: an onset is late."""
_ROUNDING_S = 1e-6


def holding(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """``clear`` of interruptions; ``resumes``, and ``taken back``, of what was none; ``noise``, with its holds; ``keys``."""
    spans = stretches(outcome.heard)
    for cue, played in cues_played(scene, outcome):
        begin, end = voice(cue, played)
        if not speaks_at(spans, begin):
            continue
        if cue.kind in STAYS:
            yield _stays(scene, cue, outcome, begin)
        if cue.kind is Kind.INTERRUPTION:
            yield _clear(scene, cue, outcome, begin)
        if cue.kind in IGNORED or cue.kind in NOISES:
            yield from _resumes(scene, cue, outcome, begin, end)
        if cue.kind in NOISES:
            yield _noise(scene, cue, outcome, played)
        elif cue.kind is Kind.DTMF:
            yield _keys(scene, cue, outcome, begin)


def _clear(scene: Scene, cue: Cue, outcome: Outcome, begin: float) -> Scored:
    cleared = next((at for at in outcome.clears_s if begin <= at <= begin + YIELD_S), None)
    latency = None if cleared is None else cleared - begin
    return scored("clear", scene, cue, good=latency is not None and latency <= CLEAR_GOAL_S, latency_s=latency)


def _stays(scene: Scene, cue: Cue, outcome: Outcome, begin: float) -> Scored:
    return scored(STAYS[cue.kind], scene, cue, good=_is_over(outcome, begin))


def _is_over(outcome: Outcome, begin: float) -> bool:
    """Whether the turn that was cut into ended, instead of going on after the interruption."""
    turn = _turn_at(outcome, begin)
    ended = next((each for each in outcome.replies if each.turn == turn), None)
    return ended is not None and ended.ended in ("interrupted", "superseded")


def _keys(scene: Scene, cue: Cue, outcome: Outcome, begin: float) -> Scored:
    """Whether they ended the turn, and all are in the words: but for the one that ends an entry (``gateway/turn/keys.py``)."""
    pressed = "".join(letter for each in outcome.commits if each.at_s >= begin for letter in each.text if letter in _KEYS)
    taken = cue.text.replace(_TERMINATOR, "") in pressed
    return scored("keys", scene, cue, good=taken and _is_over(outcome, begin))


# -- Of a false alarm nothing is left -------------------------------------------------------------


def _resumes(scene: Scene, cue: Cue, outcome: Outcome, begin: float, end: float) -> Iterator[Scored]:
    turn = _turn_at(outcome, begin)
    heard = [each for each in outcome.heard if each.turn == turn and each.kind == "reply" and each.end_s > begin]
    ended = next((each.ended for each in outcome.replies if each.turn == turn), "hung_up")
    held = [(over_s, what) for start, over_s, what in outcome.holds if begin <= start <= end + _BEHIND_S]
    kept = ended in ("replied", "hung_up") and all(what != "final" for _, what in held)
    kept = kept and (ended == "replied" or _goes_on(heard, held))
    silence = _longest_silence(heard, outcome.length_s if ended == "hung_up" else None)
    quick = silence <= LONGEST_SILENCE_S + _ROUNDING_S
    whole = _joins(heard) and _to_its_end(outcome, heard)
    yield scored("taken back", scene, cue, good=kept, latency_s=silence if kept else None)
    yield scored("resumes", scene, cue, good=kept and quick and whole)


def _goes_on(heard: Sequence[Heard], held: Sequence[tuple[float, str]]) -> bool:
    """Whether each hold was taken back, and the turn sounds behind it."""
    return all(what == "resumed" and any(each.end_s > over_s for each in heard) for over_s, what in held)


def _longest_silence(heard: Sequence[Heard], until_s: float | None) -> float:
    """Between what was heard of a turn; of one that was still open at the call's end up to then."""
    gaps = [later.start_s - earlier.end_s for earlier, later in pairwise(heard)]
    if heard and until_s is not None:
        gaps.append(max(0.0, until_s - heard[-1].end_s))  # its last frame may be sounding
    return max(gaps, default=0.0)


def _turn_at(outcome: Outcome, at_s: float) -> int | None:
    return next((each.turn for each in outcome.heard if each.start_s <= at_s < each.end_s), None)


def _end_byte(heard: Heard) -> int:
    return heard.offset + round((heard.end_s - heard.start_s) * _BYTES_PER_S)


def _joins(heard: Sequence[Heard]) -> bool:
    gaps = [later.offset - _end_byte(earlier) for earlier, later in pairwise(heard)]
    return all(-_AGAIN_BYTES <= gap <= _LOST_BYTES for gap in gaps)


def _to_its_end(outcome: Outcome, heard: Sequence[Heard]) -> bool:
    """Whether a reply that is over was heard to its end; one that the call's end cut was not over."""
    over = [each for each in outcome.replies if heard and each.turn == heard[0].turn and each.ended == "replied"]
    return all(_end_byte(heard[-1]) >= each.sound_bytes - _UNHEARD_BYTES - _LOST_BYTES for each in over)


# -- Noise ----------------------------------------------------------------------------------------


def _noise(scene: Scene, cue: Cue, outcome: Outcome, played: Played) -> Scored:
    lasted = len(cue.sound) / _BYTES_PER_S
    held = sum(played.start_s <= start <= played.start_s + lasted + _BEHIND_S for start, _, _ in outcome.holds)
    return scored("noise", scene, cue, good=not held, points=held, lasted_s=lasted)


# -- The bot's own echo, and short answers --------------------------------------------------------


def own_echo(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """``self-echo`` of a line that returns the bot while nobody speaks: no onset during a reply, nor until a second after it."""
    if scene.echo is None:
        return
    for cue, played in cues_played(scene, outcome):
        replies = _replies_after(outcome, played.start_s)
        if cue.kind is Kind.ECHO and replies:
            onsets = (*outcome.onsets_s, *(start for start, _, _ in outcome.holds))
            own = [at for at in onsets if any(begin <= at <= end + 1.0 for begin, end in replies)]
            yield scored("self-echo", scene, cue, good=not own, lasted_s=sum(end - begin for begin, end in replies))


def _replies_after(outcome: Outcome, at_s: float) -> list[tuple[float, float]]:
    turns = dict.fromkeys(each.turn for each in outcome.heard if each.kind == "reply" and each.end_s > at_s)
    sounds = ([each for each in outcome.heard if each.turn == turn and each.kind == "reply"] for turn in turns)
    return [(sound[0].start_s, sound[-1].end_s) for sound in sounds]


def answers(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """``answer whole`` of each short answer: one published piece holds every sample of the voice."""
    for cue, played in cues_played(scene, outcome):
        if cue.kind is Kind.ANSWER:
            begin, end = voice(cue, played)
            whole = any(
                piece.start * FRAME_S <= begin + _ROUNDING_S and piece.end * FRAME_S >= end - _ROUNDING_S for piece in outcome.pieces
            )
            yield scored("answer whole", scene, cue, good=whole)
