"""The TTS stage: a sentence in, its sound out in chunks, the first as soon as there is any.

The front end says in words what the sentence has in digits and signs, so the voice is given another text than the gateway
holds; where words end is told in those of the sentence.

    Sentence -> send SpeechChunk ... SpeechChunk{last}  (to the gateway; a lost one shows in the next offset)
             -> commit                                  (nothing: it only says that the sentence is done)

Two workers may speak one sentence, and the gateway keeps the sound of one of them, whichever of them commits. So each attempt's
sound is whole by itself, its end included.

Sentences of a call come in the stream's order, and a free slot takes the oldest; so sentence k
begins before k+1, and a later one never waits for more than a slot.

``SpeechChunk.tts_ms`` is the vendor's time to its first sound.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from zlib import crc32

from common import metrics
from common.agents.agent import Agent
from common.agents.in_use import KnownAgents
from common.audio import SAMPLE_RATE_HZ
from common.bus import Delivery, Output, WorkerBus
from common.config import Settings
from common.deadlines import time_left_s, waited_s
from common.errors import TorimError, VendorError
from common.messages import Head, Sentence, SpeechChunk, Stage, fingerprint
from common.vendor_stream import closing, given_up_after, next_piece
from tts_worker.chunks import Chunker
from tts_worker.front_end import speakable
from tts_worker.front_end.spoken import Spoken
from tts_worker.vendors.base import SpeechRequest, StandIn, Voice, WordEnds

STAGE: Stage = "tts"
FIRST_SOUND_S = 3.5
"""From when the sentence is next to play, by the server's time (``common/deadlines.py``)."""
NEXT_PIECE_S = 2.0
"""Beside what the piece before sounds: a voice that computes clauses as a whole is not waited for while one of them is heard."""
_PIECES_AHEAD = 16
"""Pieces that a vendor may be ahead of the stream; then it waits."""

Piece = bytes | WordEnds | VendorError | None
"""Sound, where words end in it, how it failed, or its end."""

logger = logging.getLogger("torim.tts_worker")


class NobodyListens(TorimError):
    """The gateway is gone: what is spoken now is heard by nobody."""


class TtsWorker:
    """Handles the entries of the ``tts`` stream."""

    def __init__(self, voice: Voice, vendor: str, settings: Settings | None = None) -> None:
        self._agents = KnownAgents(settings or Settings())
        self._voice = voice
        self._vendor = vendor

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        """Speak one sentence.

        Raises:
            VendorError: this attempt failed; the gateway drops its bytes when the next one speaks.
        """
        sentence = delivery.message
        if not isinstance(sentence, Sentence):
            raise TypeError(f"no sentence: {type(sentence).__name__}")
        if await bus.done(STAGE, delivery):
            await bus.drop(STAGE, delivery)
            return
        agent = await self._agents.of(sentence.head, bus)
        spoken = speakable(sentence.text, sentence.head.language, agent.pronunciations(sentence.head.language))
        speech = Speech(bus, delivery, sentence, spoken)
        request = _request(sentence.head, spoken, agent.snapshot.agent)
        try:
            await self._speak(request, speech, self._first_sound_s(delivery, sentence, bus))
            await speech.finish()
        except NobodyListens:
            logger.info("call=%s turn=%d sentence=%d nobody_listens", sentence.head.call, sentence.head.turn, sentence.head.seq)
        await bus.commit(STAGE, delivery, [])
        self._log(sentence, speech)

    def _first_sound_s(self, delivery: Delivery, sentence: Sentence, bus: WorkerBus) -> float:
        """Time to the first sound. The first sentence, and what is asked for again, are next to play; others may have to wait for those."""
        is_next = sentence.head.seq == 0 or sentence.head.take > 0
        return time_left_s(delivery, bus, FIRST_SOUND_S, self._vendor) if is_next else FIRST_SOUND_S

    async def _speak(self, request: SpeechRequest, speech: "Speech", first_s: float) -> None:
        pieces: asyncio.Queue[Piece] = asyncio.Queue(_PIECES_AHEAD)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._synthesise(request, pieces, first_s))
                failure = await speech.deliver(pieces)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # one of the two failed and the other was cancelled
        if failure is None and speech.chunker.silent:
            failure = VendorError(self._vendor, "no_sound", retryable=True)
        if failure is not None:
            raise failure

    async def _synthesise(self, request: SpeechRequest, pieces: "asyncio.Queue[Piece]", limit_s: float) -> None:
        try:
            with given_up_after(limit_s) as deadline_s:
                async with closing(self._voice.synthesise(request)) as sound:
                    await self._pump(sound, pieces, deadline_s)
        except VendorError as error:
            await pieces.put(error)
        else:
            await pieces.put(None)

    async def _pump(self, sound: AsyncIterator[bytes | WordEnds], pieces: "asyncio.Queue[Piece]", deadline_s: float) -> None:
        loop = asyncio.get_running_loop()
        while (piece := await next_piece(sound, deadline_s, self._vendor)) is not None:
            await pieces.put(piece)
            deadline_s = loop.time() + NEXT_PIECE_S + (len(piece) / SAMPLE_RATE_HZ if isinstance(piece, bytes) else 0)

    def _log(self, sentence: Sentence, speech: "Speech") -> None:
        head = sentence.head
        logger.info(
            "call=%s turn=%d sentence=%d take=%d tts_ms=%d bytes=%d",
            head.call, head.turn, head.seq, head.take, speech.first_sound_ms or 0, speech.chunker.sent_bytes,
        )  # fmt: skip


