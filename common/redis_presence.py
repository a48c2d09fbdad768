"""What a gateway keeps on the server: the stream for its replies, word that it lives, and its calls' hashes.

All of it is remembered here, since a server may come back without it. ``boot`` tells: it is made with the
first gateway, so one that is gone, or another than before, says that the server forgot everything. Then
``assure`` writes all of it anew, before anything is published: workers drop what is for a gateway that they
do not find.
"""

import asyncio
import uuid
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from common import streams
from common.messages import Message, Stage
from common.redis_link import Scripts, Value, fields_of
from common.redis_load import warn_of_fuses
from common.streams import STAGES, Keys

START = b"0-0"


@dataclass(frozen=True, slots=True)
class KnownCall:
    """What the gateway remembers of a call's hash, to write it anew."""

    fence: int
    gateway: str
    language: str
    turn: int
    committed: bool = True
    open: int = -1
    text: str = ""


class Presence:
    """One a gateway and shard."""

    def __init__(self, keys: Keys, tag: str, writer: Redis, scripts: Scripts) -> None:
        self.tag = tag
        self.gateway = ""
        self.read_to = START
        """The last reply that was read."""
        self._keys = keys
        self._writer = writer
        self._scripts = scripts
        self._calls: dict[str, KnownCall] = {}
        self._boot: bytes | None = None
        self._restoring = asyncio.Lock()

    # What is remembered of calls

    def know(self, call: str, known: KnownCall) -> None:
        """Remember a call that was taken."""
        self._calls[call] = known

    def remember(self, call: str, fence: int, turn: int, **more: bool | int | str) -> None:
        """Remember what became of its turn, unless another stream has the call, or a later turn was known."""
        known = self._calls.get(call)
        if known is not None and known.fence == fence and known.turn <= turn:
            self._calls[call] = replace(known, turn=turn, **more)  # type: ignore[arg-type]  # fields of KnownCall, as its callers name them

    def forget(self, call: str, fence: int) -> None:
        """Drop a call that this owner is done with: a server that forgot it shall not get it again."""
        known = self._calls.get(call)
        if known is not None and known.fence == fence:
            del self._calls[call]

    # What the server knows

    def doubt(self) -> None:
        """The server was away: it may have forgotten."""
        self._boot = None

    async def assure(self) -> None:
        """Write what workers rely on, if the server may have forgotten it. One task does it for all."""
        async with self._restoring:
            if self._boot is not None:
                return
            boot = await self._settle()
            for call in list(self._calls):
                await self._write_call(call)
            self._boot = boot

    async def add(self, stage: Stage, message: Message, audio: bytes) -> bool:
        """Add an entry, and say that its gateway lives; whether the server still knew the gateway: if not, add it again."""
        pipeline = self._writer.pipeline(transaction=False)
        pipeline.get(streams.boot(self.tag))
        pipeline.set(streams.gateway_alive(self.tag, self.gateway), "1", ex=streams.ALIVE_TTL_S)
        pipeline.xadd(streams.work(self.tag, stage), fields_of(message, audio), maxlen=streams.WORK_MAXLEN)
        boot: bytes | None = (await pipeline.execute())[0]
        known = boot == self._boot
        if not known:
            self.doubt()
        return known

    async def keep_fresh(self) -> None:
        """Trim what was read, keep the keys from expiring, find out whether the server forgot."""
        key = streams.replies(self.tag, self.gateway)
        pipeline = self._writer.pipeline(transaction=False)
        pipeline.get(streams.boot(self.tag))
        pipeline.expire(key, streams.REPLIES_TTL_S)
        pipeline.set(streams.gateway_alive(self.tag, self.gateway), "1", ex=streams.ALIVE_TTL_S)
        pipeline.xtrim(key, minid=self.read_to, approximate=False)
        for stage in STAGES:
            pipeline.xlen(streams.work(self.tag, stage))
        boot, there, _, _, *lengths = await pipeline.execute()
        warn_of_fuses(lengths)
        if boot != self._boot or not there:
            self.doubt()
            await self.assure()

    async def end(self) -> None:
        """Say that this gateway is gone."""
        if self.gateway:
            await self._writer.delete(streams.gateway_alive(self.tag, self.gateway))

    async def _settle(self) -> bytes:
        """Make this gateway known to the server; its boot id."""
        keys = [streams.replies(self.tag, self.gateway), streams.gateway_alive(self.tag, self.gateway), streams.boot(self.tag)]
        args: list[Value] = [uuid.uuid4().hex, streams.REPLIES_TTL_S, streams.ALIVE_TTL_S]
        there, boot = await self._scripts.run("settle", keys, args)
        if not there:  # a new stream's ids may be lower than the last one's
            self.read_to = START
        return bytes(boot)

    async def _write_call(self, call: str) -> None:
        known = self._calls.get(call)
        if known is None:
            return
        args: list[Value] = [known.fence, known.turn, int(known.committed), known.open, known.text]
        args += [known.gateway, known.language, streams.CALL_TTL_S]
        await self._scripts.run("restore_call", [self._keys.call_hash(call)], args)
