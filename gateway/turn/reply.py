"""The bot's reply as it comes in, sentence by sentence, take by take (R9).

Rules
    Sentence k + 1 waits for the last chunk of k, its failure, or a new take of it.
    One take of a sentence is heard: bytes of two takes, or of two attempts at one take, never
    mix. A sentence of which nothing was sent is replaced whole; one that is playing is
    finished by a take of its remaining words. Where nothing of a sentence came yet, the first of
    its takes to begin is heard: slow sound is not thrown away for sound that is no faster. Its bytes are waited for, but for less time once
    another attempt has begun it anew: then its worker is gone, and these bytes will not come.
    A sentence is given up after three takes. What was asked for in vain counts no more once sound of the sentence comes: a Redis
    that stood still brings a first piece, and then three takes at once, of which none goes on with it.
    One attempt at the reply is heard. Another one may make it anew, in other words, where Redis lost its tail: the first sentence
    that is not what was here of its number shows it. If that one had no sound yet, the other reply goes on from there. Else nothing
    of the other counts: what sounds in a row is the reply, and the fallback phrase follows unless that was all of it.
    Sound tells the words that it is of: late sound of words that gave way is not taken for that of those in their place.
    The first sentence that cannot be spoken is a beep, once a reply (S13). A reply that a voice leaves in the middle of its last
    sentence is followed by the fallback phrase: else the caller would wait for the rest (R10).
    What would make the reply longer than ``max_bytes`` is cut at the end of a sentence, and a
    sentence that is longer than that by itself is cut off.
"""

from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from common.messages import SpeechChunk, fingerprint
from gateway.clip import Clip
from gateway.playout import Playout

Unused = Literal["length", "words", "whole", "take", "attempt", "place"]
"""Why sound is of no use: the reply is too long; it is of other words; all of its sentence is here; another take, or another attempt at it,
is heard; it is not what comes next."""
STARVED_S = 1.5
LEFT_S = 0.3
"""Of a sentence that another attempt began anew while it was playing: whoever spoke it is gone."""
_MAX_TAKES = 3
_MAX_SENTENCES = 200


@dataclass(slots=True, eq=False)
class _Sentence:
    clip: Clip
    says: dict[int, int] = field(default_factory=dict)
    """Which words each of its takes says (``fingerprint``): those that it was made with, and what was asked for; none: not known yet."""
    take: int = 0
    """The one that is heard, or is waited for."""
    asked: int = 0
    """The one that was asked for last."""
    began: int = 0
    """So many of its takes began to come."""
    tried: int = 1
    """These, and those that are asked for in vain since."""
    attempt: int | None = None
    base: int = 0
    """Where in the clip the current take begins."""
    failed: bool = False
    left: bool = False
    """Whether a later attempt began it anew, of which nothing can be used."""
    cut: bool = False
    """Whether its sound ends before its text does."""
    broken: bool = False
    """Whether that is the voice's doing, or its reply's rest is lost."""

    @property
    def begun(self) -> bool:
        """Whether any of its sound is here, or never will be."""
        return self.clip.complete or bool(self.clip.audio)

    def is_of(self, chunk: SpeechChunk) -> bool:
        """Whether it is sound of these words, as far as can be told."""
        return not self.says or chunk.words in (0, self.says.get(chunk.head.take))


