"""Where the time went that a caller waited: from the last of their voice to the first frame of the answer (sans-I/O).

Rules
    It looks on and decides nothing: what the core was given and what it did is told in the order in which it happened.
    What a wait consists of, and how it is reckoned, stands in ``waits.py``.
    The last of the voice is when it was said: a frame that is handled late (``lateness.py``) was waited for, too.
    An answer is a reply, the repetition of one, a beep, or a phrase that says that nothing was understood or that
    no answer comes; a filler is none. A caller who spoke to another gateway waits since nobody knows when.
"""

from collections import deque
from collections.abc import Callable, Sequence

from common.messages import Message, Sentence, SpeechChunk, StageFailed, Transcript, Utterance
from gateway.lateness import Lateness
from gateway.playout import Mark
from gateway.turn.events import CloseTurn, Command, Event, FrameHeard, KeyPressed, PublishTranscript, PublishUtterance, WorkerReported
from gateway.turn.state import Call
from gateway.waits import Gap, Reply, Sound, Wait, steps_after_keys, steps_after_voice

_REMEMBERED = 64
"""Pieces of the caller's sound: as many as the core awaits words of."""


class Waterfall:
    """Watches one call."""

    def __init__(self, call: Call, ended: Callable[[float], object]) -> None:
        """``ended`` hears of each utterance how long after the last of the voice it counted as ended, in seconds."""
        self._call = call
        self._floor = call.floor
        self._ended = ended
        self.lateness = Lateness()
        """Of the caller's sound; who hears it tells that before the frame happens."""
        self._frame_at = self._said_at = 0.0
        """When the newest frame was handled, and when it was said."""
        self._voice_at = 0.0
        """When the last voiced frame before it was said."""
        self._key_at = 0.0
        self._sounds: deque[Sound] = deque(maxlen=_REMEMBERED)
        self._reply = Reply(turn=0)
        self._wait: Wait | None = None
        self._answered = 0
        """The last utterance that was answered, or not: its wait is over."""

    # -- What happens -------------------------------------------------------------------------

    def happened(self, event: Event, now: float) -> None:
        """The core is about to be given ``event``."""
        if isinstance(event, FrameHeard):
            if not self._floor.silence_frames:
                self._voice_at = self._said_at
            self._frame_at, self._said_at = now, now - self.lateness.seconds
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
        late_s = self._frame_at - self._said_at
        self._sounds.append(Sound(command.seq, command.utterance, command.start, self._voice_ended_at, late_s, now))

    @property
    def _voice_ended_at(self) -> float:
        """When the newest voiced frame was said."""
        return self._voice_at if self._floor.silence_frames else self._said_at

    def _sound(self, seq: int) -> Sound | None:
        return self._last(lambda sound: sound.seq == seq)

    def _sound_of(self, wait: Wait) -> Sound | None:
        """The last that is answered; words that came late have another number than their sound, and stand where it was said."""
        pieces = [] if wait.said is None else [piece for piece in wait.said.pieces if not piece.keys]
        for piece in reversed(pieces):
            found = self._sound(piece.seq) or self._of(piece.utterance, piece.start) or self._of(piece.utterance)
            if found is not None:
                return found
        return self._of(wait.utterance)

    def _of(self, utterance: int, start: int | None = None) -> Sound | None:
        return self._last(lambda sound: sound.utterance == utterance and start in (None, sound.start))

    def _last(self, wanted: Callable[[Sound], bool]) -> Sound | None:
        return next((sound for sound in reversed(self._sounds) if wanted(sound)), None)

    def _reply_of(self, turn: int) -> Reply:
        if self._reply.turn != turn:
            self._reply = Reply(turn)
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
            wait = self._wait = Wait(said.number, said.ended_at, said, by_keys=bool(said.pieces) and said.pieces[-1].keys)
            sound = self._sound_of(wait)
            if sound is not None and not wait.by_keys:
                self._ended(said.ended_at - sound.voice_ended_at)

    def _turn_ended(self, now: float, *, goes_on: bool) -> None:
        """A phrase may be the answer: that nothing was understood, or that no answer comes."""
        wait, call = self._wait, self._call
        if wait is None and self._sounds and self._sounds[-1].utterance != self._answered:
            wait = Wait(self._sounds[-1].utterance, now)  # its words were known before its end: it ended in one go
        self._wait = None
        if goes_on and wait is not None and (call.turn.only_phrase or call.owed is not None):
            wait.given_up_at, wait.open, wait.open_at = now, False, None
            self._wait = wait

    def _look_at_gate(self, wait: Wait, now: float) -> None:
        playout = self._call.playout
        if not playout.floor_free:
            wait.taken_at = now if wait.taken_at is None else wait.taken_at
        elif wait.taken_at is not None:
            wait.talks.append((wait.taken_at, self._voice_ended_at))
            wait.taken_at = None
        was_open, wait.open = wait.open, playout.floor_free and (playout.committed or self._call.turn.only_phrase)
        if wait.open and not was_open:
            wait.open_at = now

    # -- What it comes to ---------------------------------------------------------------------

    def _gap(self, wait: Wait, now: float) -> Gap | None:
        """None where nobody knows since when the caller waits: they spoke to another gateway."""
        turn, sound = self._call.turn.number, self._sound_of(wait)
        reply = self._reply if self._reply.turn == turn else Reply(turn)
        if wait.by_keys:
            return Gap(turn, steps_after_keys(self._key_at, wait, reply, now))
        return None if sound is None else Gap(turn, steps_after_voice(sound, wait, reply, now))
