"""What goes out of one reply: its sentences in order, numbered over all attempts, then what has to follow them.

What the model asks to be done is kept in Redis together with the sentence behind which it is asked for, so a second attempt finds both or
neither, and its commit sends what the first one asked for, whether its own model asks again or not. The gateway is told with the sentence,
too, and writes both down again where Redis forgot them while the sentence sounds. As long as there is no sentence nothing is kept: then a
second attempt decides all of it anew.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec

from common import metrics
from common.bus import Delivery, Emitted, HandlerBus, Output
from common.deadlines import waited_s
from common.errors import SentencesForgotten, TorimError
from common.messages import Action, Head, ReplyEnded, Sentence, Stage
from llm_worker.conversation import Reply
from llm_worker.vendors.base import ActionRequest, ToolResult

STAGE: Stage = "llm"
MAX_SENTENCES = 64
"""A model that never ends is cut off here: minutes more than a caller listens to."""
TOOL_OF = {"hang_up": "hang_up", "collect": "collect_digits", "transfer": "transfer"}
"""The name under which an agent's file allows an action."""

WILL_BE_DONE = "This will be done once your last words were heard, and cannot be taken back: do not call it again."
NOT_ALLOWED = "error: this was not done, and cannot be done on this line. Tell the caller so, if you said that you would do it."
ANOTHER_STANDS = "error: this was not done: you called it before with other arguments, and that will be done."

logger = logging.getLogger("torim.llm_worker")


class Stale(TorimError):
    """The reply's turn was raised past: it is nobody's any more."""


class Overtaken(TorimError):
    """Another worker is further with this reply, or makes it in other words, on this entry or on another one with the same question."""


@dataclass(slots=True)
class Speaker:
    """Sends a reply's sentences out in order, and knows what has to follow them."""

    bus: HandlerBus
    delivery: Delivery
    head: Head
    reply: Reply
    allowed: Collection[str] | None = None
    """What the agent's file lets the model do; None: anything."""
    destinations: Collection[str] = ()
    """Where the agent's file lets calls go."""
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    first_token_ms: int | None = None
    first_sentence_ms: int | None = None
    waited_ms: int = field(init=False)
    asked: list[Action] = field(default_factory=list)
    """What the commit sends, one of a name: what an earlier attempt asked for stands."""
    _protected_from: int | None = None
    """First sentence that a voice does not stop."""

    def __post_init__(self) -> None:
        self.waited_ms = round(waited_s(self.delivery, self.bus) * 1000)

    @property
    def full(self) -> bool:
        """Whether the reply is as long as any may be."""
        return len(self.reply.sentences) >= MAX_SENTENCES

    @property
    def parts_with(self) -> Action | None:
        """What ends the call here with this reply, if anything does: a person before a goodbye."""
        ends = {action.name: action for action in self.asked}
        return ends.get("transfer") or ends.get("hang_up")

    @property
    def llm_ms(self) -> int:
        """Time to the first sentence, or until now if there is none."""
        return self._elapsed_ms() if self.first_sentence_ms is None else self.first_sentence_ms

    def _elapsed_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self.began_s) * 1000)

    def token_came(self) -> None:
        """The model said something."""
        if self.first_token_ms is None:
            self.first_token_ms = self._elapsed_ms()
            metrics.FIRST_TOKEN_S.observe(self.first_token_ms / 1000)

    def protect(self) -> None:
        """No voice stops the sentences from here on."""
        self._protected_from = len(self.reply.sentences)

    async def say(self, sentence: str) -> None:
        """Send a sentence out, unless it is out already or the reply is full.

        Raises:
            Stale, Overtaken: nothing more of this reply may be sent from here.
        """
        if self._adds(sentence):
            await self._emit_up_to(len(self.reply.sentences))

    async def request(self, request: ActionRequest, words: Sequence[str] = ()) -> ToolResult:
        """Say the words before it, and have it done behind them, if it is allowed and was not asked for before; what the model hears of it.

        Raises:
            Stale, Overtaken: as ``say``.
        """
        for sentence in words:
            self._adds(sentence)
        decision = self._decide(request)
        if self.reply.sentences:
            await self._emit_up_to(len(self.reply.sentences))
        return decision

    def _decide(self, request: ActionRequest) -> ToolResult:
        if not self._may(request):
            logger.warning("call=%s turn=%d action=%s what=not_allowed", self.head.call, self.head.turn, request.name)
            return ToolResult(NOT_ALLOWED, ok=False)
        standing = next((action for action in self.asked if action.name == request.name), None)
        if standing is None:
            self.asked.append(self._action(request))
        elif standing.argument != request.argument:
            return ToolResult(ANOTHER_STANDS, ok=False)
        return ToolResult(WILL_BE_DONE, ok=True)

    def _may(self, request: ActionRequest) -> bool:
        listed = self.allowed is None or TOOL_OF[request.name] in self.allowed
        return listed and (request.name != "transfer" or request.argument in self.destinations)

    def _action(self, request: ActionRequest) -> Action:
        after = max(len(self.reply.sentences) - 1, 0)
        return Action(head=self.head, after=after, name=request.name, argument=request.argument, collect=request.collect)

    def _adds(self, sentence: str) -> bool:
        if self.first_sentence_ms is None:
            self.first_sentence_ms = self._elapsed_ms()
        return not self.full and self.reply.add(sentence)

    async def end(self) -> None:
        """Commit the reply; what Redis forgot of it goes out again before.

        Raises:
            Stale, Overtaken: it is not ended from here.
        """
        while True:
            try:
                await self.bus.commit(STAGE, self.delivery, self._outputs(), Emitted(self.reply.sentences, self.asked))
            except SentencesForgotten:
                await self._emit_up_to(len(self.reply.sentences))
            else:
                return

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
        head = msgspec.structs.replace(self.head, seq=number, take=0)
        so_far = Emitted(self.reply.sentences[: number + 1], [action for action in self.asked if action.after <= number])
        sentence = Sentence(
            head=head, text=text, interruptible=self._protected_from is None or number < self._protected_from,
            token_ms=self.first_token_ms or 0, llm_ms=self.llm_ms, waited_ms=self.waited_ms, asked=tuple(so_far.asked),
        )  # fmt: skip
        return await self.bus.emit(STAGE, self.delivery, so_far, [Output("tts", sentence), Output(None, sentence)])

    def _outputs(self) -> list[Output]:
        """What the commit sends: actions first, so that the gateway knows them when the reply ends."""
        count = len(self.reply.sentences)
        actions = [
            Output(None, msgspec.structs.replace(action, head=self.head, after=min(action.after, count - 1))) for action in self.asked
        ]
        return [*actions, Output(None, ReplyEnded(head=self.head, sentences=count, llm_ms=self.llm_ms))]
