"""A worker's half of the bus that records what it is given and answers by script.

It keeps no rules of its own: what a real bus does with the answers is the business of the
contract suite and of the integration tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

from common.bus import Delivery, Emitted, Output, PastTurn, Renewal, ToolRun, ToolStart, TurnNews
from common.errors import SentencesForgotten
from common.messages import Action, Message, Stage, StageFailed

EmitAnswer = Callable[[int, list[str]], int]
"""Of the number and the sentences out so far (this one included), what ``emit`` returns."""


class RecordedBus:
    """One delivery's surroundings."""

    shards = 1

    def __init__(
        self,
        *,
        history: Sequence[PastTurn] = (),
        emitted: Sequence[str] = (),
        asked: Sequence[Action] = (),
        found: Mapping[str, str] | None = None,
        is_done: bool = False,
        somebody_reads: bool = True,
        emit_answer: EmitAnswer | None = None,
        server_began_s: float = 0.0,
        tool_answers: Sequence[ToolStart] = (),
        agents: Mapping[str, bytes] | None = None,
    ) -> None:
        """``server_began_s``: what the server's clock shows when the loop's shows 0; ``tool_answers``: in order, then "started"."""
        self.out = list(emitted)
        self.kept = list(asked)
        """What the last ``emit`` was told that the reply asked for."""
        self.found = dict(found or {})
        """What look-ups found."""
        self.sent: list[Output] = []
        """What ``emit`` and ``send`` sent."""
        self.sent_at_s: list[float] = []
        self.committed: list[Output] | None = None
        self.dropped = False
        self._history = list(history)
        self._done = is_done
        self._somebody_reads = somebody_reads
        self._emit_answer = emit_answer
        self._server_began_s = server_began_s
        self._tool_answers = list(tool_answers)
        self._agents = agents or {}
        self.agents_asked: list[str] = []
        self.tools_started: list[ToolRun] = []
        """Those that were let start."""
        self.tools_ended: list[ToolRun] = []

    def sent_to(self, stage: Stage | None) -> list[Message]:
        """The messages that were sent to a stage, or to the gateway (None), before the commit."""
        return [output.message for output in self.sent if output.to == stage]

    def committed_to(self, stage: Stage | None) -> list[Message]:
        """The messages that the commit sent to a stage, or to the gateway (None)."""
        return [output.message for output in self.committed or [] if output.to == stage]

    # --- WorkerBus

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        return self._done

    def server_now_s(self, call: str) -> float:
        return self._server_began_s + asyncio.get_running_loop().time()

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        assert self.committed is None, "committed twice"
        if reply is not None and len(self.out) < len(reply.sentences):
            raise SentencesForgotten(delivery.message.head.call)
        self.committed = list(outputs)
        return True

    async def drop(self, stage: Stage, delivery: Delivery) -> None:
        self.dropped = True

    async def emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        number, sentence = len(reply.sentences) - 1, reply.sentences[-1]
        if self._emit_answer is not None:
            answer = self._emit_answer(number, self.out)
            if answer != number + 1:
                return answer
        asks, self.kept = list(reply.asked) != self.kept, list(reply.asked)
        if self.out[number:] == [sentence]:
            self._record(*outputs[1:] if asks else ())
            return number + 1
        assert number == len(self.out), "emitted out of order"
        self.out.append(sentence)
        self._record(*outputs)
        return len(self.out)

    async def tool_start(
        self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None = None, runs_known: int | None = None
    ) -> ToolStart:
        answer = self._tool_answers.pop(0) if self._tool_answers else ToolStart("started")
        if answer.answer == "started":
            self.tools_started.append(run)
            self._record(*outputs)
        return answer

    async def tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        self.tools_ended.append(run)
        self._record(*outputs)

    async def keep_found(self, call: str, turn: int, asked: str, found: str, outputs: Sequence[Output]) -> None:
        self.found.setdefault(asked, found)
        self._record(*outputs)

    async def may_look(self, call: str, name: str, arguments: str, times: int) -> bool:
        return True

    async def send(self, output: Output) -> bool:
        if self._somebody_reads:
            self._record(output)
        return self._somebody_reads

    def _record(self, *outputs: Output) -> None:
        self.sent += outputs
        self.sent_at_s += [asyncio.get_running_loop().time()] * len(outputs)

    async def history(self, call: str) -> list[PastTurn]:
        return self._history

    async def agent(self, call: str, reference: str) -> bytes | None:
        self.agents_asked.append(reference)
        return self._agents.get(reference)

    async def emitted(self, call: str, turn: int) -> Emitted:
        return Emitted(list(self.out), list(self.kept), dict(self.found))

    # --- What a handler has no business with

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        raise AssertionError("a handler takes nothing")

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        raise AssertionError("a handler reclaims nothing")

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        raise AssertionError("a handler renews nothing")

    async def fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        raise AssertionError("a handler raises")

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], *, counts: bool = False) -> None:
        raise AssertionError("a handler hands nothing back")

    async def beat(self, stage: Stage, worker: str, load: float) -> None:
        raise AssertionError("a handler does not beat")

    async def leave(self, stage: Stage, worker: str) -> None:
        raise AssertionError("a handler does not leave")

    def news(self) -> AsyncIterator[TurnNews]:
        raise AssertionError("a handler hears no news")

    async def close(self) -> None:
        raise AssertionError("a handler closes nothing")