class Reply:
    """The reply of one turn."""

    def __init__(self, playout: Playout, beep: bytes, max_bytes: int) -> None:
        self.ended = False
        """Whether the LLM is done: ReplyEnded came, or it failed."""
        self.forked = False
        """Whether another attempt began it anew, in other words, while it sounds already: nothing that comes yet is of this one."""
        self._whole = False
        """Whether the LLM ended it itself."""
        self._playout = playout
        self._beep = beep
        self._max_bytes = max_bytes
        self._beeped = False
        self._sentences: list[_Sentence] = []
        self._expected = 0
        self._limit = _MAX_SENTENCES
        """First sentence that is not played any more."""

    # -- What comes in --------------------------------------------------------------------

    def sentence_arrived(self, number: int, text: str, *, interruptible: bool = True) -> None:
        """Sentence ``number`` was made; its sound will come, or was even here before it."""
        if self._too_long(number):
            return
        sentence, words = self._sentence(number), fingerprint(text)
        if sentence.says.get(0, words) != words and not self._gives_way(number):
            return
        sentence.says[0], sentence.clip.text = words, text
        sentence.clip.interruptible = interruptible
        if sentence.cut:
            sentence.clip.keep_spoken_words()

    def speech_arrived(self, chunk: SpeechChunk, audio: bytes) -> Unused | None:
        """A piece of sound; why it is of no use, if it is not."""
        if self._too_long(chunk.head.seq):
            return "length"
        sentence = self._sentence(chunk.head.seq)
        unused = self._why_unused(sentence, chunk)
        if unused is None:
            self._keep(sentence, chunk, audio)
        return unused

    def sentence_failed(self, number: int, take: int) -> None:
        """The sentence cannot be spoken: what there is of it stays, else a beep."""
        if self._too_long(number):
            return
        sentence = self._sentence(number)
        if sentence.clip.complete or take != sentence.take:
            return
        sentence.broken = bool(sentence.clip.audio)
        self._give_up(sentence)

    def reply_ended(self, sentences: int) -> None:
        """No sentence follows after the first ``sentences`` ones."""
        self.ended = self._whole = True
        self._expected = sentences

    def broke_off(self) -> None:
        """The LLM failed for good: no sentence follows those that came."""
        self.ended = True

    def end_after(self, number: int) -> None:
        """Play nothing behind sentence ``number`` but what sounds already."""
        begun = [at for at, sentence in enumerate(self._sentences) if sentence.clip.sent]
        self._cut_after(min(max([number, *begun]), self._limit - 1))

    # -- What is the case -----------------------------------------------------------------

    @property
    def text(self) -> str:
        """All of the reply, heard or not."""
        return " ".join(sentence.clip.text for sentence in self._sentences)

    @property
    def complete(self) -> bool:
        """Whether all of its sound is here, or never will be."""
        return (
            self.ended
            and len(self._sentences) >= min(self._expected, self._limit)
            and all(sentence.clip.complete for sentence in self._sentences)
        )

    @property
    def broken(self) -> bool:
        """Whether not one sentence of the complete reply could be spoken, or its model left it midway, or the voice its last sentence."""
        return not self._whole or all(sentence.failed for sentence in self._sentences) or self._sentences[-1].broken

    # -- Starvation -----------------------------------------------------------------------

    def retake(self, clip: Clip) -> tuple[int, int, str] | None:
        """Give up waiting for ``clip``'s bytes: (sentence, take, words) to be synthesised, None if given up."""
        number, sentence = self._of(clip)
        if sentence.tried >= _MAX_TAKES:
            sentence.broken = bool(clip.audio)
            self._give_up(sentence)
            return None
        spoken = len(clip.audio) if clip.sent else 0
        ends = clip.ends_in(spoken)
        words = clip.words(start=len(ends))
        if not words:
            sentence.cut = True  # its text may come yet, and be longer
            self._complete(sentence)
            return None
        sentence.asked += 1
        sentence.tried += 1
        sentence.says[sentence.asked] = fingerprint(words)
        del clip.audio[spoken:]
        clip.word_ends = ends
        sentence.take, sentence.attempt, sentence.base, sentence.left = sentence.asked, None, spoken, False
        return number, sentence.take, words

    def begun(self, clip: Clip | None) -> bool:
        """Whether sound of ``clip``, of a later sentence or, once its text is here, of an earlier one came: then silence is starvation."""
        if clip is None:
            return False
        clips = [sentence.clip for sentence in self._sentences]
        return any(other.audio for other in clips[0 if clip.text else clips.index(clip) :])

    def patience_s(self, clip: Clip) -> float:
        """How long the next bytes of ``clip`` are waited for."""
        return LEFT_S if self._of(clip)[1].left else STARVED_S

    # -- Inside -----------------------------------------------------------------------------

    def _sentence(self, number: int) -> _Sentence:
        while len(self._sentences) <= number:
            clip = Clip("reply")
            self._sentences.append(_Sentence(clip))
            self._playout.add(clip)
        return self._sentences[number]

    def _of(self, clip: Clip) -> tuple[int, _Sentence]:
        return next((number, sentence) for number, sentence in enumerate(self._sentences) if sentence.clip is clip)

    def _keep(self, sentence: _Sentence, chunk: SpeechChunk, audio: bytes) -> None:
        sentence.clip.audio += audio
        sentence.clip.word_ends += [sentence.base + end for end in chunk.word_ends]
        if chunk.last:
            self._complete(sentence)
        elif len(sentence.clip.audio) >= self._max_bytes:
            self._give_up(sentence)

    def _why_unused(self, sentence: _Sentence, chunk: SpeechChunk) -> Unused | None:
        clip, take = sentence.clip, chunk.head.take
        if not sentence.is_of(chunk):
            return "words"
        if self.forked and not chunk.words and not take and chunk.attempt != sentence.attempt:
            return "words"  # where they are not told, only takes that were asked for from here are surely of this reply
        if clip.complete:
            return "whole"
        if clip.audio and take != sentence.take:
            return "take"
        if (take, chunk.attempt) != (sentence.take, sentence.attempt):
            return None if self._begins(sentence, chunk) else "attempt"
        return None if sentence.base + chunk.offset_bytes == len(clip.audio) else "place"

    def _begins(self, sentence: _Sentence, chunk: SpeechChunk) -> bool:
        """Another attempt, or take, may begin where nothing of the one before was sent."""
        clip = sentence.clip
        fresh = len(clip.audio) == sentence.base
        later = chunk.attempt > (sentence.attempt or 0)
        replaceable = not clip.sent and not clip.heard and later
        if chunk.offset_bytes:
            return False
        if not (fresh or replaceable):
            if later:
                sentence.left = True
            return False
        if sentence.attempt is None:
            sentence.began += 1
            sentence.tried = sentence.began
        clip.forget_after(sentence.base)
        sentence.take, sentence.attempt = chunk.head.take, chunk.attempt
        if chunk.words:
            sentence.says.setdefault(sentence.take, chunk.words)
        return True

    def _give_up(self, sentence: _Sentence) -> None:
        clip = sentence.clip
        if clip.audio:
            sentence.cut = True
            clip.keep_spoken_words()
        else:
            sentence.failed = True
            if not self._beeped:
                self._beeped = True
                clip.kind = "beep"
                clip.audio += self._beep
        self._complete(sentence)

    def _complete(self, sentence: _Sentence) -> None:
        """All sound of ``sentence`` is here; drop the sentences for which the reply is too long now."""
        sentence.clip.complete = True
        total = 0
        for number, earlier in enumerate(self._sentences):
            total += len(earlier.clip.audio)
            if total >= self._max_bytes and earlier.clip.complete:
                self._cut_after(number)

    def _cut_after(self, number: int) -> None:
        self._limit = number + 1
        self._drop_from(self._limit)

    def _drop_from(self, number: int) -> None:
        for later in self._sentences[number:]:
            self._playout.remove(later.clip)
        del self._sentences[number:]

    def _gives_way(self, number: int) -> bool:
        """Whether sentence ``number``, which another attempt made in other words, makes room for it, and with it all that was to follow."""
        if self._sentences[number].begun:
            self._keep_what_sounds(number)
            return False
        self.ended = False
        self._sentences[number].says.clear()
        self._sentences[number].tried = 1
        self._drop_from(number + 1)
        return True

    def _keep_what_sounds(self, number: int) -> None:
        """The reply ends with what sounds from ``number`` on, in a row; unless that was all of it, its rest is missing."""
        sounding = len(list(takewhile(lambda sentence: sentence.begun, self._sentences[number:])))
        whole = self.ended and number + sounding >= self._expected
        self.forked = self.ended = True
        self._cut_after(number + sounding - 1)
        self._sentences[-1].broken = not whole

    def _too_long(self, number: int) -> bool:
        return number >= self._limit
