"""The LLM stage: what the caller said in, a reply in sentences out, each as soon as it is complete.

    Transcript -> emit Sentence 0, 1, 2 ... (to the TTS stage and to the gateway)
               -> tools, whose results the model goes on with (llm_worker/tool_runs.py), as it does where an action is refused
               -> commit [Action ...] ReplyEnded (to the gateway)

A sentence can't be taken back, so ``emit`` numbers them in Redis and the commit comes last. A
second attempt loads what is out, and what was asked for with it, and goes on after it. ``emit`` answers how many are out: fewer than
expected, Redis forgot its tail and gets it again from memory; more, somebody who has an entry of this
reply overtook us, or has other words, and we drop ours; -1, the turn was raised past. The commit, too, tells all sentences, and counts
only if nobody is further and none was forgotten.

A reply may take several rounds of model and tools; its sentences are numbered over all of them.

Beside that: Summarise -> commit Summary (to the gateway), once a call is over (llm_worker/summary.py).

``ReplyEnded.llm_ms`` is the vendor's time to the first sentence, the part that the caller waits for.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec

from common.agents.in_use import InUse, KnownAgents
from common.agents.switching import language_now
from common.bus import Delivery, HandlerBus, Output, PastTurn
from common.config import Settings
from common.deadlines import time_left_s
from common.effects import Effects
from common.errors import VendorError
from common.language import base_language
from common.logs import shown
from common.messages import Summarise, Summary, Transcript
from common.streams import ATTEMPTS
from common.vendor_stream import Working, closing, given_up_after, next_piece
from llm_worker.agent_tools import AgentTools, missing
from llm_worker.briefing import instructions_of
from llm_worker.conversation import Reply, last_heard, prompt_of
from llm_worker.sentences import SentenceCutter
from llm_worker.speaker import STAGE, TOOL_OF, Overtaken, Speaker, Stale
from llm_worker.summary import summary_of
from llm_worker.tool_runs import RaisedPast, ToolRuns
from llm_worker.tools import Toolbox
from llm_worker.vendors.base import ActionRequest, Model, Piece, Prompt, Round, ToolCall, ToolResult, Uninterruptible

FIRST_SENTENCE_S = 3.5
"""From the entry's server time (``common/deadlines.py``); from a tool's end where one was called."""
NEXT_PIECE_S = 2.0
"""From one to the next; a call that is being written shows by pieces, too, that it is (``Working``)."""
TELL_AFTER_S = 1.0
"""After so long the gateway hears that a call is being written."""
MAX_ROUNDS = 4
"""How often a model is asked for one reply; what it calls in the last round is not done."""
MAX_CALLS = 8
"""Of tools, in one reply."""
TOO_MANY = ToolResult("error: nothing was done, this answer made too many calls. Answer the caller now, without tools.", ok=False)
IN_VAIN = ToolResult(
    "error: not done, since a call before it did not work. Tell the caller, and call it again if it is still right.", ok=False
)

logger = logging.getLogger("torim.llm_worker")


@dataclass(slots=True)
class Writing:
    """A round's calls, while the model writes them."""

    runs: ToolRuns
    since_s: float | None = None
    told: bool = False

    async def goes_on(self, work: Working) -> float:
        """Until when to wait for more; the gateway hears of what takes long, or it would give the reply up."""
        now_s = asyncio.get_running_loop().time()
        if not work.on:
            return now_s  # a thought has the time of a first sentence
        self.since_s = now_s if self.since_s is None else self.since_s
        if not self.told and now_s - self.since_s >= TELL_AFTER_S:
            self.told = True
            await self.runs.is_written(work.on, work.may_take_s)
        return now_s + NEXT_PIECE_S


@dataclass(slots=True)
class Streamed:
    """One round of the model's: what it said, sent out already, what it calls, and what it asks the gateway to do."""

    said: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    actions: list[ActionRequest] = field(default_factory=list)
    decisions: list[ToolResult] = field(default_factory=list)
    """Of the actions, in order; those that are behind a call wait for it."""

    @property
    def wants_more(self) -> bool:
        """Whether the model is to hear what came of it."""
        return bool(self.calls) or not all(decision.ok for decision in self.decisions)

    def ended(self, results: Sequence[ToolResult]) -> Round:
        """What the model is told of it."""
        return Round("".join(self.said), tuple(self.calls), tuple(results), tuple(self.actions), tuple(self.decisions))


