"""Both halves of the bus in memory, for simulated calls.

It behaves as ``common/streams.py`` says, without a server process: all that the scripts do in one step
happens in one step of ``memory_server.py``, and where the real buses try again, these do. The only clock is the running
loop's, so a virtual clock moves it, and the faults are drawn from a seed: the same seed gives the same call.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from common import streams
from common.bus import (
    Backlog,
    Delivery,
    Emitted,
    Output,
    PastTurn,
    Reconnect,
    Renewal,
    Taken,
    ToolRun,
    ToolStart,
    TurnClosed,
    TurnNews,
    without_words,
)
from common.errors import BusUnavailable, NotOwner, SentencesForgotten
from common.messages import CallTakenOver, Collect, Head, Message, Stage, StageFailed, Transcript
from common.redis_link import Backoff, insistently
from common.streams import STAGES, Pace
from common.unanswered import Unanswered
from tests.sim.memory_server import CallRecord, Entry, MemoryServer, Store, Stream

_NEWS_AT_MOST = 1_000
_HOUSEKEEPING_S = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Faults:
    """What may happen to an entry on its way; each share is of all entries, 0 to 1."""

    seed: int = 0
    delay_s: tuple[float, float] = (0.0, 0.0)
    """Each entry is seen this much later, drawn evenly; it keeps its place unless ``reorder``."""
    reorder: bool = False
    """Whether a late entry is overtaken by those behind it."""
    duplicate_work: float = 0.0
    """Work that comes twice, as after a repeated write."""
    lose_replies: float = 0.0
    """Replies that never come, as when their stream was gone."""
    lose_news: float = 0.0
    """News of turns that workers miss: their next renewal brings it."""
    slow_turns_s: float = 0.0
    """The most that a turn's commit or end takes until workers can see it."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a gateway's bus remembers of a call's hash, to write it anew."""

    fence: int
    gateway: str
    language: str
    turn: int
    committed: bool = True
    open: int = -1
    text: str = ""
    collect: Collect | None = None
    agent: tuple[str, bytes] | None = None


