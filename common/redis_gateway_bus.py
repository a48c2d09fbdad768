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
from common.bus import Delivery, TurnClosed
from common.errors import BusUnavailable
from common.messages import Message, Stage, decode
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

    gateway: str
    language: str
    turn: int = 0
    committed: bool = True


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

    async def open_call(self, call: str, gateway: str, language: str) -> None:
        """Make the call's hash (turn 0, committed, this owner)."""
        self._gateway = gateway
        self._calls[call] = _Call(gateway, language)
        await insistently(lambda: self._write_call(call))

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage: a plain XADD, since sound through a script costs threefold."""
        await insistently(lambda: self._publish(stage, message, audio))

    async def commit_turn(self, call: str, turn: int) -> None:
        """Tell the workers that the turn is committed (R2)."""
        self._remember(call, turn, committed=True)
        args: list[Value] = [turn, streams.turns(streams.shard(call)), f"{call}:{turn}:committed"]
        await insistently(lambda: self._scripts.run("commit_turn", [streams.call_hash(call)], args))

    async def close_turn(self, call: str, closed: TurnClosed) -> None:
        """Raise the turn, write its history, tell the workers: one atomic step."""
        self._remember(call, closed.turn + 1, committed=False)
        keys = [streams.call_hash(call), streams.history(call)]
        args: list[Value] = [closed.turn, streams.CALL_TTL_S]
        args += [streams.turn_field(closed.turn, "u"), closed.caller, streams.turn_field(closed.turn, "s"), closed.heard]
        args += [streams.turns(streams.shard(call)), f"{call}:{closed.turn}:over"]
        await insistently(lambda: self._scripts.run("close_turn", keys, args))

    async def record(self, call: str, fields: dict[str, str]) -> None:
        """Append to the call's event stream (no texts)."""
        pipeline = self._writer.pipeline(transaction=False)
        entry: dict[Any, Any] = {**fields}
        pipeline.xadd(streams.events(call), entry, maxlen=streams.EVENTS_MAXLEN)
        pipeline.expire(streams.events(call), streams.EVENTS_TTL_S)
        await once(pipeline.execute)

    async def close_call(self, call: str) -> None:
        """The call is over: what remains of its keys expires soon."""
        self.forget(call)
        keys = [streams.call_hash(call), streams.history(call)]
        news = f"{call}:{streams.LAST_TURN}:over"
        args: list[Value] = [streams.CLOSED_CALL_TTL_S, streams.turns(streams.shard(call)), news]
        await insistently(lambda: self._scripts.run("close_call", keys, args))

    def forget(self, call: str) -> None:
        """Drop what is remembered of a call that is over: a server that forgot it shall not get it again."""
        self._calls.pop(call, None)

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

    def _remember(self, call: str, turn: int, *, committed: bool) -> None:
        known = self._calls.get(call)
        if known is not None and known.turn <= turn:
            self._calls[call] = replace(known, turn=turn, committed=committed)

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
        args: list[Value] = [known.turn, int(known.committed), known.gateway, known.language, streams.CALL_TTL_S]
        await self._scripts.run("open_call", [streams.call_hash(call)], args)

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
