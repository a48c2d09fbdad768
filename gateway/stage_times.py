"""How long the stages take to their first results, as the gateway sees it, whether or not an answer sounds (sans-I/O).

::

    asr   a piece of the caller's sound is published ----------> its words, or its failure
    llm   words that are to be answered are published, here or
          by the ASR worker, which tells so by sending them ---> the reply's first sentence, its end, or its failure
    tts   the reply's first sentence is here ------------------> its first sound, or its failure

Rules
    Words are wanted in whatever turn they come, since sound is often given to ASR in one turn and understood in the
    next. What does not come within 30 s does not come: most of it was let go, since nobody wanted it any more.
    A reply that is not there when its turn ends may be wanted no more, and is not judged.
    Two ends are brought about by a stage that does not answer: then what was waited for in that turn took at least as
    long; words, if it was as long as the core waits for them.
"""

from collections.abc import Callable, Sequence

from common.messages import Message, ReplyEnded, Sentence, SpeechChunk, Stage, StageFailed, Transcript
from gateway.turn.clocks import FALLBACK_S
from gateway.turn.events import CloseTurn, Command, PublishTranscript, PublishUtterance

_FOR_WANT_OF_AN_ANSWER = ("nothing_heard", "fallback")
_GIVEN_UP_S = FALLBACK_S - 0.001
"""Both moments are floats."""
_NEVER_S = 30.0


class StageTimes:
    """Of one call."""

    def __init__(self, took: Callable[[Stage, float], object]) -> None:
        """``took`` hears of each time, in seconds."""
        self._took = took
        self._sound_given_at: dict[int, tuple[float, int]] = {}
        """And in which turn, by the number of its piece, in order."""
        self._reply_given_at: dict[tuple[Stage, int], float] = {}
        """To the model, or to the voice, by the number of the turn."""

    def message_came(self, message: Message, now: float) -> None:
        """The core is about to be given this."""
        self._forget_old(now)
        head = message.head
        match message:
            case Transcript(piece=piece, text=text):
                if self._understood(head.seq, now) and piece == "whole" and text:
                    self._reply_given_at["llm", head.turn] = now
            case Sentence() if head.seq == 0:
                if self._answered("llm", head.turn, now):
                    self._reply_given_at["tts", head.turn] = now
            case SpeechChunk() if head.seq == 0:
                self._answered("tts", head.turn, now)
            case ReplyEnded():
                self._answered("llm", head.turn, now)
            case StageFailed(stage="asr"):
                self._understood(head.seq, now)
            case StageFailed(stage=stage):
                self._answered(stage, head.turn, now)
            case _:
                pass

    def returned(self, commands: Sequence[Command], now: float) -> None:
        """What the core returned."""
        for command in commands:
            match command:
                case PublishUtterance(seq=seq, turn=turn):
                    self._sound_given_at[seq] = now, turn
                case PublishTranscript(turn=turn):
                    self._reply_given_at["llm", turn] = now
                case CloseTurn(turn=turn, how=how):
                    self._turn_ended(turn, now, unanswered=how in _FOR_WANT_OF_AN_ANSWER)
                case _:
                    pass

    def _understood(self, seq: int, now: float) -> bool:
        """Whether those words were waited for."""
        given = self._sound_given_at.pop(seq, None)
        if given is not None:
            self._took("asr", now - given[0])
        return given is not None

    def _answered(self, stage: Stage, turn: int, now: float) -> bool:
        """Whether that was waited for."""
        given_at = self._reply_given_at.pop((stage, turn), None)
        if given_at is not None:
            self._took(stage, now - given_at)
        return given_at is not None

    def _turn_ended(self, turn: int, now: float, *, unanswered: bool) -> None:
        """What is there of an earlier turn was asked for by words that came too late for it."""
        if unanswered:
            for stage, asked_in in tuple(self._reply_given_at):
                if asked_in == turn:
                    self._answered(stage, turn, now)
            for seq, (given_at, given_in) in tuple(self._sound_given_at.items()):
                if given_in == turn and now - given_at >= _GIVEN_UP_S:
                    self._understood(seq, now)
        self._reply_given_at.clear()

    def _forget_old(self, now: float) -> None:
        while self._sound_given_at:
            seq, (given_at, _) = next(iter(self._sound_given_at.items()))
            if now - given_at < _NEVER_S:
                return
            del self._sound_given_at[seq]