def _request(head: Head, spoken: Spoken, agent: Agent) -> SpeechRequest:
    return SpeechRequest(spoken.text, head.language, head.turn, head.seq, agent.voice, agent.models.tts)


@dataclass(slots=True)
class Speech:
    """One take's way to the gateway."""

    bus: WorkerBus
    delivery: Delivery
    sentence: Sentence
    spoken: Spoken
    chunker: Chunker = field(default_factory=Chunker)
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    first_sound_ms: int | None = None
    spoken_ends: list[int] = field(default_factory=list)
    """Where spoken words end, as far as the voice told."""
    told: int = 0
    """Of how many of the sentence's words the gateway knows where they end."""
    stand_in: bool = False
    waited_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self.waited_ms = round(waited_s(self.delivery, self.bus) * 1000)

    async def deliver(self, pieces: "asyncio.Queue[Piece]") -> VendorError | None:
        """Send chunks as they are due, until the sound ends or fails."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout_at(self.chunker.deadline_s):
                    piece = await pieces.get()
            except TimeoutError:
                await self._send(b"", loop.time())
                continue
            if piece is None or isinstance(piece, VendorError):
                return piece
            if isinstance(piece, WordEnds):
                self.spoken_ends += piece.at_bytes
                continue
            self.stand_in = self.stand_in or isinstance(piece, StandIn)
            if self.first_sound_ms is None:
                self.first_sound_ms = round((loop.time() - self.began_s) * 1000)
                metrics.FIRST_SOUND_S.observe(self.first_sound_ms / 1000)
            await self._send(piece, loop.time())

    async def _send(self, sound: bytes, now_s: float) -> None:
        """Send what is due, ``sound`` included."""
        offset_bytes = self.chunker.sent_bytes
        for chunk in self.chunker.push(sound, now_s) if sound else self.chunker.overdue(now_s):
            await self._send_chunk(chunk, offset_bytes)
            offset_bytes += len(chunk)

    async def finish(self) -> None:
        """Send what is left at the end of the sound, and how long all of it is."""
        offset_bytes = self.chunker.sent_bytes
        if chunk := self.chunker.flush():
            await self._send_chunk(chunk, offset_bytes)
        await self._send_chunk(b"", self.chunker.sent_bytes, last=True)

    async def _send_chunk(self, chunk: bytes, offset_bytes: int, *, last: bool = False) -> None:
        if not await self.bus.send(Output(None, self._message(offset_bytes, last=last), chunk)):
            raise NobodyListens

    def _message(self, offset_bytes: int, *, last: bool) -> SpeechChunk:
        ends = self.spoken.written_ends(self.spoken_ends)[self.told :]
        self.told += len(ends)
        return SpeechChunk(
            head=self.sentence.head,
            offset_bytes=offset_bytes,
            last=last,
            attempt=attempt_number(self.delivery, self.began_s),
            tts_ms=self.first_sound_ms or 0,
            word_ends=ends,
            waited_ms=self.waited_ms,
            words=fingerprint(self.sentence.text),
            stand_in=self.stand_in,
        )


def attempt_number(delivery: Delivery, began_s: float) -> int:
    """Tells this synthesis from every other of the sentence, and rises with the attempt.

    An entry that is on the stream twice, after a write that was repeated, may be spoken by two workers at
    once, both at their first attempt: without the entry's id their bytes would mix in the gateway. A Redis that forgot its
    tail forgets the delivery, too, and the same entry's first attempt comes again: so the moment counts.
    """
    return delivery.attempt << 20 | crc32(f"{delivery.id} {began_s}".encode()) & 0xFFFFF
