"""Both halves of the bus in memory, for simulated calls.

It behaves as ``common/streams.py`` says, without a server: all that the scripts do in one step
happens between two awaits here. Its only clock is the running loop's, so a virtual clock moves
it, and its faults are drawn from a seed: the same seed gives the same call.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from common import streams
from common.bus import Delivery, Output, PastTurn, Reconnect, Renewal, Taken, ToolRun, ToolStart, TurnClosed, TurnNews, without_words
from common.errors import BusUnavailable, NotOwner
from common.messages import CallTakenOver, Head, Message, Stage, StageFailed
from common.streams import STAGES, Pace

_NEWS_AT_MOST = 1_000


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


@dataclass(slots=True)
class _Entry:
    """An entry of a stream and, once it was delivered, who holds it."""

    id: str
    message: Message
    audio: bytes
    added_s: float
    seen_from_s: float
    owner: str = ""
    held_since_s: float = 0.0
    deliveries: int = 0


class _Stream:
    """Entries in order; whoever waits for one is woken by the bell."""

    def __init__(self, reorder: bool) -> None:
        self._reorder = reorder
        self.unread: deque[_Entry] = deque()
        self.pending: dict[str, _Entry] = {}
        self.bell = asyncio.Event()

    def add(self, entry: _Entry) -> None:
        self.unread.append(entry)
        self.bell.set()

    def next_unread(self, now_s: float) -> _Entry | None:
        """The first entry that can be seen, taken off."""
        if self.unread and self._reorder:
            first = min(self.unread, key=lambda entry: entry.seen_from_s)
            self.unread.remove(first)
            self.unread.appendleft(first)
        return self.unread.popleft() if self.unread and self.unread[0].seen_from_s <= now_s else None

    async def wait(self, until_s: float) -> None:
        """Until there may be something to see, at the latest until then."""
        self.bell.clear()
        seen_s = self.unread[0].seen_from_s if self.unread else until_s
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(seen_s, until_s)):
                await self.bell.wait()


@dataclass(slots=True)
class _Call:
    """A call's hash and history."""

    gateway: str
    language: str
    turn: int = 0
    committed: bool = True
    over: bool = False
    stream: str = ""
    fence: int = 0
    left: int | None = None
    open: int = -1
    said: int = -1
    text: str = ""
    remembered: bool = True
    """Whether the gateway's bus writes it anew for a server that forgot it."""
    past: dict[int, PastTurn] = field(default_factory=dict)
    tools: dict[str, ToolRun] = field(default_factory=dict)
    """Every run of a tool with effects, by its id."""