class LlmWorker:
    """Handles the entries of the ``llm`` stream."""

    def __init__(
        self,
        model: Model,
        vendor: str,
        settings: Settings,
        tools: Toolbox | None = None,
        agents_tools: AgentTools | None = None,
    ) -> None:
        """``tools``: those of the agent that the settings make."""
        self.effects = Effects()
        """For ``run_worker``: tools with effects outlive their entries."""
        self._model = model
        self._vendor = vendor
        self._settings = settings
        self._tools = tools or {}
        self._agents_tools = agents_tools or AgentTools()
        self._agents = KnownAgents(settings)

    async def handle(self, delivery: Delivery, bus: HandlerBus) -> None:
        """Answer one transcript, or sum a call up.

        Raises:
            VendorError: this attempt failed; what it emitted stays.
        """
        match delivery.message:
            case Transcript() as transcript:
                await self._reply(delivery, transcript, bus)
            case Summarise() as asked:
                await self._sum_up(delivery, asked, bus)
            case other:
                raise TypeError(f"no transcript: {type(other).__name__}")

    async def _sum_up(self, delivery: Delivery, asked: Summarise, bus: HandlerBus) -> None:
        if await bus.done(STAGE, delivery):
            await bus.drop(STAGE, delivery)
            return
        text = await summary_of(asked, self._model, self._vendor, await self._agents.of(asked.head, bus))
        await bus.commit(STAGE, delivery, [Output(None, Summary(head=asked.head, text=text))])

    async def _reply(self, delivery: Delivery, transcript: Transcript, bus: HandlerBus) -> None:
        head = transcript.head
        # At once, not one after the other: the caller waits for these round trips.
        done, history, emitted = await asyncio.gather(bus.done(STAGE, delivery), bus.history(head.call), bus.emitted(head.call, head.turn))
        if done:
            await bus.drop(STAGE, delivery)
            return
        agent = await self._agents.of(head, bus)
        file = agent.snapshot.agent
        transcript = _in_language(transcript, history, agent)
        delivery = replace(delivery, message=transcript)
        speaker = Speaker(bus, delivery, transcript.head, Reply(emitted.sentences), file.tools, file.destinations, asked=[*emitted.asked])
        runs = ToolRuns(
            bus,
            delivery,
            self._agents_tools.of(agent) if head.agent else self._tools,
            self.effects,
            file.limits,
            [run for turn in history for run in turn.tools],
            found={**emitted.found},
        )
        try:
            await self._answer(transcript, history, speaker, runs, agent)
            await speaker.end()
        except (Stale, RaisedPast):
            await bus.commit(STAGE, delivery, [])
        except Overtaken:
            logger.info("call=%s turn=%d overtaken", head.call, head.turn)
            await bus.drop(STAGE, delivery)  # else it is delivered again until its attempts are used up, and fails

    async def _answer(self, transcript: Transcript, history: Sequence[PastTurn], speaker: Speaker, runs: ToolRuns, agent: InUse) -> None:
        if transcript.text:
            spoken, tools, now_s = speaker.reply.sentences, tuple(runs.tools.values()), runs.bus.server_now_s(transcript.head.call)
            past_tokens = self._settings.llm_history_tokens
            prompt = _told(prompt_of(transcript, history, spoken, tools, runs.delivery.id, now_s, past_tokens), agent, now_s)
            prompt = replace(prompt, asked=tuple(TOOL_OF[action.name] for action in speaker.asked))
            # A reply that began is listened to: only what is not begun yet may be too late.
            first_s = FIRST_SENTENCE_S if spoken else time_left_s(runs.delivery, runs.bus, FIRST_SENTENCE_S, self._vendor)
            await self._as_far_as_it_comes(prompt, speaker, runs, first_s)
            await self._close(speaker, last_heard(history), agent)
        self._log(transcript, speaker)

    # --- The model's stream, and its tools

    async def _as_far_as_it_comes(self, prompt: Prompt, speaker: Speaker, runs: ToolRuns, first_s: float) -> None:
        """All of the reply; where the model fails for good but the call was to part here already, what there is of it."""
        try:
            await self._converse(prompt, speaker, runs, first_s)
        except VendorError as error:
            if speaker.parts_with is None or (error.retryable and runs.delivery.attempt < ATTEMPTS[STAGE]):
                raise
            logger.warning("call=%s turn=%d what=parts_early error=%s", speaker.head.call, speaker.head.turn, error.kind)

    async def _converse(self, prompt: Prompt, speaker: Speaker, runs: ToolRuns, first_s: float) -> None:
        used = 0
        for number in range(1, MAX_ROUNDS + 1):
            with given_up_after(first_s if number == 1 else FIRST_SENTENCE_S) as deadline_s:
                streamed = await self._stream(prompt, speaker, Writing(runs), deadline_s)
            if not streamed.wants_more or speaker.full or number == MAX_ROUNDS:
                return
            calls, may_use = streamed.calls, MAX_CALLS - used if number < MAX_ROUNDS - 1 else 0
            results = [await (runs.use(call) if at < may_use else runs.passed_by(call, TOO_MANY)) for at, call in enumerate(calls)]
            used += len(calls)
            worked = all(result.ok for result in results)
            for action in streamed.actions[len(streamed.decisions) :]:
                streamed.decisions.append(await speaker.request(action) if worked else IN_VAIN)
            prompt = replace(prompt, rounds=(*prompt.rounds, streamed.ended(results)))

    async def _stream(self, prompt: Prompt, speaker: Speaker, writing: Writing, deadline_s: float) -> Streamed:
        """One round."""
        loop, cutter, streamed = asyncio.get_running_loop(), SentenceCutter(), Streamed()
        spoke = False
        async with closing(self._model.reply(prompt)) as stream:
            while (piece := await next_piece(stream, deadline_s, self._vendor)) is not None:
                if isinstance(piece, Working):
                    deadline_s = max(deadline_s, await writing.goes_on(piece))
                else:
                    speaker.token_came()
                spoke = await self._take(piece, cutter, speaker, streamed) or spoke
                if speaker.full:
                    break
                if spoke:
                    deadline_s = loop.time() + NEXT_PIECE_S
        for sentence in cutter.flush():
            await speaker.say(sentence)
        return streamed

    async def _take(self, piece: Piece, cutter: SentenceCutter, speaker: Speaker, streamed: Streamed) -> bool:
        """Say what is complete, and note the rest; whether anything was said."""
        if isinstance(piece, Working) and not piece.on:
            return False
        # What is to be done comes after the words before it, complete or not.
        sentences = cutter.push(piece) if isinstance(piece, str) else cutter.flush()
        if isinstance(piece, ActionRequest) and not streamed.calls:
            streamed.decisions.append(await speaker.request(piece, sentences))
        else:
            for sentence in sentences:
                await speaker.say(sentence)
        match piece:
            case str():
                streamed.said.append(piece)
            case ToolCall():
                streamed.calls.append(piece)
            case ActionRequest():
                streamed.actions.append(piece)
            case Uninterruptible():
                speaker.protect()
            case Working():
                pass
        return bool(sentences)

    async def _close(self, speaker: Speaker, heard_last: str, agent: InUse) -> None:
        """Add what the rules for a whole reply ask for (S11, S12); who leaves leaves, said twice or not."""
        said = agent.phrases(speaker.head.language)
        if (parting := speaker.parts_with) is not None:
            words = said.transferring if parting.name == "transfer" else said.goodbye
            closing_sentence = "" if speaker.reply.sentences else words
        else:
            closing_sentence = speaker.reply.closing_sentence(
                heard_last=heard_last, empty_reply=said.empty_reply, suffix=said.same_reply_suffix
            )
        if closing_sentence:
            await speaker.say(closing_sentence)

    def _log(self, transcript: Transcript, speaker: Speaker) -> None:
        head, reply = transcript.head, speaker.reply
        logger.info(
            "call=%s turn=%d sentences=%d llm_ms=%d text=%s",
            head.call, head.turn, len(reply.sentences), speaker.llm_ms,
            shown(" ".join(reply.sentences), self._settings.log_texts),
        )  # fmt: skip


def _in_language(transcript: Transcript, history: Sequence[PastTurn], agent: InUse) -> Transcript:
    """The same, in the language that the caller asked for last."""
    said = [*(turn.caller for turn in history if turn.turn < transcript.head.turn), transcript.text]
    language = language_now(agent.snapshot.agent, said, transcript.head.language)
    return msgspec.structs.replace(transcript, head=msgspec.structs.replace(transcript.head, language=language))


def _told(prompt: Prompt, agent: InUse, now_s: float) -> Prompt:
    """The prompt with what the agent's file says."""
    rules = {base_language(language): text for language, text in agent.snapshot.rules.items()}
    allowed = agent.snapshot.agent.tools
    return replace(
        prompt,
        instructions=instructions_of(agent, datetime.fromtimestamp(now_s, UTC), missing(agent, [tool.name for tool in prompt.tools])),
        model=agent.snapshot.agent.models.llm,
        rules=rules.get(base_language(prompt.language), ""),
        destinations={name: destination.when for name, destination in agent.snapshot.agent.destinations.items()},
        actions=tuple(name for name in prompt.actions if allowed is None or name in allowed),
    )
