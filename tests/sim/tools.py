"""Tools for simulated calls: slow, failing, broken off, and watched.

``book`` has effects, ``look_up`` has none. Each call says in its arguments which turn and which call of it
it is, so that whoever runs it can be judged: with effects once, and in a turn that is committed and not over.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from common import streams
from common.agents.in_use import InUse
from common.redis_link import RETRIES_LIMIT_S
from llm_worker.agent_tools import AgentTools
from llm_worker.tools import Occasion, Tool, Toolbox, ToolFailed, spelled
from llm_worker.vendors.base import ToolCall
from tests.sim.memory_bus import MemoryBus
from tests.sim.troubles import Troubles

_TIMEOUT_S = 2.5
_TRANSFERS = 0.08
"""Of replies."""


class WorkshopTools(AgentTools):
    """Those of a workshop, for whatever agent."""

    def __init__(self, workshop: "Workshop") -> None:
        super().__init__()
        self._workshop = workshop

    def of(self, agent: InUse) -> Toolbox:
        """All of them."""
        return self._workshop.tools


class Which(msgspec.Struct):
    """The turn that a call was made for, and its number there."""

    turn: int
    number: int


@dataclass
class Workshop:
    """The tools of one call."""

    rng: random.Random
    bus: MemoryBus
    share: float
    """Of replies that call tools."""
    troubles: Troubles = field(default_factory=Troubles)
    planned: dict[int, list[tuple[int, ToolCall]]] = field(default_factory=dict)
    """Of each turn: before which sentence a tool is called."""
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """What must not be; raised here it would only be a tool that fails."""
    put_through: dict[int, bool] = field(default_factory=dict)
    """Of each turn: whether its reply has the call transferred."""
    _booked: set[tuple[int, int]] = field(default_factory=set)

    @property
    def tools(self) -> Toolbox:
        """Both."""
        return {
            "book": Tool("book", "", Which, "once", _TIMEOUT_S, self._book),
            "look_up": Tool("look_up", "", Which, "none", _TIMEOUT_S, self._look_up),
        }

    def plan(self, turn: int, sentences: int) -> list[tuple[int, ToolCall]]:
        """The calls of a reply: the same in every attempt, the model being a forgetful one."""
        if turn not in self.planned:
            count = self.rng.randint(1, 3) if self.rng.random() < self.share else 0
            places = sorted(self.rng.randint(0, sentences) for _ in range(count))
            self.planned[turn] = [(place, self._call(turn, number)) for number, place in enumerate(places)]
        return self.planned[turn]

    def transfers(self, turn: int) -> bool:
        """Whether the reply puts the caller through: the same in every attempt."""
        return self.put_through.setdefault(turn, self.rng.random() < _TRANSFERS)

    def _call(self, turn: int, number: int) -> ToolCall:
        name = self.rng.choice(("book", "look_up"))
        arguments = f'{{"turn": {turn}, "number": {number}}}' if self.rng.random() < 0.9 else "{garbage"
        return ToolCall(f"call_{number}", name, arguments)

    async def _look_up(self, which: Which, occasion: Occasion) -> str:
        self.counts["tool look_up"] += 1
        self.counts["tool look_up in a draft"] += not self.bus.is_committed(occasion.call, which.turn)
        return await self._work()

    async def _book(self, which: Which, occasion: Occasion) -> str:
        self.counts["tool book"] += 1
        key = streams.ALONE.tool(occasion.call, "book", spelled(which))
        if (which.turn, which.number) in self._booked and key not in self.bus.server.lost_tools:
            self.wrong.append(f"{which} is done twice")
        if not self.bus.is_committed(occasion.call, which.turn) and not self._answer_may_be_late():
            self.wrong.append(f"{which} is done in a turn that is over, or not committed")
        self._booked.add((which.turn, which.number))
        return await self._work()

    def _answer_may_be_late(self) -> bool:
        """The start was allowed when it was asked for: a server that hangs, or a worker that froze, may let its answer wait."""
        return self.troubles.near(self.bus.server.now_s(), 0.0, RETRIES_LIMIT_S, "redis", "llm worker froze")

    async def _work(self) -> str:
        await asyncio.sleep(self.rng.uniform(0.0, 1.2 * _TIMEOUT_S))
        if self.rng.random() < 0.25:
            raise ToolFailed("sim")
        return "sim"
