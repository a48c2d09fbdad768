"""A call in writing: the worker as it is, and in memory what a gateway and Redis do for it.

Everything that makes an agent's answer is the same as on the line: the prompt, the history, the sentences, the tools and what the
file allows. There is no sound, so every turn is heard to its end, and none is taken back.
"""

import asyncio
import dataclasses
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from common.agents.agent import Agent
from common.agents.folder import named
from common.agents.in_use import InUse, in_use
from common.agents.overlay import spoken_language
from common.bus import Delivery, Emitted, Output, PastTurn, ToolRun, ToolStart
from common.config import Settings
from common.errors import ConfigError, VendorError
from common.language import base_language
from common.lineup import Lineup
from common.messages import Action, Head, Message, Sentence, Stage, ToolStarted, Transcript
from common.vendors import choose_vendors, vendors_of
from llm_worker.lineup import Models
from llm_worker.speaker import STAGE
from llm_worker.vendors import VENDORS
from llm_worker.vendors.base import Model
from llm_worker.watched import Use, Watched
from llm_worker.worker import LlmWorker


@asynccontextmanager
async def text_call(
    name: str, settings: Settings, folder: Path, *, language: str = "", now: datetime | None = None
) -> AsyncIterator["TextCall"]:
    """A call to an agent, with the model that the settings choose.

    Args:
        name: of the agent, or its file.
        folder: for the messages that callers leave.
        now: by the agent's own clock; None: the real time.

    Raises:
        ConfigError: there is no such agent, it cannot be used, or does not speak the language.
    """
    mine = dataclasses.replace(settings, messages_dir=folder)
    agent = in_use(named(name, mine), mine)
    _check_language(agent.snapshot.agent, language)
    choice = choose_vendors(mine)[STAGE]
    model = Models(Lineup(STAGE, vendors_of(choice, VENDORS, mine)))
    begun_s = 0.0 if now is None else now.replace(tzinfo=ZoneInfo(agent.settings.time_zone)).timestamp() - time.time()
    call = TextCall(model, choice.name, agent, mine, lambda: time.time() + begun_s, spoken_language(agent.snapshot, language or None))
    try:
        yield call
    finally:
        await model.close()


def _check_language(agent: Agent, language: str) -> None:
    if language and base_language(language) not in map(base_language, agent.languages):
        raise ConfigError(f"{agent.name} does not speak {language!r}; takes any of {', '.join(agent.languages)}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of what the caller said."""

    sentences: tuple[str, ...]
    language: str
    tools: tuple[str, ...]
    """The tools that ran, in order."""
    actions: tuple[str, ...]
    """What the gateway would do then: hang_up, collect, transfer."""
    transfer: str = ""
    """Where it would transfer the call to."""
    uses: tuple[Use, ...] = ()
    """What the model called, and was told; what was refused, too."""
    refused: tuple[str, ...] = ()
    """What it asked the gateway for in vain."""

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.sentences)


class TextCall:
    """One call."""

    def __init__(self, model: Model, vendor: str, agent: InUse, settings: Settings, now_s: Callable[[], float], language: str) -> None:
        """``settings`` are those of the house; ``now_s`` is unix time."""
        self._call = f"text-{uuid.uuid4().hex[:12]}"
        """Another one each time: an owner's server does once what it is asked for twice in a call."""
        self._model = Watched(model)
        self._worker = LlmWorker(self._model, vendor, settings)
        self._bus = _MemoryBus(agent, now_s)
        self._agent = agent
        self._language = language
        self._turn = 0

    def greet(self) -> str:
        """The greeting, heard; "" if there is none."""
        greeting = self._agent.phrases(self._language).greeting
        self._bus.past.append(PastTurn(0, "", greeting))
        return greeting

    async def say(self, text: str) -> Answer:
        """What the agent answers.

        Raises:
            VendorError: nothing, since its model failed.
        """
        self._turn += 1
        head = Head(call=self._call, turn=self._turn, language=self._language, agent=self._agent.carried.reference)
        given = Delivery(f"{round(self._bus.server_now_s(self._call) * 1000)}-0", Transcript(head=head, utterance=self._turn, text=text))
        self._bus.begin()
        self._model.begin()
        async with asyncio.TaskGroup() as effects:
            self._worker.effects.begin(effects, lambda: None)
            failure = await self._handle(given)
        if failure is not None:
            raise failure
        answer = self._bus.answer(self._language, self._model)
        self._language = answer.language
        self._bus.past.append(PastTurn(self._turn, text, answer.text, tuple(self._bus.runs)))
        return answer

    async def _handle(self, given: Delivery) -> VendorError | None:
        """How it failed; raised inside of the group it would come out in another one."""
        try:
            await self._worker.handle(given, self._bus)
        except VendorError as failure:
            return failure
        return None


