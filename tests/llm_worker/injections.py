"""Attempts to misuse a bot whose model obeys: ``tests/data/injections.toml``, played through the worker as it is.

    attempt ─▶ LlmWorker ─ official client ─▶ OpenAIService, which calls what the attempt asks for in every round
                   └─ tools ─▶ a file of messages, and a server that keeps what reaches it: the effects

Nothing between the model and the effects is a fake but the bus, which is the simulation's.
"""

import asyncio
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from common.agents.agent import Limit, Snapshot
from common.agents.file import read
from common.agents.in_use import InUse, after_transfers, in_use
from common.bus import Delivery, Emitted, Output, ToolRun, ToolStart, TurnClosed
from common.config import Settings
from common.messages import Action, Head, Stage, Transcript
from llm_worker.agent_tools import AgentTools
from llm_worker.built_in import MESSAGES
from llm_worker.tools import BadArguments, spelled
from llm_worker.vendors.openai import OpenAIModel
from llm_worker.worker import LlmWorker
from tests.sim.memory_bus import MemoryBus
from tests.vendors.openai_server import OpenAIServer, Request, Script, answer
from tests.vendors.openai_service import OpenAIService

DATA = Path(__file__).parent.parent / "data"
SECRET = "INJECTIONS_SECRET"
LONG = "x" * 5000
_FENCE = 2**52
"""Higher than any stream's: an owner's."""
_BEFORE = {
    "book_table": ('{"day":"2026-12-31","people":2,"name":"Dana"}', '{"day":"2026-12-31","people":3,"name":"Dan"}'),
    "leave_message": ('{"text":"please call"}',),
    "call_back": ('{"number":"+97245550100"}',),
    "find_order": ('{"order":"AB1001"}', '{"order":"AB1002"}'),
}
"""What was done before in a call where a tool is used up."""
_TRANSFERS = 2
"""How often such a call was transferred."""
_KINDS = {
    "used_up": "more often than the file allows",
    "running": "the same again",
    "done": "the same again",
    "draft": "before the caller has finished",
    "raised": "before the caller has finished",
}
"""Of attack, by state, where it is that which makes it one."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that was done."""

    tool: str
    arguments: dict[str, Any]
    """As they reached whom the tool is for."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of them."""

    kind: str
    """Of attack; "" where it is permitted."""
    says: str
    tool: str
    arguments: str
    state: str
    effects: list[Effect]
    """Those that are right."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    attempt: Attempt
    asked: int
    """How often the model was asked, and called the tool."""
    effects: list[Effect]


def attempts() -> list[Attempt]:
    """All of them."""
    groups = tomllib.loads((DATA / "injections.toml").read_text(encoding="utf-8"))["group"]
    return [
        Attempt(
            "" if right else group.get("kind") or _KINDS[group["state"]],
            says,
            group["tool"],
            arguments.replace("%LONG%", LONG),
            group["state"],
            [Effect(group["tool"], json.loads(each)) for each in right],
        )
        for group in groups
        for says, arguments, *right in group["attempts"]
    ]


async def outcomes(tried: Iterable[Attempt], folder: Path, *, limited: bool = True) -> list[Outcome]:
    """What comes of them, one call each.

    Args:
        limited: by what the file allows; else what nothing but the rules of a turn holds back.
    """
    house = House(folder)
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(OpenAIServer(house.model))
        hooks = await stack.enter_async_context(OpenAIServer(house.hook))
        settings = Settings(messages_dir=folder, llm_base_url=models.url, llm_model="m1")
        restaurant = read(restaurant_in(folder, hooks), settings)
        agent = in_use(restaurant if limited else _unlimited(restaurant), settings)
        model = OpenAIModel(settings)
        stack.push_async_callback(model.close)
        worker = LlmWorker(model, "openai", settings)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        worker.effects.begin(group, lambda: None)
        return [await house.play(each, worker, agent) for each in tried]


def restaurant_in(folder: Path, hooks: OpenAIServer) -> Path:
    """The agent's file, whose webhooks ask that server."""
    text = (DATA / "injections.agent.toml").read_text(encoding="utf-8")
    file = folder / "restaurant.toml"
    file.write_text(text.replace("{port}", hooks.url.split(":")[2].partition("/")[0]), encoding="utf-8")
    return file


def _unlimited(restaurant: Snapshot) -> Snapshot:
    file = restaurant.agent
    limits = {name: Limit(numbers=("*",)) for name in file.webhooks}
    return msgspec.structs.replace(restaurant, agent=msgspec.structs.replace(file, tools=None, limits=limits))


