"""Where the time went that a caller waited: from the last of their voice to the first frame of the answer (sans-I/O).

::

    caller  ####|
                |wait        |publish|asr_hop|asr  |·|llm_hop|first_token|first_piece|·|tts_hop|first_sound|·|gate|first_frame|
    bot         |............................................................................................................|####

Rules
    It looks on and decides nothing: what the core was given and what it did is told in the order in which it happened.
    The steps follow each other, and each begins where the one before it ended, so that their sum is the gap, to the millisecond. What
    happens beside them (the end of turn is waited for while a draft is answered already) is no step, unless the answer waited for it.
    The clock is this process' own. Of a worker only durations count: what it says to have taken is taken out of the time
    between giving it its work and hearing of the result, and what is left of that (the ways, the worker's own steps, whatever nobody
    knows) is the stage's ``rest``: unexplained.
    An answer is a reply, the repetition of one, a beep, or a phrase that says that nothing was understood or that
    no answer comes; a filler is none.

Steps, as they stand in the event ``WATERFALL``, in milliseconds
    wait         the last of the voice -> what is answered is given to ASR: the end of turn, or the pause of a draft
    publish      -> Redis has it
    asr_hop      until a worker began with it, by the server's clock
    asr          the vendor's time
    asr_rest     -> all words are here
    decide       -> the words are given to the model, where not the ASR worker does that
    llm_hop, first_token, first_piece, llm_rest     -> the first sentence is here
    tts_hop, first_sound, tts_rest                  -> its first sound is here
    given_up     -> no answer comes; a phrase says so
    gate         -> the turn is committed, the floor is free, and no filler sounds
    first_frame  -> the first frame is given to the line
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.messages import Message, Sentence, SpeechChunk, StageFailed, Transcript, Utterance
from gateway.playout import FRAME_S, Mark
from gateway.turn.events import CloseTurn, Command, Event, FrameHeard, KeyPressed, PublishTranscript, PublishUtterance, WorkerReported
from gateway.turn.state import Call

STEPS = (
    *("wait", "publish", "asr_hop", "asr", "asr_rest", "decide"),
    *("llm_hop", "first_token", "first_piece", "llm_rest", "tts_hop", "first_sound", "tts_rest", "given_up", "gate", "first_frame"),
)
REST = frozenset({"asr_rest", "llm_rest", "tts_rest"})
"""What nobody explains."""
_REMEMBERED = 64
"""Pieces of the caller's sound: as many as the core awaits words of."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One wait of the caller's."""

    turn: int
    """In which the answer is said: the next one, of a phrase in the place of a reply."""
    steps_ms: dict[str, int]
    """In order; those that took no time, too."""

    @property
    def gap_ms(self) -> int:
        """All of it."""
        return sum(self.steps_ms.values())

    @property
    def fields(self) -> dict[str, int]:
        """As the event has it."""
        return {"gap_ms": self.gap_ms} | {f"{step}_ms": ms for step, ms in self.steps_ms.items()}


@dataclass(slots=True)
class _Sound:
    """A piece of the caller's sound that went to ASR."""

    seq: int
    utterance: int
    voice_ended_at: float
    published_at: float
    written_at: float | None = None
    known_at: float | None = None
    waited_ms: int = 0
    asr_ms: int = 0


@dataclass(slots=True)
class _Reply:
    """What came of a turn's reply; of a draft's, too, before it is sure that it is heard."""

    turn: int
    asked_at: float | None = None
    sentence: Sentence | None = None
    sentence_at: float | None = None
    chunk: SpeechChunk | None = None
    chunk_at: float | None = None


@dataclass(slots=True)
class _Wait:
    """A caller who waits."""

    utterance: int
    ended_at: float
    by_keys: bool = False
    given_up_at: float | None = None
    open: bool = False
    open_at: float | None = None
    """When the gate opened last, or a filler's last frame left."""


