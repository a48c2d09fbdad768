"""The vendors of simulated calls through the shell: as slow and as faulty as their chances say.

Each of the caller's frames carries its number, so that the recogniser can tell which words are in a piece of sound; the
voice speaks sound that says what it is, of another length each time.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from asr_worker.vendors.base import NO_HINTS, Hints
from common.audio import FRAME_BYTES, pcm_to_mulaw
from common.errors import VendorError
from llm_worker.vendors.base import ActionRequest, Piece, Prompt
from tests.sim.caller import Caller
from tests.sim.judge_prompts import PromptsJudge
from tests.sim.pieces import Pieces
from tests.sim.sound import CELL_BYTES, sound
from tests.sim.tools import Workshop
from tests.sim.workers import DESK, Planned
from tts_worker.vendors.base import SpeechRequest

_NIBBLES = 5


def numbered_frame(number: int, level: int) -> bytes:
    """20 ms of RMS ``level`` whose first, faint samples are its number."""
    samples = b"".join(value.to_bytes(2, "little", signed=True) for value in (level, -level)) * (FRAME_BYTES // 2)
    digits = bytes(0xF0 | (number >> 4 * place & 15) for place in range(_NIBBLES))
    return digits + pcm_to_mulaw(samples)[_NIBBLES:]


def numbers_of(audio: bytes) -> list[int]:
    """The numbers of the frames in a piece of sound."""
    starts = range(0, len(audio), FRAME_BYTES)
    return [sum((audio[at + place] & 15) << 4 * place for place in range(_NIBBLES)) for at in starts]


@dataclass(slots=True)
class Vendors:
    """All three, as slow and as faulty as their chances say."""

    rng: random.Random
    caller: Caller
    fails: float
    workshop: Workshop
    pieces: Pieces
    prompts: PromptsJudge | None = None
    """Who hears what the model is asked; whoever makes it sets it."""
    asked: dict[int, Planned] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    spoken: int = 0
    _lengths: set[tuple[int, int, int]] = field(default_factory=set)
    texts: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    """Of each sentence: its text, and then the remaining words of each further take."""

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""

    async def _work(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self.rng.uniform(least_s, most_s))
        if self.rng.random() < self.fails:
            raise VendorError("sim", "down", retryable=self.rng.random() < 0.5)

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words in these frames."""
        numbers = numbers_of(audio)
        try:
            await self._work(0.05, 0.6)
        except VendorError:
            self.pieces.failed.append(range(numbers[0], numbers[-1] + 1))
            raise
        return self.caller.text(numbers[0], numbers[-1] + 1)

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """One to three sentences with calls of tools between them, the same in every attempt."""
        assert self.prompts is not None
        self.prompts.asked(prompt)
        planned = self.asked.setdefault(prompt.turn, Planned(self._sentences(prompt.turn)))
        calls, number = self.workshop.plan(prompt.turn, len(planned.sentences)), len(prompt.rounds)
        first = calls[number - 1][0] if number else 0
        last = calls[number][0] if number < len(calls) else len(planned.sentences)
        for sentence in planned.sentences[max(first, len(prompt.spoken)) : last]:
            await self._work(0.05, 0.5)
            yield sentence + " "
        if number < len(calls):
            await self._work(0.0, self.rng.choice((0.0, 2.5)))
            yield calls[number][1]
        elif self.workshop.transfers(prompt.turn):
            yield ActionRequest("transfer", argument=DESK)

    def _sentences(self, turn: int) -> list[str]:
        words = [[f"t{turn}s{number}w{word}" for word in range(self.rng.randint(3, 7))] for number in range(self.rng.randint(1, 3))]
        return [" ".join(sentence) + "." for sentence in words]

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        """Sound that says what it is."""
        self.spoken += 1
        texts = self.texts.setdefault((request.turn, request.sentence), [])
        if request.text not in texts:
            texts.append(request.text)
        take = texts.index(request.text)
        length = 2300 * len(request.text.split()) + self.rng.randint(-400, 400)
        length -= length % CELL_BYTES  # two takes may meet in a frame, and a piece of a cell says nothing
        self.counts["sound of another length"] += (request.turn, request.sentence, take) in self._lengths
        self._lengths.add((request.turn, request.sentence, take))
        lengths = self.asked[request.turn].sound_bytes
        lengths[(request.sentence, take)] = min(length, lengths.get((request.sentence, take), length))
        made = sound(request.turn, request.sentence, take, self.spoken % 100, length)
        for at in range(0, len(made), 4000):
            await self._work(0.02, 0.3)
            yield made[at : at + 4000]
