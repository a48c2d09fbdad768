"""The three vendors on the stage: a real recogniser behind a drawn delay, and a model and a voice that say what is kept.

Delays are drawn for the thing that they are of (a piece by its sound, a sentence by its turn and number), from a seed: other settings meet
the same delays, and the order of the scenes changes nothing.

``GUIDE`` has the figures of Twilio's "A Guide to Core Latency in AI Voice Agents (Cascaded Edition)", November 2025
(https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents): target and upper limit of each
stage, 350 / 500 ms for speech to text, 375 / 750 ms to the model's first token, 100 / 250 ms to the voice's first byte. With the
60 ms that it leaves for the rest that is its 885 ms, target of the gap between two turns on the platform. Ours to choose: the target is the
median and the limit the 95th percentile of a log-normal delay, no longer than twice the limit; a token is a word, 50 a second; speech to
text counts from the piece's publication.
"""

import asyncio
import hashlib
import math
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from asr_worker.vendors.base import NO_HINTS, Hints
from llm_worker.vendors.base import Piece, Prompt
from tests.bench.turns.ear import Ear
from tests.bench.turns.stage_voice import SENTENCES, reply
from tts_worker.vendors.base import SpeechRequest

_P95 = 1.6449
"""Standard deviations above the mean, of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Delay:
    """One stage's."""

    median_s: float = 0.0
    p95_s: float = 0.0

    def drawn(self, *of: object) -> float:
        """The delay of one thing, the same each time."""
        if not self.median_s:
            return 0.0
        spread = math.log(self.p95_s / self.median_s) / _P95
        return min(random.Random(repr(of)).lognormvariate(math.log(self.median_s), spread), 2 * self.p95_s)


@dataclass(frozen=True, slots=True)
class Delays:
    """All that a call waits for."""

    name: str
    words: Delay = Delay()
    first_token: Delay = Delay()
    first_sound: Delay = Delay()
    token_s: float = 0.0
    seed: int = 1


ZERO = Delays("zero")
GUIDE = Delays("guide", words=Delay(0.35, 0.5), first_token=Delay(0.375, 0.75), first_sound=Delay(0.1, 0.25), token_s=0.02)


@dataclass(slots=True)
class Vendors:
    """Those of one call."""

    ear: Ear
    delays: Delays
    scene: str
    sentences: int = len(SENTENCES)
    """Of each reply."""
    planned: dict[int, int] = field(default_factory=dict)
    """Bytes of the reply of each turn for which a model was asked."""

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words that the ear reads."""
        await asyncio.sleep(self._drawn(self.delays.words, hashlib.sha256(audio).hexdigest()))
        return self.ear.words(audio, language)

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """The reply of this turn, word by word if words take their time."""
        said = reply(prompt.turn, self.sentences)
        self.planned[prompt.turn] = sum(len(sentence.sound) for sentence in said)
        await asyncio.sleep(self._drawn(self.delays.first_token, "token", prompt.turn))
        for sentence in said:
            for word in sentence.text.split() if self.delays.token_s else [sentence.text]:
                yield f"{word} "
                if self.delays.token_s:
                    await asyncio.sleep(self.delays.token_s)

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        """The sentence's sound; of its last words, where it is asked for no more than those."""
        sentence = reply(request.turn, self.sentences)[request.sentence]
        part = min(1.0, len(request.text.split()) / len(sentence.text.split()))
        await asyncio.sleep(self._drawn(self.delays.first_sound, "sound", request.turn, request.sentence, part))
        yield sentence.sound[round((1 - part) * len(sentence.sound)) :]

    def _drawn(self, delay: Delay, *of: object) -> float:
        return delay.drawn(self.delays.seed, self.scene, *of)
