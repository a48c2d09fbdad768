"""The LLM stage: what the caller said in, a reply in sentences out, each as soon as it is complete.

    Transcript -> emit Sentence 0, 1, 2 ... (to the TTS stage and to the gateway)
               -> commit [Action ...] ReplyEnded (to the gateway)

A sentence can't be taken back, so ``emit`` numbers them in Redis and the commit comes last. A
second attempt loads what is out and goes on after it. ``emit`` answers how many are out: fewer than
expected, Redis forgot its tail and gets it again from memory; more, somebody overtook us and we
stop; -1, the turn was raised past.

``ReplyEnded.llm_ms`` is the vendor's time to the first sentence, the part that the caller waits for.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from common.bus import Delivery, Output, PastTurn, WorkerBus
from common.config import Settings
from common.errors import TorimError
from common.logs import shown
from common.messages import Action, Head, ReplyEnded, Sentence, Stage, Transcript
from common.phrases import phrases
from common.vendor_stream import closing, next_piece
from llm_worker.conversation import Reply, last_heard, prompt_of
from llm_worker.sentences import SentenceCutter
from llm_worker.vendors.base import ActionRequest, Model, Prompt

STAGE: Stage = "llm"
FIRST_SENTENCE_S = 3.5
NEXT_PIECE_S = 2.0
MAX_SENTENCES = 64
"""A model that never ends is cut off here: minutes more than a caller listens to."""

logger = logging.getLogger("torim.llm_worker")


class Stale(TorimError):
    """The reply's turn was raised past: it is nobody's any more."""


class Overtaken(TorimError):
    """Another worker is further with this reply: the entry is its own."""


class LlmWorker:
    """Handles the entries of the ``llm`` stream."""

    def __init__(self, model: Model, vendor: str, settings: Settings) -> None:
        self._model = model
        self._vendor = vendor
        self._settings = settings

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        """Answer one transcript.

        Raises:
            VendorError: this attempt failed; what it emitted stays.
        """
        transcript = delivery.message
        if not isinstance(transcript, Transcript):
            raise TypeError(f"no transcript: {type(transcript).__name__}")
        head = transcript.head
        # At once, not one after the other: the caller waits for these round trips.
        done, history, spoken = await asyncio.gather(bus.done(STAGE, delivery), bus.history(head.call), bus.emitted(head.call, head.turn))
        if done:
            await bus.drop(STAGE, delivery)
            return
        speaker = Speaker(bus, delivery, head, Reply(spoken))
        try:
            outputs = await self._answer(transcript, history, speaker)
        except Stale:
            outputs = []
        except Overtaken:
            logger.info("call=%s turn=%d overtaken", head.call, head.turn)
            return
        await bus.commit(STAGE, delivery, outputs)

    async def _answer(self, transcript: Transcript, history: Sequence[PastTurn], speaker: "Speaker") -> list[Output]:
        if transcript.text:
            await self._stream(prompt_of(transcript, history, speaker.reply.sentences), speaker)
            await self._close(speaker, last_heard(history))
        self._log(transcript, speaker)
        return speaker.outputs()

    # --- The model's stream

    async def _stream(self, prompt: Prompt, speaker: "Speaker") -> None:
        loop, cutter = asyncio.get_running_loop(), SentenceCutter()
        deadline_s = loop.time() + FIRST_SENTENCE_S
        async with closing(self._model.reply(prompt)) as stream:
            while (piece := await next_piece(stream, deadline_s, self._vendor)) is not None:
                await self._take(piece, cutter, speaker)
                if speaker.full:
                    return
                if speaker.first_sentence_ms is not None:
                    deadline_s = loop.time() + NEXT_PIECE_S
        for sentence in cutter.flush():
            await speaker.say(sentence)

    async def _take(self, piece: str | ActionRequest, cutter: SentenceCutter, speaker: "Speaker") -> None:
        # What is to be done comes after the words before it, complete or not.
        for sentence in cutter.push(piece) if isinstance(piece, str) else cutter.flush():
            await speaker.say(sentence)
        if isinstance(piece, ActionRequest):
            speaker.request(piece)

    async def _close(self, speaker: "Speaker", heard_last: str) -> None:
        """Add what the rules for a whole reply ask for (S11, S12); a goodbye is a goodbye, said twice or not."""
        said = phrases(self._settings, speaker.head.language)
        if speaker.hangs_up:
            closing_sentence = "" if speaker.reply.sentences else said.goodbye
        else:
            closing_sentence = speaker.reply.closing_sentence(
                heard_last=heard_last, empty_reply=said.empty_reply, suffix=said.same_reply_suffix
            )
        if closing_sentence:
            await speaker.say(closing_sentence)

    def _log(self, transcript: Transcript, speaker: "Speaker") -> None:
        head, reply = transcript.head, speaker.reply
        logger.info(
            "call=%s turn=%d sentences=%d llm_ms=%d text=%s",
            head.call, head.turn, len(reply.sentences), speaker.llm_ms,
            shown(" ".join(reply.sentences), self._settings.log_texts),
        )  # fmt: skip


@dataclass(slots=True)
class Speaker:
    """Sends a reply's sentences out in order, and knows what has to follow them."""

    bus: WorkerBus
    delivery: Delivery
    head: Head
    reply: Reply
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    first_sentence_ms: int | None = None
    _requests: list[tuple[int, ActionRequest]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether the reply is as long as any may be."""
        return len(self.reply.sentences) >= MAX_SENTENCES

    @property
    def hangs_up(self) -> bool:
        """Whether the call ends with this reply."""
        return any(request.name == "hang_up" for _, request in self._requests)

    @property
    def llm_ms(self) -> int:
        """Time to the first sentence, or until now if there is none."""
        return self._elapsed_ms() if self.first_sentence_ms is None else self.first_sentence_ms

    def _elapsed_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self.began_s) * 1000)

    def request(self, request: ActionRequest) -> None:
        """Have something done after the sentences so far."""
        self._requests.append((len(self.reply.sentences) - 1, request))

    async def say(self, sentence: str) -> None:
        """Send a sentence out, unless it is out already or the reply is full.

        Raises:
            Stale, Overtaken: nothing more of this reply may be sent from here.
        """
        if self.first_sentence_ms is None:
            self.first_sentence_ms = self._elapsed_ms()
        if not self.full and self.reply.add(sentence):
            await self._emit_up_to(len(self.reply.sentences))

    async def _emit_up_to(self, count: int) -> None:
        number = count - 1
        for _ in range(2 * MAX_SENTENCES):
            out = await self._emit(number)
            if out == -1:
                raise Stale
            if out > number + 1:
                raise Overtaken
            if out == count:
                return
            number = out  # one more, or as many as a server without its tail has left
        raise RuntimeError("emit makes no headway")

    async def _emit(self, number: int) -> int:
        text = self.reply.sentences[number]
        sentence = Sentence(head=msgspec.structs.replace(self.head, seq=number, take=0), text=text)
        return await self.bus.emit(STAGE, self.delivery, number, text, [Output("tts", sentence), Output(None, sentence)])

    def outputs(self) -> list[Output]:
        """What the commit sends: actions first, so that the gateway knows them when the reply ends."""
        count = len(self.reply.sentences)
        actions = [
            Output(None, Action(head=self.head, after=min(max(after, 0), count - 1), name=request.name, argument=request.argument))
            for after, request in self._requests
        ]
        return [*actions, Output(None, ReplyEnded(head=self.head, sentences=count, llm_ms=self.llm_ms))]
