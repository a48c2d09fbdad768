"""Using tools for one reply: what may run, what is told to whom, and what the model hears of it (R11).

    ToolCall ──▶ none: ToolStarted ─ run ─ keep_found with ToolEnded
             └─▶ once: tool_start (the bus says whether) ─ run ─ tool_end, all of it shielded

A tool with effects runs in a task that raising the turn does not stop (``common/effects.py``): it asks the bus
for its start inside of that, so that no start is without a runner but for a worker that died. Its call is known
by name and arguments. Who finds it made before is told what came of it, and makes it again only where it is known that it did nothing:

    failed in an earlier turn: it did nothing           it is made again, in its place
    has a result                                        that result
    open, for this very entry                           its worker died or lost the entry: outcome unknown
    open, for another entry of this turn                that entry came twice and its worker lives: wait for it
    open, of an earlier turn, within its time           it still runs: refused
    open, past its time                                 outcome unknown

What a look-up found is kept for as long as somebody may have to go on with the reply (``found``): who does is told the same at once,
and each answer once; behind an effect of this turn it is looked for anew, to see what that changed.

A draft waits for its turn's commit before a tool with effects starts; ``none`` runs at once.

How often the agent's file allows a tool (``times``) is how often with other arguments: of one with effects what was done, or may have
been, as the call's history tells, which is read again where another delivery of the entry added to it meanwhile; of one without whatever
was looked for, found or not, in drafts, too.
"""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Literal

import msgspec

from common.agents.agent import Limit
from common.bus import Delivery, HandlerBus, Output, ToolRun, ToolStart
from common.effects import Effects, TooManyEffects
from common.errors import BusUnavailable
from common.messages import ToolEnded, ToolStarted
from llm_worker.conversation import open_run
from llm_worker.policy import refusal, too_often
from llm_worker.tools import BadArguments, Occasion, Tool, Toolbox, ToolFailed, spelled
from llm_worker.vendors.base import ToolCall, ToolResult

COMMIT_WAIT_S = 10.0
"""A draft is committed within seconds, or raised past, which ends the reply; this is for neither."""
_ASK_AGAIN_S = 0.3
_LONGEST_RESULT = 2_000

UNKNOWN = "error: it is not known whether this was done. It may have been. Tell the caller so, and do not try again."
STILL_RUNS = "error: this very call was made before and still runs. It was not made again."
NOT_COMMITTED = "error: nothing was done, it was not certain that the caller had finished speaking. You may offer to try again."
BUSY = "error: nothing was done, too much is going on. You may offer to try again."
FAILED = "error: this did not work."

Outcome = Literal["done", "failed", "unknown"]

logger = logging.getLogger("torim.llm_worker")


class RaisedPast(Exception):
    """The turn was raised past before the tool started: the reply is nobody's."""