class MemoryBus:
    """A ``GatewayBus`` and a ``WorkerBus`` for all processes of a simulated house."""

    def __init__(self, *, pace: Pace | None = None, faults: Faults | None = None) -> None:
        self._pace = pace or Pace()
        self._faults = faults or Faults()
        self._random = random.Random(self._faults.seed)
        self._entries = 0
        self._work: dict[Stage, _Stream] = {stage: self._stream() for stage in STAGES}
        self._replies: dict[str, _Stream] = {}
        self._calls: dict[str, _Call] = {}
        self._forgotten: dict[str, _Call] = {}
        self._reconnects: dict[str, list[float]] = {}
        self._done: set[str] = set()
        self._out: dict[str, list[str]] = {}
        self._tools: dict[str, str] = {}
        """Of each tool with effects that was started: the id of its run."""
        self._listeners: list[asyncio.Queue[TurnNews]] = []
        self._beats: dict[str, tuple[Stage, float]] = {}
        self.unreachable = False
        """While it is set, every method raises ``BusUnavailable``, and replies wait."""
        self.events: dict[str, list[dict[str, str]]] = {}
        """What each call recorded."""
        self.dead: dict[Stage, list[tuple[str, Message]]] = {stage: [] for stage in STAGES}
        """Entries that no attempt could finish, with the error."""

    # The gateway's half

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Make ``stream`` the call's owner, and tell the one before."""
        self._reach()
        was = self._calls.get(call)
        if was is None or was.stream != stream:
            self._calls[call] = self._taken(call, was, gateway, stream, language, turn)
        known = self._calls[call]
        heard = ["", "", *(past.heard for _, past in sorted(known.past.items()) if past.heard)]
        text = known.text if known.left is not None and known.said == known.left else ""
        is_open = known.left is not None and (known.open == known.left or bool(text))
        return Taken(known.fence, known.turn, known.left, is_open, text, heard[-1], heard[-2])

    def _taken(self, call: str, was: _Call | None, gateway: str, stream: str, language: str, turn: int) -> _Call:
        if was is None:
            return _Call(gateway, language, turn, stream=stream, fence=1)
        known = replace(was, gateway=gateway, language=language, stream=stream, fence=was.fence + 1)
        known.turn, known.left = was.turn + 1, None if was.over else was.turn
        known.committed, known.over, known.remembered = was.over, False, True
        if was.over:
            known.past, known.tools = {}, {}
        elif was.gateway in self._replies:
            head = Head(call=call, turn=known.turn, gateway=was.gateway, language=language)
            self._add(self._replies[was.gateway], CallTakenOver(head=head, fence=known.fence), b"")
        self._tell(TurnNews(call, was.turn, "over"))
        return known

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage."""
        self._reach()
        self._restore()
        self._replies.setdefault(message.head.gateway, self._stream())
        self._add(self._work[stage], message, audio)
        if self._random.random() < self._faults.duplicate_work:
            self._add(self._work[stage], message, audio)

    async def open_turn(self, call: str, turn: int, fence: int) -> None:
        """Note that the caller waits for an answer in this turn."""
        self._owned(call, fence).open = turn

    async def commit_turn(self, call: str, turn: int, text: str, fence: int) -> None:
        """Tell the workers that the turn is committed (R2), and keep its words while it is open."""
        await self._take_long()
        known = self._owned(call, fence)
        if known.turn == turn:
            known.committed, known.said, known.text = True, turn, text
            self._tell(TurnNews(call, turn, "committed"))

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Raise the turn, write its history, tell the workers."""
        await self._take_long()
        known = self._owned(call, fence)
        if known.turn <= closed.turn:
            known.turn, known.committed, known.text = closed.turn + 1, False, ""
            known.open = known.turn if closed.how == "superseded" else known.open
        if closed.caller or closed.heard:
            known.past[closed.turn] = PastTurn(closed.turn, closed.caller, closed.heard, cut=closed.cut)
        self._tell(TurnNews(call, closed.turn, "over"))

    async def record(self, call: str, fields: dict[str, str]) -> None:
        """Append to the call's event stream (no texts)."""
        self._reach()
        self.events.setdefault(call, []).append(dict(fields))

    async def close_call(self, call: str, fence: int) -> None:
        """The call is over."""
        self._owned(call, fence).over = True
        self._tell(TurnNews(call, streams.LAST_TURN, "over"))

    async def leave_call(self, call: str, fence: int) -> None:
        """The call may come back: nothing expires here."""
        self._owned(call, fence)

    async def reconnect(self, call: str) -> Reconnect:
        """Whether a call whose stream ended is to be connected again; that counts."""
        self._reach()
        if call in self._calls and self._calls[call].over:
            return "over"
        times = [at for at in self._reconnects.get(call, ()) if at > self._now_s() - streams.RECONNECTS_TTL_S]
        self._reconnects[call] = times
        if len(times) >= streams.MOST_RECONNECTS:
            return "too_often"
        times.append(self._now_s())
        return "again"

    def forget(self, call: str, fence: int) -> None:
        """Drop what the gateway's bus remembers of a call that its owner is done with."""
        for calls in (self._forgotten, self._calls):
            if call in calls and calls[call].fence == fence:
                calls[call].remembered = False

    async def replies(self, gateway: str) -> AsyncIterator[Delivery]:
        """What the workers send to this gateway, in order, for ever."""
        while True:
            stream = self._replies.setdefault(gateway, self._stream())
            entry = None if self.unreachable else stream.next_unread(self._now_s())
            if entry is None:
                await stream.wait(self._now_s() + self._pace.block_ms / 1000)
            else:
                yield Delivery(entry.id, entry.message, entry.audio)

    async def stages_alive(self) -> frozenset[Stage]:
        """The stages on which a worker beats."""
        self._reach()
        return frozenset(stage for stage, until_s in self._beats.values() if until_s > self._now_s())

    async def backlog_s(self) -> float:
        """Age of the oldest unread entry of all stages."""
        self._reach()
        ages_s = [self._now_s() - entry.added_s for stream in self._work.values() for entry in stream.unread]
        return max(ages_s, default=0.0)

    async def ping(self) -> bool:
        """Whether somebody works on every stage."""
        return not self.unreachable and await self.stages_alive() == set(STAGES)

    # The workers' half: getting work

    async def take(self, stage: Stage, worker: str) -> Delivery | None:
        """The next unread entry; None if none came within the block time."""
        self._reach()
        until_s = self._now_s() + self._pace.block_ms / 1000
        while True:
            entry = self._work[stage].next_unread(self._now_s())
            if entry is not None:
                return self._hold(stage, entry, worker)
            if self._now_s() >= until_s:
                return None
            await self._work[stage].wait(until_s)

    async def reclaim(self, stage: Stage, worker: str) -> Delivery | None:
        """An entry whose worker fell silent, if there is one."""
        self._reach()
        silent_since_s = self._now_s() - self._pace.min_idle_ms / 1000
        for entry in self._work[stage].pending.values():
            if entry.held_since_s <= silent_since_s:
                return self._hold(stage, entry, worker)
        return None

    def _hold(self, stage: Stage, entry: _Entry, worker: str) -> Delivery:
        entry.owner, entry.held_since_s, entry.deliveries = worker, self._now_s(), entry.deliveries + 1
        self._work[stage].pending[entry.id] = entry
        return Delivery(entry.id, entry.message, entry.audio, entry.deliveries)

    # The workers' half: finishing it

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        """Whether nothing is left to do: finished before, by whomever, raised past, or its gateway is gone."""
        self._reach()
        nobody_listens = bool(self._replies) and delivery.message.head.gateway not in self._replies
        return streams.done(stage, delivery.message) in self._done or self._stale(delivery.message) or nobody_listens

    def server_now_s(self) -> float:
        """The loop's time, which dates the entries."""
        return self._now_s()

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output]) -> bool:
        """Acknowledge and send the outputs, in one step; False: nothing was sent."""
        self._reach()
        if self._work[stage].pending.pop(delivery.id, None) is None or self._stale(delivery.message):
            return False
        return self._finish(stage, delivery.message, outputs)

    async def drop(self, stage: Stage, delivery: Delivery) -> None:
        """Acknowledge it and send nothing; its piece does not count as done."""
        self._reach()
        self._work[stage].pending.pop(delivery.id, None)

    async def emit(self, stage: Stage, delivery: Delivery, number: int, sentence: str, outputs: Sequence[Output]) -> int:
        """Send sentence ``number`` of a reply before the entry itself is done; see ``WorkerBus.emit``."""
        self._reach()
        head = delivery.message.head
        if self._stale(delivery.message):
            return -1
        said = self._out.setdefault(streams.out(head.call, head.turn), [])
        if streams.done(stage, delivery.message) in self._done:
            return max(len(said), number + 1) + 1
        if len(said) == number + 1 and said[number] == sentence:
            return number + 1
        if len(said) != number:
            return len(said) + (len(said) > number)
        said.append(sentence)
        self._send_all(outputs)
        return number + 1

    async def tool_start(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> ToolStart:
        """Start a tool with effects, once, in a committed turn that is not over."""
        self._reach()
        key, known = streams.tool(call, run.name, run.arguments), self._calls.get(call)
        if self._tools.get(key) == run.id:
            return ToolStart("started")
        if known is not None and (known.over or known.turn > run.turn):
            return ToolStart("stale")
        if key in self._tools:
            return ToolStart("known", known.tools.get(self._tools[key]) if known is not None else None)
        if known is None or known.turn != run.turn or not known.committed:
            return ToolStart("uncommitted")
        self._tools[key] = run.id
        known.tools[run.id] = run
        self._send_all(outputs)
        return ToolStart("started")

    async def tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        """Write down what became of it, and tell; also when the turn was raised past."""
        self._reach()
        self._calls.setdefault(call, _Call("", "")).tools[run.id] = run
        self._send_all(outputs)

    async def send(self, output: Output) -> bool:
        """Send a message that needs no commit. False: nobody reads it."""
        self._reach()
        return self._send(output)

    async def fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        """Give up: dead letter (without audio and words), acknowledge, tell the gateway."""
        self._reach()
        if self._work[stage].pending.pop(delivery.id, None) is not None:
            self.dead[stage].append((failed.error, without_words(delivery.message)))
            self._finish(stage, delivery.message, [Output(None, failed)])

    def _finish(self, stage: Stage, message: Message, outputs: Sequence[Output]) -> bool:
        piece = streams.done(stage, message)
        if piece in self._done:
            return False
        self._done.add(piece)
        self._send_all(outputs)
        return True

    # The workers' half: holding it

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery]) -> Renewal:
        """Say that these are still worked on; hear what became of them."""
        self._reach()
        lost, stale, committed = set[str](), set[str](), set[str]()
        for delivery in deliveries:
            entry = self._work[stage].pending.get(delivery.id)
            if entry is None or entry.owner != worker:
                lost.add(delivery.id)
                continue
            entry.held_since_s = self._now_s()
            call = self._calls.get(delivery.message.head.call)
            if self._stale(delivery.message):
                stale.add(delivery.id)
            elif call is not None and call.turn == delivery.message.head.turn and call.committed:
                committed.add(delivery.id)
        return Renewal(frozenset(lost), frozenset(stale), frozenset(committed))

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], *, counts: bool = False) -> None:
        """Let anybody take these at once; whether this delivery ``counts`` as an attempt."""
        self._reach()
        for delivery in deliveries:
            entry = self._work[stage].pending.get(delivery.id)
            if entry is not None and entry.owner == worker:
                entry.held_since_s = float("-inf")
                entry.deliveries -= not counts

    async def leave(self, stage: Stage, worker: str) -> None:
        """This worker reads no more."""
        self._reach()
        self._beats.pop(worker, None)

    async def beat(self, stage: Stage, worker: str, load: float) -> None:
        """Say that this worker lives (for 5 s)."""
        self._reach()
        self._beats[worker] = (stage, self._now_s() + streams.ALIVE_TTL_S)

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
        self._reach()
        known = self._calls.get(call)
        if known is None:
            return []
        runs = sorted(known.tools.values(), key=lambda run: run.started_s)
        turns = sorted({*known.past, *(run.turn for run in runs)})
        ended = [known.past.get(turn, PastTurn(turn, "", "")) for turn in turns]
        return [replace(past, tools=tuple(run for run in runs if run.turn == past.turn)) for past in ended]

    async def emitted(self, call: str, turn: int) -> list[str]:
        """Sentences that an earlier attempt at this reply emitted."""
        self._reach()
        return list(self._out.get(streams.out(call, turn), ()))

    async def close(self) -> None:
        """Nothing to close."""

    # What a test does to it

    def lose_everything(self) -> None:
        """Forget all there is, as a server that restarts with empty hands."""
        for stream in (*self._work.values(), *self._replies.values()):
            stream.unread.clear()
            stream.pending.clear()
        self._replies.clear()
        self._forgotten |= {
            name: replace(call, past={}, tools={}) for name, call in self._calls.items() if call.remembered and not call.over
        }
        for kept in (self._calls, self._reconnects, self._done, self._out, self._tools, self.events):
            kept.clear()

    def is_committed(self, call: str, turn: int) -> bool:
        """Whether this is the call's turn, and effects may run."""
        known = self._calls.get(call)
        return known is not None and not known.over and known.turn == turn and known.committed

    def backlog(self, stage: Stage) -> int:
        """Entries that are not finished."""
        return len(self._work[stage].unread) + len(self._work[stage].pending)

    # Inside

    def _reach(self) -> None:
        if self.unreachable:
            raise BusUnavailable("unreachable")

    def _owned(self, call: str, fence: int) -> _Call:
        """The call, as its owner may write it; a server that forgot it refuses nobody."""
        self._reach()
        known = self._calls.setdefault(call, _Call("", "", fence=fence))
        if known.fence > fence:
            raise NotOwner(call)
        return known

    def _restore(self) -> None:
        """What the gateway's bus does when it finds that the server forgot its calls."""
        for name, call in ((name, call) for name, call in self._forgotten.items() if call.remembered):
            self._calls.setdefault(name, call)
            self._replies.setdefault(call.gateway, self._stream())
        self._forgotten.clear()

    def _stream(self) -> _Stream:
        return _Stream(self._faults.reorder)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _add(self, stream: _Stream, message: Message, audio: bytes) -> None:
        self._entries += 1
        now_s = self._now_s()
        stream.add(
            _Entry(f"{int(now_s * 1000)}-{self._entries}", message, audio, now_s, now_s + self._random.uniform(*self._faults.delay_s))
        )

    def _send_all(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            self._send(output)

    def _send(self, output: Output) -> bool:
        if output.to is not None:
            self._add(self._work[output.to], output.message, output.audio)
            return True
        stream = self._replies.get(output.message.head.gateway)
        if stream is not None and self._random.random() >= self._faults.lose_replies:
            self._add(stream, output.message, output.audio)
        return stream is not None

    def _stale(self, message: Message) -> bool:
        call = self._calls.get(message.head.call)
        return call is not None and (call.over or (call.turn > message.head.turn and streams.stale_by_turn(message)))

    async def _take_long(self) -> None:
        if self._faults.slow_turns_s:
            await asyncio.sleep(self._random.uniform(0.0, self._faults.slow_turns_s))

    def _tell(self, news: TurnNews) -> None:
        for queue in self._listeners:
            if self._random.random() < self._faults.lose_news:
                continue
            with suppress(asyncio.QueueFull):
                queue.put_nowait(news)