class Waterfall:
    """Watches one call."""

    def __init__(self, call: Call, ended: Callable[[float], object]) -> None:
        """``ended`` hears of each utterance how long after the last of the voice it counted as ended, in seconds."""
        self._call = call
        self._ended = ended
        self._frame_at = 0.0
        self._key_at = 0.0
        self._sounds: deque[_Sound] = deque(maxlen=_REMEMBERED)
        self._reply = _Reply(turn=0)
        self._wait: _Wait | None = None
        self._answered = 0
        """The last utterance that was answered, or not: its wait is over."""

    # -- What happens -------------------------------------------------------------------------

    def happened(self, event: Event, now: float) -> None:
        """The core is about to be given ``event``."""
        if isinstance(event, FrameHeard):
            self._frame_at = now
            return
        match event:
            case KeyPressed():
                self._key_at = now
            case WorkerReported(message=message):
                self._message_came(message, now)
            case _:
                pass

    def returned(self, commands: Sequence[Command], now: float) -> None:
        """What the core returned."""
        if not commands and self._wait is None:  # as after nearly every frame: a wait begins with a command
            return
        for command in commands:
            match command:
                case PublishUtterance():
                    self._sound_published(command, now)
                case PublishTranscript(turn=turn):
                    self._reply_of(turn).asked_at = now
                case CloseTurn(how=how):
                    self._turn_ended(now, goes_on=how in ("nothing_heard", "fallback"))
                case _:
                    pass
        self._begin_if_awaited()
        if self._wait is not None:
            self._look_at_gate(self._wait, now)

    def written(self, message: Message, now: float) -> None:
        """Redis has what was published."""
        sound = self._sound(message.head.seq) if isinstance(message, Utterance) else None
        if sound is not None:
            sound.written_at = now

    def left(self, items: Sequence[bytes | Mark], now: float) -> Gap | None:
        """This left for the caller; the gap, if it ends with it."""
        wait = self._wait
        if wait is None or not any(isinstance(item, bytes) for item in items):
            return None
        if not any(clip.begun and clip.kind != "filler" for clip in self._call.playout.clips):
            wait.open_at = now
            return None
        self._wait, self._answered = None, wait.utterance
        return self._gap(wait, now)

    # -- What is noted of it ------------------------------------------------------------------

    def _sound_published(self, command: PublishUtterance, now: float) -> None:
        voice_ended_at = self._frame_at - self._call.floor.silence_frames * FRAME_S
        self._sounds.append(_Sound(command.seq, command.utterance, voice_ended_at, now))

    def _sound(self, seq: int) -> _Sound | None:
        return next((sound for sound in reversed(self._sounds) if sound.seq == seq), None)

    def _sound_of(self, utterance: int) -> _Sound | None:
        """The last of it."""
        return next((sound for sound in reversed(self._sounds) if sound.utterance == utterance), None)

    def _reply_of(self, turn: int) -> _Reply:
        if self._reply.turn != turn:
            self._reply = _Reply(turn)
        return self._reply

    def _message_came(self, message: Message, now: float) -> None:
        match message:
            case Transcript(head=head):
                sound = self._sound(head.seq)
                if sound is not None and sound.known_at is None:
                    sound.known_at, sound.waited_ms, sound.asr_ms = now, message.waited_ms, message.asr_ms
            case StageFailed(stage="asr", head=head):
                sound = self._sound(head.seq)
                if sound is not None and sound.known_at is None:
                    sound.known_at = now
            case Sentence() | SpeechChunk() if message.head.seq == 0 and message.head.turn == self._call.turn.number:
                self._reply_came(message, now)
            case _:
                pass

    def _reply_came(self, message: Sentence | SpeechChunk, now: float) -> None:
        reply = self._reply_of(message.head.turn)
        if isinstance(message, Sentence):
            if reply.sentence is None:
                reply.sentence, reply.sentence_at = message, now
        elif reply.chunk is None:
            reply.chunk, reply.chunk_at = message, now

    # -- Who waits ----------------------------------------------------------------------------

    def _begin_if_awaited(self) -> None:
        said = self._call.turn.utterance
        if said is not None and said.number != self._answered and (self._wait is None or self._wait.utterance != said.number):
            wait = self._wait = _Wait(said.number, said.ended_at, by_keys=bool(said.pieces) and said.pieces[-1].keys)
            sound = self._sound_of(said.number)
            if sound is not None and not wait.by_keys:
                self._ended(said.ended_at - sound.voice_ended_at)

    def _turn_ended(self, now: float, *, goes_on: bool) -> None:
        """A phrase may be the answer: that nothing was understood, or that no answer comes."""
        wait, call = self._wait, self._call
        if wait is None and self._sounds and self._sounds[-1].utterance != self._answered:
            wait = _Wait(self._sounds[-1].utterance, now)  # its words were known before its end: it ended in one go
        self._wait = None
        if goes_on and wait is not None and (call.turn.only_phrase or call.owed is not None):
            wait.given_up_at, wait.open, wait.open_at = now, False, None
            self._wait = wait

    def _look_at_gate(self, wait: _Wait, now: float) -> None:
        playout = self._call.playout
        was_open, wait.open = wait.open, playout.floor_free and (playout.committed or self._call.turn.only_phrase)
        if wait.open and not was_open:
            wait.open_at = now

    # -- What it comes to ---------------------------------------------------------------------

    def _gap(self, wait: _Wait, now: float) -> Gap | None:
        """None where nobody knows since when the caller waits: they spoke to another gateway."""
        sound = self._sound_of(wait.utterance)
        if wait.by_keys:
            steps = _Steps(self._key_at)
            steps.go(wait.ended_at, "wait")
        elif sound is not None:
            steps = _Steps(sound.voice_ended_at)
            _listen(steps, sound)
        else:
            return None
        turn = self._call.turn.number
        _think_and_speak(steps, self._reply if self._reply.turn == turn else _Reply(turn))
        steps.go(wait.given_up_at, "given_up")
        steps.go(wait.open_at, "gate")
        steps.go(now, "first_frame")
        return Gap(turn, steps.taken)


def _listen(steps: "_Steps", sound: _Sound) -> None:
    steps.go(sound.published_at, "wait")
    known_at = sound.known_at
    if sound.written_at is not None:
        steps.go(sound.written_at if known_at is None else min(sound.written_at, known_at), "publish")
    steps.go(known_at, "asr_rest", asr_hop=sound.waited_ms, asr=sound.asr_ms)


def _think_and_speak(steps: "_Steps", reply: _Reply) -> None:
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
