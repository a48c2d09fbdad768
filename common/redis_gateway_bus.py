"""The gateway's half of the bus over Redis; see ``common/redis_bus.py``."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast

import msgspec
from redis import exceptions

from common import streams
from common.bus import Delivery, Reconnect, Taken, TurnClosed
from common.errors import BusUnavailable, NotOwner
from common.messages import CallTakenOver, Head, Message, Stage, decode
from common.redis_link import (
    READ_MARGIN_S,
    WRITE_LIMIT_S,
    WRITERS,
    Backoff,
    Connect,
    Entry,
    Outage,
    Scripts,
    Value,
    connect,
    entries_of,
    fields_of,
    insistently,
    once,
)
from common.streams import GROUP, ONE_TAG, STAGES, Pace

logger = logging.getLogger("torim.common")

_AT_ONCE = 100
_HOUSEKEEPING_S = 1.0
_SWEEP_S = 60.0
_SILENT_WORKER_MS = 600_000
_START = b"0-0"


@dataclass(frozen=True, slots=True)
class _Call:
    """What the gateway remembers of a call's hash, to write it anew."""

    fence: int
    gateway: str
    language: str
    turn: int
    committed: bool = True
    open: int = -1
    text: str = ""


class RedisGatewayBus:
    """One a process, for one gateway."""

    def __init__(self, url: str, *, pace: Pace | None = None, connect: Connect = connect) -> None:
        self._pace = pace or Pace()
        self._reader = connect(url, self._pace.block_ms / 1000 + READ_MARGIN_S, 1)
        self._writer = connect(url, WRITE_LIMIT_S, WRITERS)
        self._scripts = Scripts(self._writer)
        self._outage = Outage(url)
        self._calls: dict[str, _Call] = {}
        self._gateway = ""
        self._boot: bytes | None = None
        self._restoring = asyncio.Lock()
        self._read_to = _START
        self._housekeeping_at = self._sweep_at = 0.0

    # A call, from its beginning to its end

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Make ``stream`` the call's owner, and tell the one before."""
        self._gateway = gateway
        taken, before = await insistently(lambda: self._take_call(call, stream, language, turn))
        self._calls[call] = _Call(taken.fence, gateway, language, taken.turn, committed=taken.left is None)
        if before:
            head = Head(call=call, turn=taken.turn, gateway=before, language=language)
            with suppress(BusUnavailable):  # then it learns when it writes
                await once(lambda: self._tell_gateway(CallTakenOver(head=head, fence=taken.fence)))
        return taken

    async def _take_call(self, call: str, stream: str, language: str, turn: int) -> tuple[Taken, str]:
        keys = [streams.call_hash(call), streams.history(call)]
        args: list[Value] = [stream, self._gateway, language, turn, streams.CALL_TTL_S, streams.turns(streams.shard(call)), call]
        fence, now, left, is_open, text, before = await self._scripts.run("take_call", keys, args)
        past: Any = await self._writer.hgetall(streams.history(call))
        heard_before, heard = _heard_last(past)
        taken = Taken(int(fence), int(now), int(left) if left else None, is_open == b"1", text.decode(), heard, heard_before)
        return taken, before.decode()

    async def _tell_gateway(self, message: Message) -> None:
        key = streams.replies(streams.shard(message.head.call), message.head.gateway)
        await self._writer.xadd(key, fields_of(message, b""), maxlen=streams.REPLIES_MAXLEN, nomkstream=True)

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage: a plain XADD, since sound through a script costs threefold."""
        await insistently(lambda: self._publish(stage, message, audio))

    async def open_turn(self, call: str, turn: int, fence: int) -> None:
        """Note that the caller waits for an answer in this turn."""
        self._remember(call, fence, turn, open=turn)
        await self._as_owner("open_turn", [streams.call_hash(call)], [fence, turn])

    async def commit_turn(self, call: str, turn: int, text: str, fence: int) -> None:
        """Tell the workers that the turn is committed (R2), and keep its words while it is open."""
        self._remember(call, fence, turn, committed=True, text=text)
        args: list[Value] = [fence, turn, text, streams.turns(streams.shard(call)), f"{call}:{turn}:committed"]
        await self._as_owner("commit_turn", [streams.call_hash(call)], args)

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Raise the turn, write its history, tell the workers: one atomic step."""
        carries = closed.how == "superseded"
        self._remember(call, fence, closed.turn + 1, committed=False, text="", **({"open": closed.turn + 1} if carries else {}))
        keys = [streams.call_hash(call), streams.history(call)]
        args: list[Value] = [fence, closed.turn, streams.CALL_TTL_S]
        args += [streams.turn_field(closed.turn, "u"), closed.caller, streams.turn_field(closed.turn, "s"), closed.heard]
        args += [streams.turns(streams.shard(call)), f"{call}:{closed.turn}:over"]
        args += [streams.turn_field(closed.turn, "c"), "1" if closed.cut else "", int(carries)]
        await self._as_owner("close_turn", keys, args)

    async def record(self, call: str, fields: dict[str, str]) -> None:
        """Append to the call's event stream (no texts)."""
        pipeline = self._writer.pipeline(transaction=False)
        entry: dict[Any, Any] = {**fields}
        pipeline.xadd(streams.events(call), entry, maxlen=streams.EVENTS_MAXLEN)
        pipeline.expire(streams.events(call), streams.EVENTS_TTL_S)
        await once(pipeline.execute)

    async def close_call(self, call: str, fence: int) -> None:
        """The call is over: what remains of its keys expires soon."""
        self.forget(call, fence)
        news = f"{call}:{streams.LAST_TURN}:over"
        args: list[Value] = [fence, streams.CLOSED_CALL_TTL_S, streams.turns(streams.shard(call)), news]
        await self._as_owner("close_call", [streams.call_hash(call), streams.history(call)], args)

    async def leave_call(self, call: str, fence: int) -> None:
        """The call's line is gone, and may come back: what remains of its keys expires soon if it does not."""
        self.forget(call, fence)
        await self._as_owner("leave_call", [streams.call_hash(call), streams.history(call)], [fence, streams.CLOSED_CALL_TTL_S])

    async def reconnect(self, call: str) -> Reconnect:
        """Whether a call whose stream ended is to be connected again; that counts."""
        keys = [streams.call_hash(call), streams.reconnects(call)]
        args: list[Value] = [streams.MOST_RECONNECTS, streams.RECONNECTS_TTL_S]
        answer: bytes = await once(lambda: self._scripts.run("reconnect", keys, args))
        return cast("Reconnect", answer.decode())

    def forget(self, call: str, fence: int) -> None:
        """Drop what is remembered of a call that this owner is done with: a server that forgot it shall not get it again."""
        known = self._calls.get(call)
        if known is not None and known.fence == fence:
            del self._calls[call]

    async def _as_owner(self, script: str, keys: Sequence[str], args: Sequence[Value]) -> None:
        """Run a script of the owner's.

        Raises:
            NotOwner: another stream took the call.
        """
        if await insistently(lambda: self._scripts.run(script, keys, args)) == -1:
            raise NotOwner(script)

    async def _publish(self, stage: Stage, message: Message, audio: bytes) -> None:
        if self._boot is None:
            await self._restore()
        if await self._add(stage, message, audio) == self._boot:
            return
        self._boot = None
        await self._restore()
        await self._add(stage, message, audio)

    async def _add(self, stage: Stage, message: Message, audio: bytes) -> bytes | None:
        """Add the entry, and say that its gateway lives, else workers drop it; the server's boot id of that moment."""
        tag = streams.shard(message.head.call)
        pipeline = self._writer.pipeline(transaction=False)
        pipeline.get(streams.boot(tag))
        pipeline.set(streams.gateway_alive(self._gateway), "1", ex=streams.ALIVE_TTL_S)
        pipeline.xadd(streams.work(tag, stage), fields_of(message, audio), maxlen=streams.WORK_MAXLEN)
        boot: bytes | None = (await pipeline.execute())[0]
        return boot

    def _remember(self, call: str, fence: int, turn: int, **more: bool | int | str) -> None:
        known = self._calls.get(call)
        if known is not None and known.fence == fence and known.turn <= turn:
            self._calls[call] = replace(known, turn=turn, **more)  # type: ignore[arg-type]  # fields of _Call, as its callers name them

    # A server that forgot

    async def _restore(self) -> None:
        """Write what workers rely on: the stream for replies, and a hash for each call. One task does it for all."""
        async with self._restoring:
            if self._boot is not None:
                return
            boot = await self._settle()
            for call in list(self._calls):
                await self._write_call(call)
            self._boot = boot

    async def _settle(self) -> bytes | None:
        """Make this gateway known to the server; its boot id.

        All in one step, since workers drop what is for a gateway without these keys once the server has a boot id,
        and they only write to a stream that exists. A new one is read from its start: its ids may be lower than the last one's.
        """
        key = streams.replies(ONE_TAG, self._gateway)
        pipeline = self._writer.pipeline(transaction=True)
        pipeline.exists(key)
        pipeline.xadd(key, {b"born": b"1"})
        pipeline.expire(key, streams.REPLIES_TTL_S)
        pipeline.set(streams.gateway_alive(self._gateway), "1", ex=streams.ALIVE_TTL_S)
        pipeline.set(streams.boot(ONE_TAG), uuid.uuid4().hex, nx=True)
        pipeline.get(streams.boot(ONE_TAG))
        there, *_, boot = await pipeline.execute()
        if not there:
            self._read_to = _START
        return cast("bytes | None", boot)

    async def _write_call(self, call: str) -> None:
        known = self._calls.get(call)
        if known is None:
            return
        args: list[Value] = [known.fence, known.turn, int(known.committed), known.open, known.text]
        args += [known.gateway, known.language, streams.CALL_TTL_S]
        await self._scripts.run("restore_call", [streams.call_hash(call)], args)

    # Replies

    async def replies(self, gateway: str) -> AsyncIterator[Delivery]:
        """What the workers send to this gateway, in order, for ever; survives restarts of Redis."""
        self._gateway = gateway
        backoff = Backoff()
        while True:
            try:
                await once(self._keep_house)
                entries = await once(self._read_replies)
            except BusUnavailable as trouble:
                self._outage.lasts(trouble, asyncio.get_running_loop().time())
                self._boot = None
                self._housekeeping_at = 0.0
                await asyncio.sleep(backoff.pause_s)
                continue
            backoff.reset()
            self._outage.over(asyncio.get_running_loop().time())
            for entry in entries:
                self._read_to = entry[0]
                delivery = _reply(entry)
                if delivery is not None:
                    yield delivery

    async def _read_replies(self) -> list[Entry]:
        key, poll_ms = streams.replies(ONE_TAG, self._gateway), self._pace.poll_ms
        block = self._pace.block_ms if poll_ms is None else None
        found = entries_of(await self._reader.xread({key: self._read_to}, count=_AT_ONCE, block=block))
        if not found and poll_ms is not None:
            await asyncio.sleep(poll_ms / 1000)
        return found

    async def _keep_house(self) -> None:
        """What is due: each second the keys of this gateway, each minute the workers that are gone."""
        now = asyncio.get_running_loop().time()
        if now >= self._housekeeping_at:
            await self._keep_fresh()
            self._housekeeping_at = now + _HOUSEKEEPING_S
        if now >= self._sweep_at:
            for stage in STAGES:
                await self._scripts.run("sweep", [streams.work(ONE_TAG, stage)], [_SILENT_WORKER_MS])
            self._sweep_at = now + _SWEEP_S

    async def _keep_fresh(self) -> None:
        """Trim what was read, keep the keys from expiring, find out whether the server forgot."""
        key = streams.replies(ONE_TAG, self._gateway)
        pipeline = self._writer.pipeline(transaction=False)
        pipeline.get(streams.boot(ONE_TAG))
        pipeline.expire(key, streams.REPLIES_TTL_S)
        pipeline.set(streams.gateway_alive(self._gateway), "1", ex=streams.ALIVE_TTL_S)
        pipeline.xtrim(key, minid=self._read_to, approximate=False)
        for stage in STAGES:
            pipeline.xlen(streams.work(ONE_TAG, stage))
        boot, there, _, _, *lengths = await pipeline.execute()
        _warn_of_fuses(lengths)
        if boot != self._boot or not there:
            self._boot = None
            await self._restore()

    # Who lives

    async def stages_alive(self) -> frozenset[Stage]:
        """The stages on which a worker lives: one that has warmed its vendor up and beats."""
        return await once(self._stages_alive)

    async def _stages_alive(self) -> frozenset[Stage]:
        pipeline = self._writer.pipeline(transaction=False)
        for stage in STAGES:
            pipeline.xinfo_consumers(streams.work(ONE_TAG, stage), GROUP)
        answers = await pipeline.execute(raise_on_error=False)
        alive = set[Stage]()
        for stage, consumers in zip(STAGES, answers, strict=True):
            known = not isinstance(consumers, exceptions.ResponseError)
            if known and await self._any_alive([about["name"].decode() for about in consumers]):
                alive.add(stage)
        return frozenset(alive)

    async def _any_alive(self, workers: Sequence[str]) -> bool:
        if not workers:
            return False
        return any(await self._writer.mget([streams.worker_alive(worker) for worker in workers]))

    async def backlog_s(self) -> float:
        """Age of the oldest entry of all stages that no worker has read; 0 if there is none."""
        return await once(self._backlog_s)

    async def _backlog_s(self) -> float:
        pipeline = self._writer.pipeline(transaction=False)
        for stage in STAGES:
            pipeline.xinfo_groups(streams.work(ONE_TAG, stage))
        groups = await pipeline.execute(raise_on_error=False)
        pipeline.time()
        for stage, known in zip(STAGES, groups, strict=True):
            read = known[0]["last-delivered-id"] if isinstance(known, list) and known else b"0"
            pipeline.xrange(streams.work(ONE_TAG, stage), min=b"(" + read, count=1)
        (seconds, micros), *unread = await pipeline.execute()
        oldest = [int(entries[0][0].partition(b"-")[0]) / 1000 for entries in unread if entries]
        return max(0.0, seconds + micros / 1e6 - min(oldest)) if oldest else 0.0

    async def ping(self) -> bool:
        """Whether Redis answers within its deadline, and somebody works on every stage. Never raises."""
        try:
            return await self.stages_alive() == set(STAGES)
        except BusUnavailable:
            return False

    async def close(self) -> None:
        """Say that this gateway is gone, and close the connections."""
        if self._gateway:
            with suppress(BusUnavailable):  # then workers find out within 5 s
                await once(lambda: self._writer.delete(streams.gateway_alive(self._gateway)))
        await self._reader.aclose()
        await self._writer.aclose()


def _heard_last(history: dict[bytes, bytes]) -> tuple[str, str]:
    """What was heard in the last two turns in which anything was: the earlier one first."""
    heard = sorted(field for field in history if field.endswith(b"s"))
    before, last = ([b"", b""] + [history[field] for field in heard])[-2:]
    return before.decode(), last.decode()


def _reply(entry: Entry) -> Delivery | None:
    """The entry as a delivery; None for the mark that made the stream, and for what cannot be read."""
    id_, fields = entry[0].decode(), entry[1]
    if b"m" not in fields:
        return None
    try:
        return Delivery(id_, decode(fields[b"m"]), fields.get(b"a", b""))
    except msgspec.DecodeError:
        logger.exception("entry=%s what=unreadable_reply", id_)
        return None


def _warn_of_fuses(lengths: Sequence[int]) -> None:
    for stage, length in zip(STAGES, lengths, strict=True):
        if length > streams.WORK_MAXLEN // 2:
            logger.error("stage=%s what=backlog length=%d lost_from=%d", stage, length, streams.WORK_MAXLEN)
