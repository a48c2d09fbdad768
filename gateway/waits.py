"""One wait of the caller's, and the steps that it consists of (sans-I/O): what ``waterfall.py`` notes, and what it comes to.

::

    caller  ####|
                |hearing|wait|publish|asr_hop|asr|·|llm_hop|first_token|first_piece|·|tts_hop|first_sound|·|gate|first_frame|
    bot         |...........................................................................................................|####

Rules
    The steps follow each other, and each begins where the one before it ended, so that their sum is the gap, to the millisecond. What
    happens beside them (the end of turn is waited for while a draft is answered already) is no step, unless the answer waited for it.
    The clock is this process' own. Of a worker only durations count: what it says to have taken is taken out of the time
    between giving it its work and hearing of the result, and what is left of that (the ways, the worker's own steps, whatever nobody
    knows) is the stage's ``rest``: unexplained.

Steps, as they stand in the event ``WATERFALL``, in milliseconds
    hearing      the last of the voice -> it is heard: what was said later than that was handled later by as much
    wait         -> what is answered is given to ASR: the end of turn, or the pause of a draft
    publish      -> Redis has it
    asr_hop      until a worker began with it, by the server's clock
    asr          the vendor's time
    asr_rest     -> all words are here
    decide       -> the words are given to the model, where not the ASR worker does that
    llm_hop, first_token, first_piece, llm_rest     -> the first sentence is here
    tts_hop, first_sound, tts_rest                  -> its first sound is here
    given_up     -> no answer comes; a phrase says so
    talking      the answer is here, and the caller has the floor: no wait of theirs
    gate         -> the turn is committed, the floor is free, and no filler sounds
    first_frame  -> the first frame is given to the line
"""

from dataclasses import dataclass, field

from common.messages import Sentence, SpeechChunk
from gateway.turn.utterance import Utterance

STEPS = (
    *("hearing", "wait", "publish", "asr_hop", "asr", "asr_rest", "decide"),
    *("llm_hop", "first_token", "first_piece", "llm_rest", "tts_hop", "first_sound", "tts_rest"),
    *("given_up", "talking", "gate", "first_frame"),
)
REST = frozenset({"asr_rest", "llm_rest", "tts_rest"})
"""What nobody explains."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A wait that is over."""

    turn: int
    """In which the answer is said: the next one, of a phrase in the place of a reply."""
    steps_ms: dict[str, int]
    """In order; those that took no time, too."""

    @property
    def gap_ms(self) -> int:
        """All of it."""
        return sum(self.steps_ms.values())

    @property
    def waited_ms(self) -> int:
        """What the caller did not talk in."""
        return self.gap_ms - self.steps_ms["talking"]

    @property
    def fields(self) -> dict[str, int]:
        """As the event has it."""
        return {"gap_ms": self.gap_ms} | {f"{step}_ms": ms for step, ms in self.steps_ms.items()}


@dataclass(slots=True)
class Sound:
    """A piece of the caller's sound that went to ASR."""

    seq: int
    utterance: int
    start: int
    voice_ended_at: float
    late_s: float
    """How late the frame was at which it was published."""
    published_at: float
    written_at: float | None = None
    known_at: float | None = None
    waited_ms: int = 0
    asr_ms: int = 0


@dataclass(slots=True)
class Reply:
    """What came of a turn's reply; of a draft's, too, before it is sure that it is heard."""

    turn: int
    asked_at: float | None = None
    sentence: Sentence | None = None
    sentence_at: float | None = None
    chunk: SpeechChunk | None = None
    chunk_at: float | None = None


@dataclass(slots=True)
class Wait:
    """A caller who waits."""

    utterance: int
    ended_at: float
    said: Utterance | None = None
    """None if its turn ended as soon as it was one."""
    by_keys: bool = False
    given_up_at: float | None = None
    open: bool = False
    open_at: float | None = None
    """When the gate opened last, or a filler's last frame left."""
    taken_at: float | None = None
    """Since when the caller has the floor again."""
    talks: list[tuple[float, float]] = field(default_factory=list)
    """From when until when they had it: to the last of their voice, since what follows is a wait."""


def steps_after_keys(pressed_at: float, wait: Wait, reply: Reply, now: float) -> dict[str, int]:
    """From the last key to the first frame, which leaves now."""
    steps = _Steps(pressed_at)
    steps.go(wait.ended_at, "wait")
    return _answered(steps, wait, reply, now)


def steps_after_voice(sound: Sound, wait: Wait, reply: Reply, now: float) -> dict[str, int]:
    """From the last of the voice to the first frame, which leaves now."""
    steps = _Steps(sound.voice_ended_at)
    steps.go(sound.voice_ended_at + sound.late_s, "hearing")
    steps.go(sound.published_at, "wait")
    known_at = sound.known_at
    if sound.written_at is not None:
        steps.go(sound.written_at if known_at is None else min(sound.written_at, known_at), "publish")
    steps.go(known_at, "asr_rest", asr_hop=sound.waited_ms, asr=sound.asr_ms)
    return _answered(steps, wait, reply, now)


def _answered(steps: "_Steps", wait: Wait, reply: Reply, now: float) -> dict[str, int]:
    _think_and_speak(steps, reply)
    steps.go(wait.given_up_at, "given_up")
    for began_at, ended_at in wait.talks:
        steps.go(began_at, "gate")
        steps.go(ended_at, "talking")
    steps.go(wait.open_at, "gate")
    steps.go(now, "first_frame")
    return steps.taken


def _think_and_speak(steps: "_Steps", reply: Reply) -> None:
    steps.go(reply.asked_at, "decide")
    sentence, chunk = reply.sentence, reply.chunk
    if sentence is not None:
        piece_ms = sentence.llm_ms - sentence.token_ms
        steps.go(reply.sentence_at, "llm_rest", llm_hop=sentence.waited_ms, first_token=sentence.token_ms, first_piece=piece_ms)
    if chunk is not None:
        steps.go(reply.chunk_at, "tts_rest", tts_hop=chunk.waited_ms, first_sound=chunk.tts_ms)


class _Steps:
    """Steps from one moment on, in whole milliseconds without a rest."""

    def __init__(self, began_at: float) -> None:
        self.taken = dict.fromkeys(STEPS, 0)
        self._began_at = began_at
        self._ms = 0

    def ms(self, at: float) -> int:
        """A moment, since the first one."""
        return round((at - self._began_at) * 1000)

    def go(self, at: float | None, step: str, **known_ms: int) -> None:
        """Go on to ``at``, if that is later: what is known to have taken its time first, ``step`` takes what is left."""
        left_ms = 0 if at is None else max(0, self.ms(at) - self._ms)
        self._ms += left_ms
        for known, ms in known_ms.items():
            taken_ms = min(max(0, ms), left_ms)
            self.taken[known] += taken_ms
            left_ms -= taken_ms
        self.taken[step] += left_ms
