"""What a gateway keeps on the server: the stream for its replies, word that it lives, and its calls' hashes and agents.

All of it is remembered here, since a server may come back without it. ``boot`` tells: it is made with the
first gateway, so one that is gone, or another than before, says that the server forgot everything. Then
``assure`` writes all of it anew, before anything is published: workers drop what is for a gateway that they
do not find. Then what is not answered yet is published again, and what is answered half is gone on with. A server that was away may
also have lost its tail, which nothing tells; so the same is done after each outage, and by a gateway that stood still for so long that
it passed for dead.
"""

import asyncio
import logging
import uuid
from dataclasses import dataclass, replace
from typing import Any

from common import streams
from common.bus import Emitted
from common.messages import Message, Stage, Transcript, encode
from common.redis_link import Value, fields_of, kept_actions
from common.redis_load import warn_of_fuses
from common.redis_shards import Link
from common.streams import STAGES, Keys
from common.unanswered import Unanswered

START = b"0-0"

logger = logging.getLogger("torim.common")


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
    collect: bytes = b""
    """The keys that are asked for, as the hash keeps them."""
    agent: str = ""
    """What its messages name, and workers fetch."""
    agent_data: bytes = b""


class Presence:
    """One a gateway and shard."""

    def __init__(self, keys: Keys, link: Link) -> None:
        self.tag = link.tag
        self.gateway = ""
        self.read_to = START
        """The last reply that was read."""
        self._keys = keys
        self._writer = link.writer
        self._scripts = link.scripts
        self.unanswered = Unanswered()
        self._calls: dict[str, KnownCall] = {}
        self._boot: bytes | None = None
        self._restoring = asyncio.Lock()

    # What is remembered of calls

    def know(self, call: str, known: KnownCall) -> None:
        """Remember a call that was taken, which raises its turn."""
        self._calls[call] = known
        self.unanswered.closed(call, known.turn - 1)

    def remember(self, call: str, fence: int, turn: int, **more: bool | int | str | bytes) -> None:
        """Remember what became of its turn, unless another stream has the call, or a later turn was known."""
        known = self._calls.get(call)
        if known is not None and known.fence == fence and known.turn <= turn:
            self._calls[call] = replace(known, turn=turn, **more)  # type: ignore[arg-type]  # fields of KnownCall, as its callers name them

    def remember_agent(self, call: str, reference: str, data: bytes) -> None:
        """Remember the agent of a call that is known; the others' is kept anew with their next message."""
        if (known := self._calls.get(call)) is not None:
            self._calls[call] = replace(known, agent=reference, agent_data=data)

    def forget(self, call: str, fence: int) -> None:
        """Drop a call that this owner is done with: a server that forgot it shall not get it again."""
        known = self._calls.get(call)
        if known is not None and known.fence == fence:
            del self._calls[call]
            self.unanswered.forget(call)

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
            for kept in self.unanswered.all():
                await self._add(kept.stage, kept.message, kept.audio)
            for question, reply in self.unanswered.sounding():
                await self._have_gone_on_with(question, reply)
            self._boot = boot

    async def add(self, stage: Stage, message: Message, audio: bytes) -> bool:
        """Add an entry; whether the server still knew the gateway: if not, assure it and add it again."""
        known = await self._add(stage, message, audio) == self._boot
        if not known:
            self.doubt()
        return known

    async def _add(self, stage: Stage, message: Message, audio: bytes) -> bytes | None:
        """Add the entry, and say that its gateway lives, else workers drop it; the server's boot id of that moment.

        None if nobody knew any more that it lives: it stood still, and what it asked for before was dropped.
        """
        pipeline = self._writer.pipeline(transaction=False)
        pipeline.get(streams.boot(self.tag))
        self._say_alive(pipeline)
        pipeline.xadd(streams.work(self.tag, stage), fields_of(message, audio), maxlen=streams.WORK_MAXLEN)
        boot, lived, _ = await pipeline.execute()
        return boot if lived else None

    def _say_alive(self, pipeline: Any) -> None:
        """Its answer is what was there, None once it had expired."""
        pipeline.set(streams.gateway_alive(self.tag, self.gateway), "1", ex=streams.ALIVE_TTL_S, get=True)

    async def keep_fresh(self) -> None:
        """Trim what was read, keep the keys from expiring, find out whether the server forgot."""
        key = streams.replies(self.tag, self.gateway)
        pipeline = self._writer.pipeline(transaction=False)
        pipeline.get(streams.boot(self.tag))
        pipeline.expire(key, streams.REPLIES_TTL_S)
        self._say_alive(pipeline)
        pipeline.xtrim(key, minid=self.read_to, approximate=False)
        pipeline.xlen(key)
        for stage in STAGES:
            pipeline.xlen(streams.work(self.tag, stage))
        boot, there, lived, _, unread, *lengths = await pipeline.execute()
        warn_of_fuses(lengths, unread)
        if boot != self._boot or not there or not lived:
            self.doubt()
            await self.assure()

    async def end(self) -> None:
        """Say that this gateway is gone."""
        if self.gateway:
            await self._writer.delete(streams.gateway_alive(self.tag, self.gateway))

    async def _settle(self) -> bytes:
        """Make this gateway known to the server; its boot id.

        What is read goes on behind what was read, unless the stream is new, or its ids are lower now: the server's clock went back.
        """
        keys = [streams.replies(self.tag, self.gateway), streams.gateway_alive(self.tag, self.gateway), streams.boot(self.tag)]
        args: list[Value] = [uuid.uuid4().hex, streams.REPLIES_TTL_S, streams.ALIVE_TTL_S]
        there, born, boot = await self._scripts.run("settle", keys, args)
        if not there:
            self.read_to = START
        elif streams.comes_before(born, self.read_to):
            self.read_to = born
        return bytes(boot)

    async def _have_gone_on_with(self, question: Transcript, reply: Emitted) -> None:
        """Have somebody go on with a reply behind what there is of it, if the server forgot that it is out."""
        head = question.head
        if (known := self._calls.get(head.call)) is None:
            return
        keys = [streams.work(self.tag, "llm"), self._keys.call_hash(head.call)]
        keys += [self._keys.out(head.call, head.turn), self._keys.asked(head.call, head.turn), self._keys.done("llm", question)]
        args: list[Value] = [known.fence, head.turn, streams.OUT_TTL_S, streams.WORK_MAXLEN, encode(question)]
        args += [kept_actions(reply.asked), *reply.sentences]
        if await self._scripts.run("go_on", keys, args) == 1:
            logger.info("call=%s turn=%d what=gone_on_with sentences=%d", head.call, head.turn, len(reply.sentences))

    async def _write_call(self, call: str) -> None:
        known = self._calls.get(call)
        if known is None:
            return
        args: list[Value] = [known.fence, known.turn, int(known.committed), known.open, known.text]
        args += [known.gateway, known.language, streams.CALL_TTL_S, known.collect]
        if await self._scripts.run("restore_call", [self._keys.call_hash(call)], args) == -1:
            self.forget(call, known.fence)  # who has it now must not find what is published here in a turn of that number
        elif known.agent:
            await self._writer.set(self._keys.agent(call, known.agent), known.agent_data, ex=streams.CALL_TTL_S)