@dataclass(frozen=True, slots=True)
class ToolRuns:
    """The tools of one reply."""

    bus: HandlerBus
    delivery: Delivery
    tools: Toolbox
    effects: Effects
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """By tool; what is not there has none."""
    made: list[ToolRun] = field(default_factory=list)
    """What was started in this call, with effects; of this reply, whose calls come one behind the other, what has ended."""
    written: set[str] = field(default_factory=set)
    """Tools of whose calls the gateway heard that they are written, and did not begin."""
    found: dict[str, str] = field(default_factory=dict)
    """What look-ups of an earlier attempt at this reply found, as far as nobody was told it in this one."""

    async def use(self, call: ToolCall) -> ToolResult:
        """What the model hears of this call.

        Raises:
            RaisedPast: nothing more of the reply is wanted.
            BusUnavailable: whether it started is not known; another attempt finds out.
        """
        return await self.passed_by(call, await self._use(call))

    async def passed_by(self, call: ToolCall, result: ToolResult) -> ToolResult:
        """The gateway waits no more for a call that it heard of, if it never began: what comes next has no longer time than any words."""
        if call.name in self.written:
            self.written.discard(call.name)
            await self.bus.send(self._ended(call.name, ok=False))
        return result

    async def _use(self, call: ToolCall) -> ToolResult:
        tool = self.tools.get(call.name)
        if tool is None:
            return ToolResult(f"error: there is no tool {call.name!r}; there are: {', '.join(self.tools) or 'none'}", ok=False)
        try:
            taken = tool.read(call.arguments)
        except BadArguments as fault:
            return ToolResult(f"error: the arguments are not valid, nothing was done: {fault}", ok=False)
        if why := self._refusal(tool, taken) or await self._looked_too_often(tool, taken):
            return self._not_allowed(tool, why)
        if tool.effects == "none":
            return await self._look_up(tool, taken)
        return await self._act(tool, taken)

    async def is_written(self, name: str, may_take_s: float) -> None:
        """The model is at a long call, of a tool that there is or not: as with one that runs, the caller hears fillers (R10)."""
        head = self.delivery.message.head
        self.written.add(name)
        await self.bus.send(Output(None, ToolStarted(head=head, name=name, timeout_s=may_take_s, runs=False)))

    def _refusal(self, tool: Tool, taken: msgspec.Struct) -> str:
        limit = self.limits.get(tool.name, Limit())
        made = [run.arguments for run in self.made if run.name == tool.name and run.outcome != "failed"]
        return refusal(limit, taken, spelled(taken), made, spoken_numbers=tool.spoken_numbers or tool.effects == "none")

    def _not_allowed(self, tool: Tool, why: str) -> ToolResult:
        logger.warning("%s tool=%s what=not_allowed why=%s", self._about(), tool.name, why)
        return ToolResult(f"error: not allowed, nothing was done: {why}", ok=False)

    # --- Without effects

    async def _looked_too_often(self, tool: Tool, taken: msgspec.Struct) -> str:
        """Why nothing more may be looked up with it; "" if it may."""
        times, call = self.limits.get(tool.name, Limit()).times, self.delivery.message.head.call
        if tool.effects == "once" or times == Limit().times:
            return ""
        return "" if await self.bus.may_look(call, tool.name, spelled(taken), times) else too_often(times)

    async def _look_up(self, tool: Tool, taken: msgspec.Struct) -> ToolResult:
        head, asked = self.delivery.message.head, f"{tool.name} {spelled(taken)}"
        known = self.found.pop(asked, None)
        if known is not None and not any(run.turn == head.turn for run in self.made):
            return ToolResult(known, ok=True)
        await self.bus.send(self._started(tool))
        outcome, result = await self._run(tool, taken)
        ended = self._ended(tool.name, ok=outcome == "done")
        if outcome == "done":
            await self.bus.keep_found(head.call, head.turn, asked, result, [ended])
        else:  # another attempt may have more luck
            await self.bus.send(ended)
        return ToolResult(result, ok=outcome == "done")

    # --- With effects

    async def _act(self, tool: Tool, taken: msgspec.Struct) -> ToolResult:
        clock = asyncio.get_running_loop().time
        give_up_at_s = clock() + COMMIT_WAIT_S
        head = self.delivery.message.head
        instead: ToolRun | None = None
        while True:
            try:
                start = await self.effects.shielded(partial(self._start_and_run, tool, taken, instead))
            except TooManyEffects:
                return ToolResult(BUSY, ok=False)
            if start.answer == "stale":
                raise RaisedPast
            if start.answer == "uncommitted":
                if clock() >= give_up_at_s:
                    return ToolResult(NOT_COMMITTED, ok=False)
                await self.effects.until_committed(head.call, head.turn, give_up_at_s - clock())
            elif start.answer == "behind":  # this entry came twice, and the other one's worker started something meanwhile
                self.made[:] = [run for turn in await self.bus.history(head.call) for run in turn.tools]
                if why := self._refusal(tool, taken):
                    return self._not_allowed(tool, why)
            elif self._may_take_the_place_of(start.run):
                instead = start.run
            elif (told := self._told(start.run)) is not None:
                return told
            else:
                await asyncio.sleep(_ASK_AGAIN_S)

    def _may_take_the_place_of(self, run: ToolRun | None) -> bool:
        """Whether it did nothing, and the caller spoke since: in this turn the model knows it already."""
        return run is not None and run.outcome == "failed" and run.turn < self.delivery.message.head.turn

    def _told(self, run: ToolRun | None) -> ToolResult | None:
        """What the model hears of a run, ours or one that came first; None: not yet, another delivery is at it."""
        if run is None:
            return ToolResult(UNKNOWN, ok=False)
        if run.outcome != "running":
            return ToolResult(run.result, ok=run.outcome == "done")
        match open_run(run, self.delivery.message.head.turn, self.delivery.id, self._now_s()):
            case "twice":
                return None
            case "runs":
                return ToolResult(STILL_RUNS, ok=False)
            case "unknown":
                return ToolResult(UNKNOWN, ok=False)

    async def _start_and_run(self, tool: Tool, taken: msgspec.Struct, instead: ToolRun | None) -> ToolStart:
        """Ask for the start and, if it is ours, run to the end: in one piece, so that nothing comes between."""
        run = self._new_run(tool, taken)
        call = self.delivery.message.head.call
        start = await self.bus.tool_start(call, run, [self._started(tool)], instead, len(self.made))
        if start.answer != "started":
            return start
        outcome, result = await self._run(tool, taken)
        ended = msgspec.structs.replace(run, outcome=outcome, result=result)
        self.made.append(ended)
        try:
            await self.bus.tool_end(call, ended, [self._ended(tool.name, ok=outcome == "done")])
        except BusUnavailable as trouble:  # this reply knows it all the same; later ones call it unknown
            logger.error("%s tool=%s what=result_not_written error=%s", self._about(), tool.name, trouble)
        return ToolStart("started", ended)

    def _new_run(self, tool: Tool, taken: msgspec.Struct) -> ToolRun:
        return ToolRun(
            id=uuid.uuid4().hex[:12],
            turn=self.delivery.message.head.turn,
            entry=self.delivery.id,
            name=tool.name,
            arguments=spelled(taken),
            started_s=self._now_s(),
            timeout_s=tool.timeout_s,
        )

    # --- Both

    async def _run(self, tool: Tool, taken: msgspec.Struct) -> tuple[Outcome, str]:
        """Outcome and what the model is told; never raises."""
        self.written.discard(tool.name)
        head, loop = self.delivery.message.head, asyncio.get_running_loop()
        occasion = Occasion(head.call, head.language, datetime.fromtimestamp(self._now_s(), UTC))
        began_s = loop.time()
        logger.info("%s tool=%s effects=%s what=started", self._about(), tool.name, tool.effects)
        outcome, result = await self._outcome(tool, taken, occasion)
        ms = round((loop.time() - began_s) * 1000)
        logger.info("%s tool=%s effects=%s outcome=%s ms=%d", self._about(), tool.name, tool.effects, outcome, ms)
        return outcome, result[:_LONGEST_RESULT]

    async def _outcome(self, tool: Tool, taken: msgspec.Struct, occasion: Occasion) -> tuple[Outcome, str]:
        broke_off: tuple[Outcome, str] = ("unknown", UNKNOWN) if tool.effects == "once" else ("failed", FAILED)
        try:
            async with asyncio.timeout(tool.timeout_s):
                return "done", await tool.use(taken, occasion)
        except ToolFailed as fault:
            return "failed", f"error: nothing was done: {fault}"
        except TimeoutError:
            return broke_off[0], f"{broke_off[1]} It took too long."
        except Exception as bug:  # noqa: BLE001 - the model is told; of the error's own words some may be the caller's, so only its kind is logged
            logger.error("%s tool=%s error=%s", self._about(), tool.name, type(bug).__name__)
            return broke_off

    def _started(self, tool: Tool) -> Output:
        head = self.delivery.message.head
        return Output(None, ToolStarted(head=head, name=tool.name, timeout_s=tool.timeout_s, effects=tool.effects == "once"))

    def _ended(self, name: str, *, ok: bool) -> Output:
        return Output(None, ToolEnded(head=self.delivery.message.head, name=name, ok=ok))

    def _now_s(self) -> float:
        return self.bus.server_now_s(self.delivery.message.head.call)

    def _about(self) -> str:
        head = self.delivery.message.head
        return f"call={head.call} turn={head.turn}"
