"""How a worker gets its work: entries nobody read, entries whose worker fell silent, and its own that nobody works on.

``held`` are the ids of those that it works on: what is pending under its name beyond them was lost on the way to it, or by
a handler that could not reach Redis.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec
from redis import exceptions

from common import metrics, streams
from common.bus import Delivery
from common.errors import BusUnavailable
from common.messages import Stage, decode
from common.redis_link import READ_MARGIN_S, WRITE_LIMIT_S, Entry, Value, entries_of, output_args, promptly
from common.redis_shards import Link
from common.streams import GROUP, Pace

_IDLE_AT_ONCE = 8
_OWN_AT_ONCE = 64

logger = logging.getLogger("torim.common")


class Consumer:
    """One a worker and shard."""

    def __init__(self, link: Link, pace: Pace) -> None:
        self._tag = link.tag
        self._reader = link.reader
        self._writer = link.writer
        self._scripts = link.scripts
        self._pace = pace
        self._read_limit_s = pace.block_ms / 1000 + READ_MARGIN_S
        self._trouble = False
        """Whether an entry may have been lost on its way here."""

    async def take(self, stage: Stage, worker: str, held: Collection[str]) -> Delivery | None:
        """The next unread entry, or after trouble one of its own that is not ``held``; None if none came within the block time."""
        return await self._limited(lambda: self._next(stage, worker, held), self._read_limit_s)

    async def reclaim(self, stage: Stage, worker: str, silence_s: float, held: Collection[str]) -> Delivery | None:
        """An entry that is not ``held`` whose worker fell silent, if there is one; if need be only one that was silent for so long."""
        return await self._limited(lambda: self._silent(stage, worker, silence_s, held), WRITE_LIMIT_S)

    async def _limited(self, action: Callable[[], Awaitable[Delivery | None]], limit_s: float) -> Delivery | None:
        """What an action of several steps returns, all of them within ``limit_s``."""
        try:
            return await promptly(action, limit_s)
        except BusUnavailable:
            self._trouble = True
            raise

    async def _next(self, stage: Stage, worker: str, held: Collection[str]) -> Delivery | None:
        found = await self._left_alone(stage, worker, held) if self._trouble else None
        self._trouble = found is not None
        return found or await self._unread(stage, worker)

    async def _unread(self, stage: Stage, worker: str) -> Delivery | None:
        key = streams.work(self._tag, stage)
        try:
            found = await self._read(key, worker)
        except exceptions.ResponseError as error:
            if not no_group(error):
                raise
            await self._make_group(key)
            found = await self._read(key, worker)
        return await self._accept(stage, worker, found[0], attempt=1) if found else None

    async def _read(self, key: str, worker: str) -> list[Entry]:
        poll_ms = self._pace.poll_ms
        block = self._pace.block_ms if poll_ms is None else None
        found = entries_of(await self._reader.xreadgroup(GROUP, worker, {key: ">"}, count=1, block=block))
        if not found and poll_ms is not None:
            await asyncio.sleep(poll_ms / 1000)
        return found

    async def _make_group(self, key: str) -> None:
        """From the beginning of the stream: what was added before there was a group is work, too."""
        try:
            await self._writer.xgroup_create(key, GROUP, id="0", mkstream=True)
        except exceptions.ResponseError as answer:
            if not str(answer).startswith("BUSYGROUP"):
                raise

    async def _silent(self, stage: Stage, worker: str, silence_s: float, held: Collection[str]) -> Delivery | None:
        """The oldest entry that nobody renewed for long; this counts as a delivery."""
        clock, idle_ms = asyncio.get_running_loop().time, max(self._pace.min_idle_ms, round(1000 * silence_s))
        asked_s = clock()
        silent = await self._pending(stage, _IDLE_AT_ONCE, idle=idle_ms)
        if clock() - asked_s > (self._pace.slowest_ms if silence_s else self._pace.slow_ms) / 1000:
            return None  # after a stall everybody looks silent
        for about in silent:
            id_, attempt = about["message_id"], about["times_delivered"] + 1
            if id_.decode() in held:
                continue
            entries: Any = await self._writer.xclaim(streams.work(self._tag, stage), GROUP, worker, idle_ms, [id_])
            if entries:
                return await self._accept(stage, worker, entries[0], attempt, taken_over=True)
        return None

    async def _left_alone(self, stage: Stage, worker: str, held: Collection[str]) -> Delivery | None:
        """An entry that is pending under this worker's name though it does not work on it."""
        for about in await self._pending(stage, _OWN_AT_ONCE, consumername=worker):
            id_, attempt = about["message_id"], about["times_delivered"]
            if id_.decode() in held:
                continue
            key = streams.work(self._tag, stage)
            entries: Any = await self._writer.xclaim(key, GROUP, worker, 0, [id_], retrycount=attempt)
            if entries:
                return await self._accept(stage, worker, entries[0], attempt, taken_over=True)
        return None

    async def _pending(self, stage: Stage, count: int, **which: Any) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = await self._writer.xpending_range(streams.work(self._tag, stage), GROUP, "-", "+", count, **which)
        except exceptions.ResponseError as error:
            if not no_group(error):
                raise
            return []
        return found

    async def _accept(self, stage: Stage, worker: str, entry: Entry, attempt: int, *, taken_over: bool = False) -> Delivery | None:
        """The entry as a delivery; one that cannot be read at all is a dead letter at once."""
        id_, fields = entry[0].decode(), entry[1]
        try:
            message = decode(fields.get(b"m", b""))
        except msgspec.DecodeError:
            logger.exception("stage=%s entry=%s what=unreadable", stage, id_)
            await self._bury(stage, worker, id_)
            return None
        return Delivery(id_, message, fields.get(b"a", b""), attempt, taken_over, worker)

    async def _bury(self, stage: Stage, worker: str, id_: str) -> None:
        """A dead letter with nothing in it: there may be words in what cannot be read."""
        dead = streams.dead_letters(self._tag, stage)
        nobodys = f"{dead}:{id_}"
        keys = [streams.work(self._tag, stage), nobodys, nobodys, dead, streams.boot(self._tag)]
        args = fail_args(id_, worker, 0, by_turn=False, error="unreadable", m=b"")
        if await self._scripts.run("fail", keys, [*args, *output_args([], 0)]) == 1:
            metrics.DEAD_LETTERS.labels(stage).inc()


def no_group(error: Exception) -> bool:
    """Whether the stream or its group is gone; ``fakeredis`` has words of its own for it."""
    return str(error).startswith("NOGROUP") or "requires the key to exist" in str(error)


def fail_args(id_: str, worker: str, turn: int, *, by_turn: bool, error: str, m: bytes) -> list[Value]:
    """What ``fail.lua`` takes before its outputs."""
    return [id_, worker, turn, int(by_turn), streams.DONE_TTL_S, streams.DEAD_TTL_S, streams.DEAD_MAXLEN, error, m]
