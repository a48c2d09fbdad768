"""How long the stages take to their first results, as the gateway sees it, whether or not an answer sounds (sans-I/O).

::

    asr   a piece of the caller's sound is published ----------> its words, or its failure
    llm   words that are to be answered are published, here or
          by the ASR worker, which tells so by sending them ---> the reply's first sentence, its end, or its failure
    tts   the reply's first sentence is here ------------------> its first sound, or its failure

Rules
    What is not there when its turn ends may be wanted no more, and is not judged, but in the two ends that a stage
    which does not answer brings about: then what was waited for took at least as long.
"""

from collections.abc import Callable, Sequence

from common.messages import Message, ReplyEnded, Sentence, SpeechChunk, Stage, StageFailed, Transcript
from gateway.turn.events import CloseTurn, Command, PublishTranscript, PublishUtterance

_FOR_WANT_OF_AN_ANSWER = ("nothing_heard", "fallback")


class StageTimes:
    """Of one call."""

    def __init__(self, took: Callable[[Stage, float], object]) -> None:
        """``took`` hears of each time, in seconds."""
        self._took = took
        self._given_at: dict[tuple[Stage, int], float] = {}
        """Of sound by the number of its piece, else by the number of its turn."""

    def message_came(self, message: Message, now: float) -> None:
        """The core is about to be given this."""
        head = message.head
        match message:
            case Transcript(piece=piece, text=text):
                if self._answered("asr", head.seq, now) and piece == "whole" and text:
                    self._given_at["llm", head.turn] = now
            case Sentence() if head.seq == 0:
                if self._answered("llm", head.turn, now):
                    self._given_at["tts", head.turn] = now
            case SpeechChunk() if head.seq == 0:
                self._answered("tts", head.turn, now)
            case ReplyEnded():
                self._answered("llm", head.turn, now)
            case StageFailed(stage=stage):
                self._answered(stage, head.seq if stage == "asr" else head.turn, now)
            case _:
                pass

    def returned(self, commands: Sequence[Command], now: float) -> None:
        """What the core returned."""
        for command in commands:
            match command:
                case PublishUtterance(seq=seq):
                    self._given_at["asr", seq] = now
                case PublishTranscript(turn=turn):
                    self._given_at["llm", turn] = now
                case CloseTurn(how=how):
                    self._turn_ended(now, unanswered=how in _FOR_WANT_OF_AN_ANSWER)
                case _:
                    pass

    def _answered(self, stage: Stage, number: int, now: float) -> bool:
        """Whether that was waited for."""
        given_at = self._given_at.pop((stage, number), None)
        if given_at is None:
            return False
        self._took(stage, now - given_at)
        return True

    def _turn_ended(self, now: float, *, unanswered: bool) -> None:
        if unanswered:
            for (stage, _), given_at in self._given_at.items():
                self._took(stage, now - given_at)
        self._given_at.clear()
