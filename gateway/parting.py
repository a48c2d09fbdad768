"""A call for which there is no more money (``spending.py``), or that is too long, ends politely: behind its next reply the bot says so, and
hangs up.

    worker    Sentence 0 ... Sentence n-1   ReplyEnded(n)
    core      Sentence 0 ... Sentence n-1   Sentence n, its sound, Action(hang_up), ReplyEnded(n + 1)

So nothing is cut off, the core knows no other end than a reply's, and the words stand in the history as they were heard. They are a fixed
phrase (R10). No voice stops them, nor what comes before them: a caller who talks over each reply would never go. A turn that ends
before its reply sounds leaves it to the next one. A transfer goes first: somebody else pays for what is said there.
"""

from typing import Literal

import msgspec

from common.bus import Delivery
from common.messages import Action, ReplyEnded, Sentence, SpeechChunk
from gateway.turn.events import WorkerReported
from gateway.turn.phrases import Phrase, PhraseBook


class Parting:
    """Of one call."""

    def __init__(self) -> None:
        self.words: Literal["", "spent", "goodbye"] = ""
        """The phrase that is said behind the next reply, which is the last one; "": it is not."""

    def told(self, delivery: Delivery, phrases: PhraseBook) -> list[WorkerReported]:
        """What the core is told of a worker's message."""
        match delivery.message:
            case ReplyEnded() as ended if self.words:
                return _with_parting(ended, phrases.spent if self.words == "spent" else phrases.goodbye)
            case Sentence() as sentence if self.words:
                return [WorkerReported(msgspec.structs.replace(sentence, interruptible=False))]
            case message:
                return [WorkerReported(message, delivery.audio)]


def _with_parting(ended: ReplyEnded, phrase: Phrase) -> list[WorkerReported]:
    said = bool(phrase.audio)
    head = msgspec.structs.replace(ended.head, seq=ended.sentences, take=0)
    words = [
        WorkerReported(Sentence(head=head, text=phrase.text, interruptible=False)),
        WorkerReported(SpeechChunk(head=head, offset_bytes=0, last=True), phrase.audio),
    ]
    return [
        *(words if said else []),
        WorkerReported(Action(head=ended.head, after=ended.sentences, name="hang_up")),
        WorkerReported(msgspec.structs.replace(ended, sentences=ended.sentences + said)),
    ]