class MemoryBus:
    """A ``GatewayBus`` and a ``WorkerBus`` for all processes of a simulated house."""

    shards = 1

    def __init__(self, *, pace: Pace | None = None, faults: Faults | None = None) -> None:
        self._pace = pace or Pace()
        self._faults = faults or Faults()
        self._random = random.Random(self._faults.seed)
        self.server = MemoryServer(self._faults.seed, reorder=self._faults.reorder)
        self.hits: Counter[str] = Counter()
        """How often each fault happened."""
        self.reply_lost: Callable[[Message], object] = lambda message: None
        """Hears of each reply that never comes."""
        self.refused: list[int] = []
        """Ends of turns that an older stream wanted to write."""
        self._entries = 0
        self._known: dict[str, _Known] = {}
        self._unanswered: defaultdict[str, Unanswered] = defaultdict(Unanswered)
        """Of each gateway."""
        self._boots: dict[str, str] = {}
        """Of each gateway: the server's boot as it knows it."""
        self._read: set[str] = set()
        """Replies that were read."""
        self._read_failed: set[str] = set()
        """Workers whose last read broke off."""
        self._listeners: list[asyncio.Queue[TurnNews]] = []

    # The gateway's half

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Make ``stream`` the call's owner, and tell the one before."""
        taken = await insistently(lambda: self.server.ask(lambda: self._take_call(call, gateway, stream, language, turn)))
        self._known[call] = _Known(taken.fence, gateway, language, taken.turn, committed=taken.left is None, collect=taken.collect)
        self._unanswered[gateway].closed(call, taken.turn - 1)
        return taken

    def _take_call(self, call: str, gateway: str, stream: str, language: str, turn: int) -> Taken:
        was = self._store.calls.get(call)
        if was is None or was.stream != stream:
            self._store.transfers.pop(call, None)
            self._store.calls[call] = self._taken(call, was or CallRecord(), gateway, stream, language, turn)
        known = self._store.calls[call]
        heard = ["", "", *(past.heard for _, past in sorted(known.past.items()) if past.heard)]
        said = tuple(past.caller for _, past in sorted(known.past.items()) if past.caller)
        text = known.text if known.left is not None and known.said == known.left else ""
        is_open = known.left is not None and (known.open == known.left or bool(text))
        collect = known.collect if known.left is not None else None
        return Taken(known.fence, known.turn, known.left, is_open, text, heard[-1], heard[-2], said, collect)

    def _taken(self, call: str, was: CallRecord, gateway: str, stream: str, language: str, turn: int) -> CallRecord:
        goes_on = was.turn >= 0 and not was.over
        known = replace(was, gateway=gateway, language=language, stream=stream, fence=max(was.fence + 1, int(self._now_s() * 1000)))
        known.turn, known.left = (was.turn + 1, was.turn if goes_on else None) if was.turn >= 0 else (turn, None)
        known.committed, known.over = not goes_on, False
        if was.over:
            known.past, known.tools, known.collect = {}, {}, None
        elif was.gateway in self._store.replies:
            head = Head(call=call, turn=known.turn, gateway=was.gateway, language=language)
            self._add(self._store.replies[was.gateway], CallTakenOver(head=head, fence=known.fence), b"")
        if was.turn >= 0:
            self._tell(TurnNews(call, was.turn, "over"))
        return known

    async def keep_agent(self, call: str, reference: str, data: bytes) -> None:
        """Let the workers find the agent of the call's messages."""
        if (known := self._known.get(call)) is not None:
            self._known[call] = replace(known, agent=(reference, data))
        await self._insist(lambda: self._store.agents.__setitem__(reference, data))

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage."""
        await self._insist(lambda: self._publish(stage, message, audio))
        self._unanswered[message.head.gateway].published(stage, message, audio)
        if self._random.random() < self._faults.duplicate_work:
            self.hits["work twice"] += 1
            self._add(self._store.work[stage], message, audio)

    def _publish(self, stage: Stage, message: Message, audio: bytes) -> None:
        gateway = message.head.gateway
        if gateway not in self._boots:
            self._restore(gateway)
        self._store.gateways[gateway] = self._now_s() + streams.ALIVE_TTL_S
        self._add(self._store.work[stage], message, audio)
        if self._store.boot != self._boots[gateway]:
            self._restore(gateway)
            self._add(self._store.work[stage], message, audio)

    async def open_turn(self, call: str, turn: int, fence: int) -> None:
        """Note that the caller waits for an answer in this turn."""
        self._remember(call, fence, turn, open=turn)
        await self._insist(lambda: setattr(self._owned(call, fence), "open", turn))

    async def commit_turn(self, call: str, turn: int, text: str, fence: int) -> None:
        """Tell the workers that the turn is committed (R2), and keep its words while it is open."""
        await self._take_long()
        self._remember(call, fence, turn, committed=True, text=text)
        await self._insist(lambda: self._commit_turn(call, turn, text, fence))

    def _commit_turn(self, call: str, turn: int, text: str, fence: int) -> None:
        known = self._owned(call, fence)
        if not _raised(known, fence, turn):
            known.fence, known.turn, known.committed, known.said, known.text = fence, turn, True, turn, text
            self._tell(TurnNews(call, turn, "committed"))

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Raise the turn, write its history, tell the workers."""
        await self._take_long()
        for unanswered in self._unanswered.values():
            unanswered.closed(call, closed.turn)
        opens = {"open": closed.turn + 1} if closed.how == "superseded" else {}
        self._remember(call, fence, closed.turn + 1, committed=False, text="", collect=closed.collect, **opens)
        try:
            await self._insist(lambda: self._close_turn(call, closed, fence))
        except NotOwner:
            self.refused.append(closed.turn)
            raise

    def _close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        known = self._owned(call, fence)
        if not _raised(known, fence, closed.turn):
            known.fence, known.turn, known.committed, known.text, known.collect = fence, closed.turn + 1, False, "", closed.collect
            known.open = known.turn if closed.how == "superseded" else known.open
        if closed.caller or closed.heard:
            known.past[closed.turn] = PastTurn(closed.turn, closed.caller, closed.heard, cut=closed.cut)
        self._tell(TurnNews(call, closed.turn, "over"))

    async def record(self, call: str, *events: dict[str, str]) -> None:
        """Append events, in order, to the call's event stream (no texts)."""
        await self.server.ask(lambda: self._store.events.setdefault(call, []).extend(dict(fields) for fields in events))

    async def close_call(self, call: str, fence: int) -> None:
        """The call is over."""
        self.forget(call, fence)
        await self._insist(lambda: self._close_call(call, fence))

    def _close_call(self, call: str, fence: int) -> None:
        self._owned(call, fence).over = True
        self._tell(TurnNews(call, streams.LAST_TURN, "over"))

    async def leave_call(self, call: str, fence: int) -> None:
        """The call may come back: nothing expires here."""
        self.forget(call, fence)
        await self._insist(lambda: self._refuse(call, fence))

    async def transfer_call(self, call: str, destination: bytes, fence: int) -> None:
        """Leave word of where the call goes."""
        await self._insist(lambda: self._transfer_call(call, destination, fence))

    def _transfer_call(self, call: str, destination: bytes, fence: int) -> None:
        self._refuse(call, fence)
        self._store.transfers[call] = destination

    async def take_transfer(self, call: str) -> bytes | None:
        """Where the call goes; told once."""
        return await self.server.ask(lambda: self._store.transfers.pop(call, None))

    async def reconnect(self, call: str) -> Reconnect:
        """Whether a call whose stream ended is to be connected again; that counts."""
        return await self.server.ask(lambda: self._reconnect(call))

    def _reconnect(self, call: str) -> Reconnect:
        if call in self._store.calls and self._store.calls[call].over:
            return "over"
        times = [at for at in self._store.reconnects.get(call, ()) if at > self._now_s() - streams.RECONNECTS_TTL_S]
        self._store.reconnects[call] = times
        if len(times) >= streams.MOST_RECONNECTS:
            return "too_often"
        times.append(self._now_s())
        return "again"

    def forget(self, call: str, fence: int) -> None:
        """Drop what the gateway's bus remembers of a call that its owner is done with."""
        known = self._known.get(call)
        if known is not None and known.fence == fence:
            del self._known[call]
            self._unanswered[known.gateway].forget(call)

    # The gateway's half: replies

    async def replies(self, gateway: str, shard: int = 0) -> AsyncIterator[Delivery]:
        """What the workers send to this gateway, in order, for ever."""
        backoff, house_at_s = Backoff(), float("-inf")
        while True:
            try:
                if self._now_s() >= house_at_s:
                    await self.server.ask(lambda: self._keep_house(gateway))
                    house_at_s = self._now_s() + _HOUSEKEEPING_S
                entry = await self.server.ask(lambda: self._next_reply(gateway))
            except BusUnavailable:
                self._boots.pop(gateway, None)
                house_at_s = float("-inf")
                await asyncio.sleep(backoff.pause_s)
                continue
            backoff.reset()
            if entry is None:
                await self.server.wait(self._store.replies.get(gateway), self._now_s() + self._pace.block_ms / 1000)
            elif entry.id not in self._read:
                self._read.add(entry.id)
                self._unanswered[gateway].replied(entry.message)
                yield Delivery(entry.id, entry.message, entry.audio)

    def _next_reply(self, gateway: str) -> Entry | None:
        stream = self._store.replies.get(gateway)
        return stream.next_unread(self._now_s()) if stream is not None else None

    def _keep_house(self, gateway: str) -> None:
        self._store.gateways[gateway] = self._now_s() + streams.ALIVE_TTL_S
        if self._boots.get(gateway, "") != self._store.boot or gateway not in self._store.replies:
            self._restore(gateway)

    def _restore(self, gateway: str) -> None:
        """Write what workers rely on, for a server that may have forgotten it: the stream for replies, and a hash for each call."""
        store = self._store
        store.replies.setdefault(gateway, Stream(self._faults.reorder))
        store.gateways[gateway] = self._now_s() + streams.ALIVE_TTL_S
        if not store.boot:
            store.boot, store.boot_s = f"boot {self._random.random()}", self._now_s()
        self._boots[gateway] = store.boot
        for call, known in self._known.items():
            self._write_call(call, known)
        for kept in filter(lambda each: self._may_have(gateway, each.message.head.call), self._unanswered[gateway].all()):
            self.hits["published again"] += 1
            self._add(store.work[kept.stage], kept.message, kept.audio)
        for question, reply in self._unanswered[gateway].sounding():
            self._go_on(question, reply)

    def _go_on(self, question: Transcript, reply: Emitted) -> None:
        """As ``go_on.lua``."""
        head, store, known = question.head, self._store, self._known.get(question.head.call)
        there = store.calls.get(head.call)
        if known is None or self._stale(question) or (there is not None and there.fence > known.fence):
            return
        out, ended = self._emitted(head.call, head.turn), streams.ALONE.done("llm", question) in store.done
        forgets = len(out.sentences) < len(reply.sentences) or len(out.asked) < len(reply.asked)
        if forgets and not ended and (_fits(out, reply) or _fits(reply, out)):
            self.hits["gone on with"] += 1
            further = out if len(out.sentences) > len(reply.sentences) else reply
            store.out[streams.ALONE.out(head.call, head.turn)] = list(further.sentences)
            if reply.asked:
                store.asked[streams.ALONE.asked(head.call, head.turn)] = list(reply.asked)
            self._add(store.work["llm"], question, b"")

    def _may_have(self, gateway: str, call: str) -> bool:
        """Whether nobody else is known to have the call."""
        known = self._known.get(call)
        return known is None or known.gateway == gateway

    def _write_call(self, call: str, known: _Known) -> None:
        there = self._store.calls.setdefault(call, CallRecord())
        if known.agent is not None:
            self._store.agents.update([known.agent])
        if there.fence > known.fence:
            return
        if not _raised(there, known.fence, known.turn):
            there.turn, there.committed, there.open, there.collect = known.turn, known.committed, known.open, known.collect
            there.said, there.text = (known.turn, known.text) if known.text else (-1, "")
        there.fence, there.gateway, there.language, there.over = known.fence, known.gateway, known.language, False

    def _remember(self, call: str, fence: int, turn: int, **more: bool | int | str | Collect | None) -> None:
        known = self._known.get(call)
        if known is not None and known.fence == fence and known.turn <= turn:
            self._known[call] = replace(known, turn=turn, **more)  # type: ignore[arg-type]  # fields of _Known, as its callers name them

    # The gateway's half: who lives

    async def stages_alive(self) -> frozenset[Stage]:
        """The stages on which a worker beats."""
        return await self.server.ask(lambda: frozenset(stage for stage, until_s in self._store.workers.values() if until_s > self._now_s()))

    def shard_of(self, call: str) -> int:
        """There is one."""
        return 0

    async def backlog(self) -> Backlog:
        """Age of the oldest unread entry of all stages."""
        return await self.server.ask(lambda: Backlog(self._backlog_s()))

    def _backlog_s(self) -> float:
        work = self._store.work.values()
        since_s = [entry.added_s for stream in work for entry in stream.unread]
        since_s += [entry.free_since_s for stream in work for entry in stream.pending.values()]
        return max(0.0, self._now_s() - min(since_s, default=self._now_s()))

    async def ping(self) -> bool:
        """Whether somebody works on every stage."""
        try:
            return await self.stages_alive() == set(STAGES)
        except BusUnavailable:
            return False

    # The workers' half: getting work

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        """The next unread entry, or after trouble one of its own that is not ``held``; None if none came within the block time."""
        until_s = self._now_s() + self._pace.block_ms / 1000
        while True:
            try:
                entry = await self.server.ask(lambda: self._left_alone(stage, worker, held) or self._unread(stage, worker))
            except BusUnavailable:
                self._read_failed.add(worker)
                raise
            if entry is not None:
                return self._arrived(entry, worker)
            self._read_failed.discard(worker)
            if self._now_s() >= until_s:
                return None
            await self.server.wait(self._store.work[stage], until_s)

    def _left_alone(self, stage: Stage, worker: str, held: Collection[str]) -> Entry | None:
        """An entry that is pending under this worker's name though it does not work on it."""
        if worker not in self._read_failed:
            return None
        owned = (entry for entry in self._store.work[stage].pending.values() if entry.owner == worker)
        return next((entry for entry in owned if entry.id not in held), None)

    def _unread(self, stage: Stage, worker: str) -> Entry | None:
        entry = self._store.work[stage].next_unread(self._now_s())
        return self._hold(stage, entry, worker) if entry is not None else None

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        """An entry beside those it ``held`` whose worker fell silent, if there is one; if need be only one that was silent for so long."""
        entry = await self.server.ask(lambda: self._silent(stage, worker, silence_s, held))
        return self._arrived(entry, worker, taken_over=True) if entry is not None else None

    def _silent(self, stage: Stage, worker: str, silence_s: float, held: Collection[str]) -> Entry | None:
        silent_since_s = self._now_s() - max(self._pace.min_idle_ms / 1000, silence_s)
        for entry in self._store.work[stage].pending.values():
            if entry.held_since_s <= silent_since_s and entry.id not in held:
                self.hits["work taken over"] += 1
                return self._hold(stage, entry, worker)
        return None

    def _hold(self, stage: Stage, entry: Entry, worker: str) -> Entry:
        entry.owner, entry.held_since_s, entry.deliveries = worker, self._now_s(), entry.deliveries + 1
        entry.free_since_s = float("inf")
        self._store.work[stage].pending[entry.id] = entry
        return entry

    def _arrived(self, entry: Entry, worker: str, *, taken_over: bool = False) -> Delivery:
        return Delivery(entry.id, entry.message, entry.audio, entry.deliveries, taken_over, worker)

    # The workers' half: finishing it

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        """Whether nothing is left to do: finished before, by whomever, raised past, or its gateway is gone."""
        return await self._insist(lambda: self._is_done(stage, delivery))

    def _is_done(self, stage: Stage, delivery: Delivery) -> bool:
        store, gateway = self._store, delivery.message.head.gateway
        alive = gateway in store.replies and store.gateways.get(gateway, 0.0) > self._now_s()
        return streams.ALONE.done(stage, delivery.message) in store.done or self._stale(delivery.message) or (self._settled and not alive)

    def server_now_s(self, call: str) -> float:
        """The loop's time, which dates the entries."""
        return self._now_s()

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Acknowledge and send the outputs, in one step; False: nothing was sent."""
        return await self._insist(lambda: self._commit(stage, delivery, outputs, reply))

    def _commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None) -> bool:
        pending, void = self._store.work[stage].pending, self._stale(delivery.message)
        out = self._emitted(delivery.message.head.call, delivery.message.head.turn)
        overtaken = reply is not None and (not _fits(out, reply) or len(out.asked) > len(reply.asked))
        if delivery.id not in pending or (overtaken and not self._is_owner(stage, delivery)):
            return False
        if reply is not None and len(out.sentences) < len(reply.sentences) and not overtaken and not void:
            raise SentencesForgotten(delivery.message.head.call)
        self._expect(outputs)
        del pending[delivery.id]
        return not void and not overtaken and self._finish(stage, delivery.message, outputs)

    def _expect(self, outputs: Sequence[Output]) -> None:
        """A gateway may come back to a server that forgot everything: what is for it waits."""
        if not self._settled and any(output.to is None and output.message.head.gateway not in self._store.replies for output in outputs):
            raise BusUnavailable("UNSETTLED")

    @property
    def _settled(self) -> bool:
        return bool(self._store.boot) and self._now_s() - self._store.boot_s >= self._pace.settling_ms / 1000

    async def drop(self, stage: Stage, delivery: Delivery) -> None:
        """Acknowledge it and send nothing; its piece does not count as done."""
        await self._insist(lambda: self._drop(stage, delivery))

    def _drop(self, stage: Stage, delivery: Delivery) -> None:
        if self._is_owner(stage, delivery):
            del self._store.work[stage].pending[delivery.id]

    def _is_owner(self, stage: Stage, delivery: Delivery) -> bool:
        entry = self._store.work[stage].pending.get(delivery.id)
        return entry is not None and entry.owner == delivery.worker

    async def emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        """Send the last sentence of a ``reply`` so far before the entry itself is done; see ``WorkerBus.emit``."""
        return await self._insist(lambda: self._emit(stage, delivery, reply, outputs))

    def _emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        head, count = delivery.message.head, len(reply.sentences)
        if self._stale(delivery.message):
            return -1
        out = self._emitted(head.call, head.turn)
        ended = streams.ALONE.done(stage, delivery.message) in self._store.done
        if ended or not self._is_owner(stage, delivery) or not _fits(out, reply):
            return max(len(out.sentences), count) + 1
        if len(out.sentences) < count - 1:
            return len(out.sentences)
        if len(out.sentences) == count:  # the next stage has it, for which the first output is
            outputs = outputs[1:] if reply.asked and list(reply.asked) != list(out.asked) else ()
        self._expect(outputs)
        self._store.out[streams.ALONE.out(head.call, head.turn)] = list(reply.sentences)
        self._send_all(outputs)
        if reply.asked:
            self._store.asked[streams.ALONE.asked(head.call, head.turn)] = list(reply.asked)
        return count

    async def tool_start(
        self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None = None, runs_known: int | None = None
    ) -> ToolStart:
        """Start a tool with effects, once, in a committed turn that is not over."""
        return await self._insist(lambda: self._tool_start(call, run, outputs, instead, runs_known))

    def _tool_start(self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None, runs_known: int | None) -> ToolStart:
        key, known, tools = streams.ALONE.tool(call, run.name, run.arguments), self._store.calls.get(call), self._store.tools
        if tools.get(key) == run.id:
            return ToolStart("started")
        if known is not None and (known.over or known.turn > run.turn):
            return ToolStart("stale")
        if key in tools and (instead is None or tools[key] != instead.id):
            return ToolStart("known", known.tools.get(tools[key]) if known is not None else None)
        if known is None or known.turn != run.turn or not known.committed:
            return ToolStart("uncommitted")
        if runs_known is not None and len(known.tools) > runs_known:
            return ToolStart("behind")
        self._expect(outputs)
        tools[key] = run.id
        known.tools[run.id] = run
        self._send_all(outputs)
        return ToolStart("started")

    async def tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        """Write down what became of it, and tell; also when the turn was raised past."""
        await self._insist(lambda: self._tool_end(call, run, outputs))

    def _tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        self._store.calls.setdefault(call, CallRecord()).tools[run.id] = run
        self._send_all(outputs)

    async def keep_found(self, call: str, turn: int, asked: str, found: str, outputs: Sequence[Output]) -> None:
        """Keep what a look-up found for who goes on with this reply, and tell that it is over; the first answer stands."""
        await self._insist(lambda: self._keep_found(call, turn, asked, found, outputs))

    def _keep_found(self, call: str, turn: int, asked: str, found: str, outputs: Sequence[Output]) -> None:
        self._expect(outputs)
        self._store.found.setdefault(streams.ALONE.found(call, turn), {}).setdefault(asked, found)
        self._send_all(outputs)

    async def may_look(self, call: str, name: str, arguments: str, times: int) -> bool:
        """Whether a tool without effects may be used with these arguments."""
        return await self._insist(lambda: self._may_look(call, name, arguments, times))

    def _may_look(self, call: str, name: str, arguments: str, times: int) -> bool:
        looked = self._store.looked.setdefault(streams.ALONE.looked(call, name), set())
        if arguments not in looked and len(looked) >= times:
            return False
        looked.add(arguments)
        return True

    async def send(self, output: Output) -> bool:
        """Send a message that needs no commit. False: nobody reads it."""
        if await self.server.ask(lambda: self._send(output)):
            return True
        return await self._insist(lambda: self._send_if_settled(output))

    def _send_if_settled(self, output: Output) -> bool:
        self._expect([output])
        return self._send(output)

    async def fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        """Give up: dead letter (without audio and words), acknowledge, tell the gateway; of what is stale only acknowledge."""
        await self._insist(lambda: self._fail(stage, delivery, failed))

    def _fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        if self._is_owner(stage, delivery):
            del self._store.work[stage].pending[delivery.id]
            if self._stale(delivery.message):
                return
            self._store.dead[stage].append((failed.error, without_words(delivery.message)))
            self._finish(stage, delivery.message, [Output(None, failed)])

    def _finish(self, stage: Stage, message: Message, outputs: Sequence[Output]) -> bool:
        piece = streams.ALONE.done(stage, message)
        if piece in self._store.done:
            return False
        self._store.done.add(piece)
        self._send_all(outputs)
        return True

    # The workers' half: holding it

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        """Say that these are still worked on; hear what became of them."""
        if not deliveries:
            return Renewal(frozenset(), frozenset(), frozenset())
        return await self.server.ask(lambda: self._renew(stage, worker, deliveries))

    def _renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery]) -> Renewal:
        lost, stale, committed = set[str](), set[str](), set[str]()
        for delivery in deliveries:
            entry = self._store.work[stage].pending.get(delivery.id)
            if entry is None or entry.owner != worker or entry.free_since_s <= self._now_s():
                lost.add(delivery.id)
                continue
            entry.held_since_s = self._now_s()
            head = delivery.message.head
            if self._stale(delivery.message):
                stale.add(delivery.id)
            elif self.is_committed(head.call, head.turn):
                committed.add(delivery.id)
        return Renewal(frozenset(lost), frozenset(stale), frozenset(committed))

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], *, counts: bool = False) -> None:
        """Let anybody take these at once; whether this delivery ``counts`` as an attempt."""
        await self._insist(lambda: self._hand_back(stage, worker, deliveries, counts))

    def _hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], counts: bool) -> None:
        for delivery in deliveries:
            entry = self._store.work[stage].pending.get(delivery.id)
            if entry is not None and entry.owner == worker:
                entry.held_since_s, entry.free_since_s = float("-inf"), self._now_s()
                entry.deliveries -= not counts

    async def leave(self, stage: Stage, worker: str) -> None:
        """This worker reads no more."""
        await self._insist(lambda: self._store.workers.pop(worker, None))

    async def beat(self, stage: Stage, worker: str, load: float) -> None:
        """Say that this worker lives (for 5 s)."""
        await self.server.ask(lambda: self._store.workers.update({worker: (stage, self._now_s() + streams.ALIVE_TTL_S)}))

    async def news(self) -> AsyncIterator[TurnNews]:
        """Turns that are committed or over, as it happens."""
        queue: asyncio.Queue[TurnNews] = asyncio.Queue(_NEWS_AT_MOST)
        self._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(queue)

    async def history(self, call: str) -> list[PastTurn]:
        """The ended turns of the call, oldest first, and any in which a tool with effects was started."""
        return await self._insist(lambda: self._history(call))

    def _history(self, call: str) -> list[PastTurn]:
        known = self._store.calls.get(call, CallRecord())
        runs = sorted(known.tools.values(), key=lambda run: run.started_s)
        turns = sorted({*known.past, *(run.turn for run in runs)})
        ended = [known.past.get(turn, PastTurn(turn, "", "")) for turn in turns]
        return [replace(past, tools=tuple(run for run in runs if run.turn == past.turn)) for past in ended]

    async def agent(self, call: str, reference: str) -> bytes | None:
        """The agent of a call's messages, as its gateway kept it; None: it is not here."""
        return await self._insist(lambda: self._store.agents.get(reference))

    async def emitted(self, call: str, turn: int) -> Emitted:
        """What earlier attempts at this reply emitted, and found."""
        return await self._insist(lambda: self._emitted(call, turn))

    def _emitted(self, call: str, turn: int) -> Emitted:
        store, keys = self._store, streams.ALONE
        out, asked = store.out.get(keys.out(call, turn), ()), store.asked.get(keys.asked(call, turn), ())
        return Emitted(list(out), list(asked), dict(store.found.get(keys.found(call, turn), {})))

    async def close(self) -> None:
        """Nothing to close."""

    # What a test does to it, and asks it

    @property
    def unreachable(self) -> bool:
        """While it is set, every method raises ``BusUnavailable`` once it has tried for long enough, and replies wait."""
        return self.server.down

    @unreachable.setter
    def unreachable(self, down: bool) -> None:
        self.server.down = down

    @property
    def events(self) -> dict[str, list[dict[str, str]]]:
        """What each call recorded."""
        return self._store.events

    @property
    def dead(self) -> dict[Stage, list[tuple[str, Message]]]:
        """Entries that no attempt could finish, with the error."""
        return self._store.dead

    def lose_everything(self) -> None:
        """Forget all there is, as a server that restarts with empty hands."""
        self.server.forget()

    def is_committed(self, call: str, turn: int) -> bool:
        """Whether this is the call's turn, and effects may run."""
        known = self._store.calls.get(call)
        return known is not None and not known.over and known.turn == turn and known.committed

    def history_of(self, call: str) -> list[PastTurn]:
        """What ``history`` would answer, whether anybody is answered or not."""
        return self._history(call)

    def unfinished(self, stage: Stage) -> int:
        """Entries that are not finished."""
        return len(self._store.work[stage].unread) + len(self._store.work[stage].pending)

    # Inside

    @property
    def _store(self) -> Store:
        return self.server.store

    async def _insist(self, action: Callable[[], T]) -> T:
        """What may be done twice without harm is tried again, as the real buses do."""
        return await insistently(lambda: self.server.ask(action))

    def _refuse(self, call: str, fence: int) -> None:
        known = self._store.calls.get(call)
        if known is not None and known.fence > fence:
            raise NotOwner(call)

    def _owned(self, call: str, fence: int) -> CallRecord:
        """The call, as its owner may write it; a server that forgot it refuses nobody."""
        self._refuse(call, fence)
        return self._store.calls.setdefault(call, CallRecord())

    def _now_s(self) -> float:
        return self.server.now_s()

    def _add(self, stream: Stream, message: Message, audio: bytes) -> None:
        self._entries += 1
        now_s, delay_s = self._now_s(), self._random.uniform(*self._faults.delay_s)
        self.hits["entry late"] += delay_s > 0
        stream.unread.append(Entry(f"{int(now_s * 1000)}-{self._entries}", message, audio, now_s, now_s + delay_s))
        self.server.ring()

    def _send_all(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            self._send(output)

    def _send(self, output: Output) -> bool:
        if output.to is not None:
            self._add(self._store.work[output.to], output.message, output.audio)
            return True
        stream = self._store.replies.get(output.message.head.gateway)
        if stream is not None and self._random.random() < self._faults.lose_replies:
            self.hits["reply lost"] += 1
            self.reply_lost(output.message)
        elif stream is not None:
            self._add(stream, output.message, output.audio)
        return stream is not None

    def _stale(self, message: Message) -> bool:
        call = self._store.calls.get(message.head.call)
        return call is not None and (call.over or (call.turn > message.head.turn and streams.stale_by_turn(message)))

    async def _take_long(self) -> None:
        if self._faults.slow_turns_s:
            self.hits["turn written late"] += 1
            await asyncio.sleep(self._random.uniform(0.0, self._faults.slow_turns_s))

    def _tell(self, news: TurnNews) -> None:
        for queue in self._listeners:
            if self._random.random() < self._faults.lose_news:
                self.hits["news lost"] += 1
                continue
            with suppress(asyncio.QueueFull):
                queue.put_nowait(news)


def _fits(out: Emitted, reply: Emitted) -> bool:
    """Whether what is out are the first sentences of a reply, as somebody has it."""
    return list(out.sentences) == list(reply.sentences[: len(out.sentences)])


def _raised(known: CallRecord, fence: int, turn: int) -> bool:
    """Whether the call's owner raised its turn past this one; what an older owner wrote does not count."""
    return known.turn > turn and not 0 < known.fence < fence
