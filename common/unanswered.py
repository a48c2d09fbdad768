"""What a gateway published and has no answer to: a server that lost it gets it again.

A publication is kept until its answer shows that it is needed no more; to publish it once too often harms nobody, since
a piece counts once. But where the server forgot what counted, all of it would be done again, so a question whose reply sounds, or did
something, is not published as it was. What is kept:

    whole utterance     until the reply sounds, or ended, or began a tool with effects, or the stage gave up, or it had no words
    text for the LLM    until the reply sounds, or ended, or began a tool with effects, or the stage gave up
    segment, probe      until its words came, or the stage gave up

and nothing of a turn that was raised past, but segments and probes: they belong to their utterance. Sentences are not
kept for their sound: a gateway that waits for it asks for another take (R9).

Of a reply that sounds its question and its sentences are kept until it ended, began a tool with effects, or the stage gave up: somebody
may go on after the sentences of which there is sound, and with what was asked for up to there, as after the death of who made them. Those
behind are made anew, in other words perhaps; so where words and sound do not fit together, nothing of the reply is kept.
"""

from dataclasses import dataclass, field

from common import streams
from common.bus import Emitted
from common.messages import (
    Action,
    Head,
    Message,
    ReplyEnded,
    Sentence,
    SpeechChunk,
    Stage,
    StageFailed,
    ToolStarted,
    Transcript,
    Utterance,
    fingerprint,
)


@dataclass(frozen=True, slots=True)
class Publication:
    """What was given to a stage."""

    stage: Stage
    message: Utterance | Transcript
    audio: bytes = b""


@dataclass(slots=True)
class Begun:
    """A reply on its way."""

    turn: int
    question: Transcript | None = None
    sentences: list[str] = field(default_factory=list)
    asked: list[Action] = field(default_factory=list)
    """One of a name, as ``llm_worker.speaker`` has it: what was asked for first stands."""
    sounding: int = 0
    """Of so many sentences there is sound."""
    closed: bool = False
    """Whether nobody is to go on with it."""

    def add(self, number: int, sentence: Sentence) -> None:
        """A sentence came. One without sound gives way to another attempt's, and all behind it."""
        if self.sentences[number : number + 1] != [sentence.text]:
            self._keep(max(number, self.sounding))
            self.sentences.append(sentence.text)
            self.closed = self.closed or len(self.sentences) != number + 1
        self.asked += [action for action in sentence.asked if action.name not in {known.name for known in self.asked}]

    def _keep(self, count: int) -> None:
        del self.sentences[count:]
        self.asked = self._asked_in(count)

    def _asked_in(self, count: int) -> list[Action]:
        """What was asked for with so many sentences."""
        return [action for action in self.asked if action.after < count]

    @property
    def sound(self) -> Emitted:
        """What there is sound of."""
        return Emitted(self.sentences[: self.sounding], self._asked_in(self.sounding))

    def is_heard(self, chunk: SpeechChunk) -> bool:
        """Whether it is sound of the sentence that is here, and not of words that gave way."""
        number = chunk.head.seq
        return not chunk.words or number >= len(self.sentences) or chunk.words == fingerprint(self.sentences[number])

    def sounds(self, number: int) -> None:
        """Sound of a sentence came."""
        self.sounding = max(self.sounding, number + 1)
        self.closed = self.closed or self.sounding > len(self.sentences)


class Unanswered:
    """One a gateway, of all its calls."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, Publication]] = {}
        self._begun: dict[str, Begun] = {}
        """Of each call the reply that was asked for last."""

    def published(self, stage: Stage, message: Message, audio: bytes = b"") -> bool:
        """It is about to be: a reply may be quicker than word that it was. Whether it is kept."""
        if not isinstance(message, Utterance | Transcript):
            return False
        self._await_reply(message)
        self._calls.setdefault(message.head.call, {})[streams.ALONE.done(stage, message)] = Publication(stage, message, audio)
        return True

    def replied(self, message: Message) -> None:
        """A worker's message came."""
        head = message.head
        match message:
            case Transcript(piece="whole", text=text) if text:
                self._reply(head).question = message
            case Transcript() | StageFailed(stage="asr"):
                asked = Utterance(head=head, utterance=message.utterance, piece=message.piece)
                self._drop(head.call, {streams.ALONE.done("asr", asked)})
            case Sentence():
                self._reply(head).add(head.seq, message)
            case SpeechChunk() if self._reply(head).is_heard(message):
                self._drop_turn(head)
                self._reply(head).sounds(head.seq)
            case ReplyEnded() | ToolStarted(effects=True) | StageFailed(stage="llm"):
                self._drop_turn(head)
                self._reply(head).closed = True
            case _:
                pass

    def closed(self, call: str, turn: int) -> None:
        """The turn was raised past."""
        self._drop(call, {key for key, kept in self._kept(call) if _in_turn(kept, 0, turn)})
        if call in self._begun and self._begun[call].turn <= turn:
            del self._begun[call]

    def forget(self, call: str) -> None:
        """The gateway is done with the call."""
        self._calls.pop(call, None)
        self._begun.pop(call, None)

    def all(self) -> list[Publication]:
        """All of it, of each call in its order."""
        return [kept for call in self._calls.values() for kept in call.values()]

    def sounding(self) -> list[tuple[Transcript, Emitted]]:
        """What is to be gone on with: questions, and as much of their replies as there is sound of."""
        begun = [reply for reply in self._begun.values() if reply.sounding and not reply.closed]
        return [(reply.question, reply.sound) for reply in begun if reply.question is not None]

    def _await_reply(self, question: Utterance | Transcript) -> None:
        head = question.head
        if streams.stale_by_turn(question) and (head.call not in self._begun or self._begun[head.call].turn < head.turn):
            self._begun[head.call] = Begun(head.turn)
        if isinstance(question, Transcript):
            self._reply(head).question = question

    def _reply(self, head: Head) -> Begun:
        """The reply of this turn; if none is awaited in it, one that nobody keeps."""
        begun = self._begun.get(head.call)
        return begun if begun is not None and begun.turn == head.turn else Begun(head.turn)

    def _drop_turn(self, head: Head) -> None:
        self._drop(head.call, {key for key, kept in self._kept(head.call) if _in_turn(kept, head.turn, head.turn)})

    def _kept(self, call: str) -> list[tuple[str, Publication]]:
        return list(self._calls.get(call, {}).items())

    def _drop(self, call: str, keys: set[str]) -> None:
        kept = self._calls.get(call, {})
        for key in keys & kept.keys():
            del kept[key]
        if not kept:
            self._calls.pop(call, None)


def _in_turn(kept: Publication, first: int, last: int) -> bool:
    return streams.stale_by_turn(kept.message) and first <= kept.message.head.turn <= last