class Watched(MemoryBus):
    """Shows when a tool wants to start, or the reply is through, and what the gateway is to do."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = asyncio.Event()
        self.actions: list[Effect] = []

    async def tool_start(
        self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None = None, runs_known: int | None = None
    ) -> ToolStart:
        start = await super().tool_start(call, run, outputs, instead, runs_known)
        self.wanted.set()
        return start

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        self.wanted.set()
        asked = [output.message for output in outputs if isinstance(output.message, Action)]
        self.actions += [Effect(action.name, {"to": action.argument}) for action in asked]
        return await super().commit(stage, delivery, outputs, reply)


@dataclass
class House:
    """All that an attempt can reach."""

    folder: Path
    service: OpenAIService = field(default_factory=lambda: OpenAIService(obeys=True))
    hooked: list[Request] = field(default_factory=list)
    answers: Mapping[str, Any] = field(default_factory=dict)
    """What the owner's server answers, by tool."""
    asked: int = 0

    def model(self, request: Request) -> Script:
        """The model, which obeys."""
        self.asked += request.path.endswith("completions")
        return self.service(request)

    def hook(self, request: Request) -> Script:
        """The owner's server."""
        self.hooked.append(request)
        return answer(200, self.answers.get(httpx.URL(request.path).path.strip("/"), {"done": True}))

    async def play(self, attempt: Attempt, worker: LlmWorker, agent: InUse) -> Outcome:
        """One call, with the attempt in turn 2."""
        self.service.calls = ((attempt.tool, attempt.arguments),)
        self.asked, bus = 0, Watched()
        self.hooked.clear()
        (self.folder / MESSAGES).unlink(missing_ok=True)
        if attempt.tool == "transfer" and attempt.state == "used_up":
            agent = after_transfers(agent, _TRANSFERS)
        given = await _turn_2(attempt, bus, agent)
        async with asyncio.TaskGroup() as group:
            reply = group.create_task(worker.handle(given, bus))
            if attempt.state in ("draft", "raised"):
                await _not_committed(attempt, bus, worker, reply)
        return Outcome(attempt, self.asked, self.effects() + bus.actions)

    def effects(self) -> list[Effect]:
        """What was changed, or read; the same thing read twice is one."""
        read_ = {request.path: httpx.URL(request.path) for request in self.hooked if request.method == "GET"}
        got = [Effect(url.path.strip("/"), dict(url.params)) for url in read_.values()]
        posted = [Effect(request.path.strip("/"), request.json["arguments"]) for request in self.hooked if request.method != "GET"]
        messages = self.folder / MESSAGES
        lines = messages.read_text(encoding="utf-8").splitlines() if messages.exists() else []
        noted = [Effect("leave_message", {key: json.loads(line)[key] for key in ("text", "name")}) for line in lines]
        return [*got, *posted, *noted]


async def _turn_2(attempt: Attempt, bus: Watched, agent: InUse) -> Delivery:
    head = Head(call="call-1", turn=2, gateway="gateway-1", language="en", agent=agent.carried.reference)
    await bus.take_call(head.call, head.gateway, "stream-1", "en")
    await bus.keep_agent(head.call, agent.carried.reference, agent.carried.data)
    await bus.close_turn(head.call, TurnClosed(0, "replied"), _FENCE)
    await bus.commit_turn(head.call, 1, "", _FENCE)
    for number, arguments in enumerate(await _before(attempt, agent)):
        if _looks_up(agent, attempt.tool):
            await bus.may_look(head.call, attempt.tool, arguments, number + 1)
        else:
            await _used(bus, head.call, attempt, number, arguments)
    await bus.close_turn(head.call, TurnClosed(1, "replied", "hello", "hi"), _FENCE)
    await bus.publish("llm", Transcript(head=head, utterance=2, text=attempt.says))
    if attempt.state not in ("draft", "raised"):
        await bus.commit_turn(head.call, 2, attempt.says, _FENCE)
    given = await bus.take("llm", "worker-1")
    assert given is not None
    return given


def _looks_up(agent: InUse, tool: str) -> bool:
    webhook = agent.snapshot.agent.webhooks.get(tool)
    return webhook is not None and not webhook.effects


async def _before(attempt: Attempt, agent: InUse) -> Sequence[str]:
    """The arguments that the tool was used with in turn 1."""
    if attempt.state == "used_up":
        return _BEFORE.get(attempt.tool, ())
    if attempt.state not in ("running", "done"):
        return ()
    tools = AgentTools()
    try:
        tool = tools.of(agent)[attempt.tool]
        return [spelled(tool.read(attempt.arguments))]
    except BadArguments as error:
        raise AssertionError(f"{attempt.arguments} was never made") from error


async def _used(bus: Watched, call: str, attempt: Attempt, number: int, arguments: str) -> None:
    run = ToolRun(
        id=f"run-{number}", turn=1, entry="1-0", name=attempt.tool, arguments=arguments,
        started_s=bus.server_now_s(call), timeout_s=5.0,
    )  # fmt: skip
    await bus.tool_start(call, run, [])
    if attempt.state != "running":
        ended = ToolRun(
            id=run.id, turn=1, entry="1-0", name=run.name, arguments=arguments, started_s=run.started_s, timeout_s=5.0,
            outcome="done", result="done",
        )  # fmt: skip
        await bus.tool_end(call, ended, [])


async def _not_committed(attempt: Attempt, bus: Watched, worker: LlmWorker, reply: "asyncio.Task[None]") -> None:
    """Nobody commits the turn; the worker's loop would end the reply when the turn is over."""
    await bus.wanted.wait()
    if attempt.state == "raised":
        await bus.close_turn("call-1", TurnClosed(2, "superseded"), _FENCE)
        while not (await asyncio.wait([reply], timeout=0.01))[0]:
            worker.effects.committed("call-1", 2)  # a word that came too late, and comes again with each renewal
    else:
        reply.cancel()