@dataclass
class _MemoryBus:
    """A ``HandlerBus`` for one call."""

    agent_in_use: InUse
    now_s: Callable[[], float]
    past: list[PastTurn] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    runs: list[ToolRun] = field(default_factory=list)
    """Of tools with effects, in this turn."""
    _known: dict[tuple[str, str], ToolRun] = field(default_factory=dict)
    _looked: dict[str, set[str]] = field(default_factory=dict)

    def begin(self) -> None:
        """A turn begins."""
        self.out, self.sent, self.runs = [], [], []

    def answer(self, language: str, model: Watched) -> Answer:
        """What the turn came to."""
        spoken = next((message.head.language for message in self.sent if isinstance(message, Sentence)), language)
        tools = tuple(message.name for message in self.sent if isinstance(message, ToolStarted) and message.runs)
        actions = [message for message in self.sent if isinstance(message, Action)]
        transfer = next((action.argument for action in actions if action.name == "transfer"), "")
        done = tuple(action.name for action in actions)
        return Answer(tuple(self.out), spoken, tools, done, transfer, model.uses, model.refused(actions))

    # --- HandlerBus

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        """Nothing is."""
        return False

    def server_now_s(self, call: str) -> float:
        """What the clock of this call shows."""
        return self.now_s()

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Keep what the reply came to."""
        self._keep(outputs)
        return True

    async def drop(self, stage: Stage, delivery: Delivery) -> None:
        """There is nothing to let go of."""

    async def emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        """Keep a sentence; what is asked for with it comes with the commit."""
        if len(reply.sentences) > len(self.out):
            self.out.append(reply.sentences[-1])
            self._keep(outputs)
        return len(self.out)

    async def tool_start(
        self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None = None, runs_known: int | None = None
    ) -> ToolStart:
        """Every turn is committed; what was called with the same arguments is known."""
        if (known := self._known.get((run.name, run.arguments))) is not None and known != instead:
            return ToolStart("known", known)
        self._note(run)
        self._keep(outputs)
        return ToolStart("started")

    async def tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        """Keep what became of it."""
        self.runs = [each for each in self.runs if each.id != run.id]
        self._note(run)
        self._keep(outputs)

    async def keep_found(self, call: str, turn: int, asked: str, found: str, outputs: Sequence[Output]) -> None:
        """Nobody else goes on with the reply."""
        self._keep(outputs)

    async def may_look(self, call: str, name: str, arguments: str, times: int) -> bool:
        """As in a call on the line."""
        looked = self._looked.setdefault(name, set())
        if arguments not in looked and len(looked) >= times:
            return False
        looked.add(arguments)
        return True

    def _note(self, run: ToolRun) -> None:
        self._known[run.name, run.arguments] = run
        self.runs.append(run)

    async def send(self, output: Output) -> bool:
        """Somebody listens."""
        self._keep([output])
        return True

    def _keep(self, outputs: Sequence[Output]) -> None:
        self.sent += [output.message for output in outputs if output.to is None]

    async def history(self, call: str) -> list[PastTurn]:
        """All turns so far."""
        return self.past

    async def agent(self, call: str, reference: str) -> bytes | None:
        """The call's agent."""
        return self.agent_in_use.carried.data

    async def emitted(self, call: str, turn: int) -> Emitted:
        """Nothing: there is one attempt."""
        return Emitted()
