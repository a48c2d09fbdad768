"""τ-voice's panel: responses, yields, interruptions by the bot, and what it should have ignored.

The rules are those of ``docs/interaction-metrics.md`` in sierra-research/tau2-bench (metric code 1.0, after arXiv 2603.13686), with
the caller's side known exactly instead of by ticks of 200 ms:

    ========  =========================================================================================
    R_R       of the caller's turns, those that were answered before the caller spoke again; ours within 2 s.
              Turns are utterances, answers, and interruptions that the bot yielded to
    L_R       from the end of the caller's voice to the bot's; below zero if the bot began before it, and did not stop
    R_Y       of interruptions, those within 2 s (and 1 s) of whose onset the bot was silent for 200 ms
    R_Y word  ours: the same of interruptions of one or two words
    L_Y       from the onset to the begin of that silence; by ticks: to the first of the ticks of 200 ms, laid
              from the onset on, that has no sound of the bot
    I_A       times that the bot began to speak while the caller did, pauses between words included, a turn;
              ours: the same of utterances that are what their call is about, most of which have a pause
    S_BC      of backchannels over the bot, those within 1 s of whose onset it was never silent for 200 ms
    S_VT      the same for vocal noises
    S_ND      the same for voices that do not speak to it
    ========  =========================================================================================

What meets a silent bot where it should be speaking is not judged here: the panel tells it as without occasion.
"""

from collections.abc import Iterator

from tests.bench.turns.outcome import Outcome, Played
from tests.bench.turns.scene import Cue, Kind, Scene
from tests.bench.turns.scored import Scored, scored
from tests.bench.turns.sounds import Span, cues_played, falls_silent, silent_tick, speaks_at, spoken_again, stretches, voice

RESPONSE_S = 2.0
YIELD_S = 2.0
QUICK_YIELD_S = 1.0
IGNORE_S = 1.0
IGNORED = {
    Kind.BACKCHANNEL: "S_BC",
    Kind.VOCAL: "S_VT",
    Kind.SIDE_TALK: "S_ND",
    Kind.RADIO: "S_ND",
    Kind.BABBLE: "S_ND",
}
YIELDS = {Kind.INTERRUPTION: "R_Y", Kind.SHORT_INTERRUPTION: "R_Y word"}
"""What a speaking bot has to give way to; of a word or two apart, so that each says what it says."""
TURNS = (Kind.UTTERANCE, Kind.ANSWER)
"""What a silent bot has to answer."""


def tau(scene: Scene, outcome: Outcome) -> Iterator[Scored]:
    """All of it, of one call."""
    spans = stretches(outcome.heard)
    for cue, played in cues_played(scene, outcome):
        speaks = speaks_at(spans, voice(cue, played)[0])
        if cue.kind in TURNS and not speaks:
            yield from _response(scene, outcome, cue, played, spans)
        elif cue.kind in YIELDS and speaks:
            yield from _yield(scene, outcome, cue, played, spans)
        elif cue.kind in IGNORED and speaks:
            yield _ignoring(scene, cue, played, spans)


# -- Responses, and interruptions by the bot ------------------------------------------------------


def _response(scene: Scene, outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> Iterator[Scored]:
    yield from _answered(scene, outcome, cue, played, spans)
    broke_in = _broken_into(cue, played, spans)
    yield scored("I_A", scene, cue, good=not broke_in, points=broke_in)
    if cue.kind is Kind.UTTERANCE and cue is scene.cues[-1]:
        yield scored("I_A utterance", scene, cue, good=not broke_in, points=broke_in)


def _answered(scene: Scene, outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> Iterator[Scored]:
    begin, end = voice(cue, played)
    answered = _answer(spans, begin, end, spoken_again(outcome, played))
    latency = None if answered is None else answered - end
    yield scored("R_R", scene, cue, good=latency is not None, latency_s=latency)
    yield scored("R_R 2 s", scene, cue, good=latency is not None and latency <= RESPONSE_S)


def _answer(spans: list[Span], begin: float, end: float, until: float) -> float | None:
    """When the answer began: sound that fell silent again within the caller's words is a false start, and told as one (I_A)."""
    return next((start for start, stop in spans if begin <= start < until and stop > end), None)


def _broken_into(cue: Cue, played: Played, spans: list[Span]) -> int:
    begin, end = voice(cue, played)
    return sum(begin <= start < end for start, _ in spans)


# -- Yields ---------------------------------------------------------------------------------------


def _yield(scene: Scene, outcome: Outcome, cue: Cue, played: Played, spans: list[Span]) -> Iterator[Scored]:
    begin, _ = voice(cue, played)
    silent = falls_silent(spans, begin, YIELD_S)
    latency = None if silent is None else silent - begin
    metric = YIELDS[cue.kind]
    yield scored(metric, scene, cue, good=latency is not None, latency_s=latency)
    yield scored(f"{metric} 1 s", scene, cue, good=falls_silent(spans, begin, QUICK_YIELD_S) is not None)
    if cue.kind is not Kind.INTERRUPTION:
        return
    tick = silent_tick(outcome.heard, begin, YIELD_S)
    yield scored("R_Y ticks", scene, cue, good=tick is not None, latency_s=None if tick is None else tick - begin)
    broke_in = _broken_into(cue, played, spans)
    yield scored("I_A", scene, cue, good=not broke_in, points=broke_in)
    if silent is not None:
        yield from _answered(scene, outcome, cue, played, spans)


# -- What is no interruption ----------------------------------------------------------------------


def _ignoring(scene: Scene, cue: Cue, played: Played, spans: list[Span]) -> Scored:
    begin, _ = voice(cue, played)
    silent = falls_silent(spans, begin, IGNORE_S)
    return scored(IGNORED[cue.kind], scene, cue, good=silent is None, latency_s=None if silent is None else silent - begin)
