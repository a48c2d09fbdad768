"""What a gateway published and has no answer to: a server that lost it gets it again.

A publication is kept until its answer shows that it is needed no more; to publish it once too often harms nobody, since
a piece counts once. But where the server forgot what counted, all of it would be done again, so nothing is kept of a reply that was
heard of, or did something. What is kept:

    whole utterance     until the reply sounds, or ended, or began a tool with effects, or the stage gave up, or it had no words
    text for the LLM    until the reply sounds, or ended, or began a tool with effects, or the stage gave up
    segment, probe      until its words came, or the stage gave up

and nothing of a turn that was raised past, but segments and probes: they belong to their utterance. Sentences are not
kept: a gateway that waits for their sound asks for another take (R9).
"""

from dataclasses import dataclass

from common import streams
from common.messages import Message, ReplyEnded, SpeechChunk, Stage, StageFailed, ToolStarted, Transcript, Utterance


@dataclass(frozen=True, slots=True)
class Publication:
    """What was given to a stage."""

    stage: Stage
    message: Utterance | Transcript
    audio: bytes = b""


class Unanswered:
    """One a gateway, of all its calls."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, Publication]] = {}

    def published(self, stage: Stage, message: Message, audio: bytes = b"") -> bool:
        """It is about to be: a reply may be quicker than word that it was. Whether it is kept."""
        if not isinstance(message, Utterance | Transcript):
            return False
        self._calls.setdefault(message.head.call, {})[streams.ALONE.done(stage, message)] = Publication(stage, message, audio)
        return True

    def replied(self, message: Message) -> None:
        """A worker's message came."""
        head = message.head
        match message:
            case Transcript(piece="whole", text=text) if text:
                pass
            case Transcript() | StageFailed(stage="asr"):
                asked = Utterance(head=head, utterance=message.utterance, piece=message.piece)
                self._drop(head.call, {streams.ALONE.done("asr", asked)})
            case SpeechChunk() | ReplyEnded() | ToolStarted(effects=True) | StageFailed(stage="llm"):
                self._drop(head.call, {key for key, kept in self._kept(head.call) if _in_turn(kept, head.turn, head.turn)})
            case _:
                pass

    def closed(self, call: str, turn: int) -> None:
        """The turn was raised past."""
        self._drop(call, {key for key, kept in self._kept(call) if _in_turn(kept, 0, turn)})

    def forget(self, call: str) -> None:
        """The gateway is done with the call."""
        self._calls.pop(call, None)

    def all(self) -> list[Publication]:
        """All of it, of each call in its order."""
        return [kept for call in self._calls.values() for kept in call.values()]

    def _kept(self, call: str) -> list[tuple[str, Publication]]:
        return list(self._calls.get(call, {}).items())

    def _drop(self, call: str, keys: set[str]) -> None:
        kept = self._calls.get(call, {})
        for key in keys & kept.keys():
            del kept[key]
        if not kept:
            self.forget(call)


def _in_turn(kept: Publication, first: int, last: int) -> bool:
    return streams.stale_by_turn(kept.message) and first <= kept.message.head.turn <= last
