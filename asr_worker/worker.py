"""The ASR stage: an utterance's audio in, its words out.

    whole utterance with words  -> Transcript to the LLM stage and to the gateway
    whole utterance, no words   -> Transcript to the gateway alone (R2: it ends the turn)
    segment, probe              -> Transcript to the gateway alone (R6: the core joins them)

The deadline runs by the server's time of the entry (``common/deadlines.py``). An attempt may use all of it up, since a
slow recogniser begun anew is slower still; what fails early (a reset, an overloaded vendor) leaves time for the next attempt.
"""

import asyncio
import logging

from asr_worker.lineup import Gated
from asr_worker.vendors.base import Hints, Transcriber
from common.agents.in_use import KnownAgents
from common.bus import Delivery, Output, WorkerBus
from common.config import Settings
from common.deadlines import time_left_s, waited_s
from common.errors import VendorError
from common.logs import shown
from common.messages import Head, Stage, Transcript, Utterance
from common.vendor_stream import given_up_after

STAGE: Stage = "asr"
DEADLINE_S = 3.5
"""From the entry's server time to its transcript."""

logger = logging.getLogger("torim.asr_worker")


class AsrWorker:
    """Handles the entries of the ``asr`` stream."""

    def __init__(self, transcriber: Transcriber, vendor: str, settings: Settings) -> None:
        self._transcriber = transcriber
        self._vendor = vendor
        self._agents = KnownAgents(settings)
        self._log_texts = settings.log_texts

    async def handle(self, delivery: Delivery, bus: WorkerBus) -> None:
        """Transcribe one piece and commit what was heard.

        Raises:
            VendorError: this attempt failed.
        """
        utterance = delivery.message
        if not isinstance(utterance, Utterance):
            raise TypeError(f"no utterance: {type(utterance).__name__}")
        if await bus.done(STAGE, delivery):
            await bus.drop(STAGE, delivery)
            return
        hints = await self._hints(utterance.head, bus)
        waited_ms = round(waited_s(delivery, bus) * 1000)
        transcript = await self._transcribe(delivery, utterance, hints, time_left_s(delivery, bus, DEADLINE_S, self._vendor), waited_ms)
        committed = await bus.commit(STAGE, delivery, _outputs(transcript))
        self._log(transcript, committed)

    async def _hints(self, head: Head, bus: WorkerBus) -> Hints:
        """What the call's agent makes of the language that the caller is heard in now."""
        agent = await self._agents.of(head, bus)
        return Hints(agent.vocabulary(head.language), agent.snapshot.agent.models.asr)

    async def _transcribe(self, delivery: Delivery, utterance: Utterance, hints: Hints, limit_s: float, waited_ms: int) -> Transcript:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            with given_up_after(limit_s) as deadline_s:
                async with asyncio.timeout_at(deadline_s):
                    text = await self._transcriber.transcribe(
                        delivery.audio, language=utterance.head.language, turn=utterance.head.turn, hints=hints
                    )
        except TimeoutError:
            raise VendorError(self._vendor, "timeout", retryable=False) from None
        if isinstance(text, Gated):
            logger.info(
                "call=%s turn=%d utterance=%d piece=%s what=gated why=%s heard_chars=%d left_chars=%d",
                utterance.head.call, utterance.head.turn, utterance.utterance, utterance.piece, text.why, text.heard_chars, len(text),
            )  # fmt: skip
        took_ms = round((loop.time() - began_s) * 1000)
        return Transcript(
            head=utterance.head, utterance=utterance.utterance, text=text.strip(), piece=utterance.piece, asr_ms=took_ms,
            waited_ms=waited_ms,
        )  # fmt: skip

    def _log(self, transcript: Transcript, committed: bool) -> None:
        head = transcript.head
        logger.info(
            "call=%s turn=%d utterance=%d piece=%s asr_ms=%d committed=%s text=%s",
            head.call, head.turn, transcript.utterance, transcript.piece, transcript.asr_ms, committed,
            shown(transcript.text, self._log_texts),
        )  # fmt: skip


def _outputs(transcript: Transcript) -> list[Output]:
    to_gateway = Output(None, transcript)
    if transcript.piece == "whole" and transcript.text:
        return [Output("llm", transcript), to_gateway]
    return [to_gateway]
