"""The gateway's half of the bus over Redis; see ``common/redis_bus.py``."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from common import streams
from common.bus import Backlog, Delivery, Reconnect, Taken, TurnClosed
from common.errors import BusUnavailable, NotOwner
from common.messages import CallTakenOver, Collect, Head, Message, Stage, decode
from common.redis_history import heard_last, said
from common.redis_link import (
    READ_MARGIN_S,
    RETRIES_LIMIT_S,
    Backoff,
    Connect,
    Entry,
    Outage,
    Value,
    connect,
    entries_of,
    fields_of,
    insistently,
    once,
    promptly,
)
from common.redis_load import backlog, stages_alive, sweep
from common.redis_presence import KnownCall, Presence
from common.redis_shards import Link, Servers
from common.streams import STAGES, Pace

logger = logging.getLogger("torim.common")

FAREWELL_S = 0.2
"""How long a gateway that ends tries to say so."""
_AT_ONCE = 100
"""Of what waits, read with one command."""
_IN_A_ROW = 16
"""Of these handed out before the loop does something else: about 2 ms of a call's work on them. All of 100 take 14."""
_HOUSEKEEPING_S = 1.0
_SWEEP_S = 60.0


class RedisGatewayBus:
    """One a process, for one gateway."""

    def __init__(self, url: str, *, pace: Pace | None = None, connect: Connect = connect) -> None:
        self._pace = pace or Pace()
        servers = Servers(url, connect)
        self._keys = servers.keys
        self._read_limit_s = self._pace.block_ms / 1000 + READ_MARGIN_S
        self._links = servers.links(self._read_limit_s)
        self._outage = Outage(url)
        self._presences = [Presence(self._keys, link) for link in self._links]
        self._alive = frozenset[Stage]()
        """The stages on which a worker lived when that was asked last."""

    @property
    def shards(self) -> int:
        """How many shards there are: each has ``replies`` of its own."""
        return self._keys.shards

    def _link(self, call: str) -> Link:
        return self._links[self._keys.shard(call)]

    def _presence(self, call: str) -> Presence:
        return self._presences[self._keys.shard(call)]

    # A call, from its beginning to its end

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Make ``stream`` the call's owner, and tell the one before."""
        self._presence(call).gateway = gateway
        taken, before = await insistently(lambda: self._take_call(call, gateway, stream, language, turn))
        if before:
            head = Head(call=call, turn=taken.turn, gateway=before, language=language)
            with suppress(BusUnavailable):  # then it learns when it writes
                await promptly(lambda: self._tell_gateway(CallTakenOver(head=head, fence=taken.fence)))
        # last: who is cut off before it has no fence, and could not have this forgotten again
        known = KnownCall(taken.fence, gateway, language, taken.turn, committed=taken.left is None, collect=_kept(taken.collect))
        self._presence(call).know(call, known)
        return taken

    async def _take_call(self, call: str, gateway: str, stream: str, language: str, turn: int) -> tuple[Taken, str]:
        keys = [self._keys.call_hash(call), self._keys.history(call), self._keys.transfer(call)]
        args: list[Value] = [stream, gateway, language, turn, streams.CALL_TTL_S, streams.turns(self._keys.tag(call)), call]
        fence, now, left, is_open, text, before, kept = await self._link(call).scripts.run("take_call", keys, args)
        past: Any = await self._link(call).writer.hgetall(self._keys.history(call))
        heard_before, heard = heard_last(past)
        collect = msgspec.msgpack.decode(kept, type=Collect) if kept else None
        at = int(left) if left else None
        taken = Taken(int(fence), int(now), at, is_open == b"1", text.decode(), heard, heard_before, said(past), collect)
        return taken, before.decode()

    async def _tell_gateway(self, message: Message) -> None:
        key = streams.replies(self._keys.tag(message.head.call), message.head.gateway)
        await self._link(message.head.call).writer.xadd(key, fields_of(message, b""), maxlen=streams.REPLIES_MAXLEN, nomkstream=True)

    async def keep_agent(self, call: str, reference: str, data: bytes) -> None:
        """Let the workers find the agent of the call's messages."""
        self._presence(call).remember_agent(call, reference, data)
        await insistently(lambda: self._link(call).writer.set(self._keys.agent(call, reference), data, ex=streams.CALL_TTL_S))

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage: a plain XADD, since sound through a script costs threefold."""
        await insistently(lambda: self._publish(stage, message, audio))

    async def open_turn(self, call: str, turn: int, fence: int) -> None:
        """Note that the caller waits for an answer in this turn."""
        self._presence(call).remember(call, fence, turn, open=turn)
        await self._as_owner("open_turn", call, [self._keys.call_hash(call)], [fence, turn, streams.CALL_TTL_S])

    async def commit_turn(self, call: str, turn: int, text: str, fence: int) -> None:
        """Tell the workers that the turn is committed (R2), and keep its words while it is open."""
        self._presence(call).remember(call, fence, turn, committed=True, text=text)
        args: list[Value] = [fence, turn, text, streams.turns(self._keys.tag(call)), f"{call}:{turn}:committed", streams.CALL_TTL_S]
        await self._as_owner("commit_turn", call, [self._keys.call_hash(call)], args)

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Raise the turn, write its history, tell the workers: one atomic step."""
        carries, collect = closed.how == "superseded", _kept(closed.collect)
        self._presence(call).unanswered.closed(call, closed.turn)
        self._presence(call).remember(
            call, fence, closed.turn + 1, committed=False, text="", collect=collect, **({"open": closed.turn + 1} if carries else {})
        )
        keys = [self._keys.call_hash(call), self._keys.history(call)]
        args: list[Value] = [fence, closed.turn, streams.CALL_TTL_S]
        args += [streams.turn_field(closed.turn, "u"), closed.caller, streams.turn_field(closed.turn, "s"), closed.heard]
        args += [streams.turns(self._keys.tag(call)), f"{call}:{closed.turn}:over"]
        args += [streams.turn_field(closed.turn, "c"), "1" if closed.cut else "", int(carries), collect]
        await self._as_owner("close_turn", call, keys, args)

    async def record(self, call: str, *events: dict[str, str]) -> None:
        """Append events, in order, to the call's event stream (no texts)."""
        pipeline = self._link(call).writer.pipeline(transaction=False)
        for fields in events:
            entry: dict[Any, Any] = {**fields}
            pipeline.xadd(self._keys.events(call), entry, maxlen=streams.EVENTS_MAXLEN)
        pipeline.expire(self._keys.events(call), streams.EVENTS_TTL_S)
        await promptly(pipeline.execute)

    async def close_call(self, call: str, fence: int) -> None:
        """The call is over: what remains of its keys expires soon."""
        self._presence(call).forget(call, fence)
        news = f"{call}:{streams.LAST_TURN}:over"
        args: list[Value] = [fence, streams.CLOSED_CALL_TTL_S, streams.turns(self._keys.tag(call)), news]
        await self._as_owner("close_call", call, [self._keys.call_hash(call), self._keys.history(call)], args)

    async def leave_call(self, call: str, fence: int) -> None:
        """The call's line is gone, and may come back: what remains of its keys expires soon if it does not."""
        self._presence(call).forget(call, fence)
        await self._as_owner("leave_call", call, [self._keys.call_hash(call), self._keys.history(call)], [fence, streams.CLOSED_CALL_TTL_S])

    async def reconnect(self, call: str) -> Reconnect:
        """Whether a call whose stream ended is to be connected again; that counts."""
        keys = [self._keys.call_hash(call), self._keys.reconnects(call)]
        args: list[Value] = [streams.MOST_RECONNECTS, streams.RECONNECTS_TTL_S]
        answer: bytes = await promptly(lambda: self._link(call).scripts.run("reconnect", keys, args))
        return cast("Reconnect", answer.decode())

    async def transfer_call(self, call: str, destination: bytes, fence: int) -> None:
        """Leave word of where the call goes when its stream has ended."""
        keys = [self._keys.call_hash(call), self._keys.transfer(call)]
        await self._as_owner("transfer_call", call, keys, [fence, destination, streams.TRANSFER_TTL_S])

    async def take_transfer(self, call: str) -> bytes | None:
        """Where a call whose stream ended goes; it is told once."""
        destination = await promptly(lambda: self._link(call).writer.getdel(self._keys.transfer(call)))
        return destination if isinstance(destination, bytes) else None

    async def spend_token(self, call: str, token: str) -> bool:
        """Note that a token opened the call's stream; False if one did before."""
        key, taker = self._keys.token(call, token), secrets.token_bytes(8)  # or a second try would find the first
        before = await promptly(lambda: self._link(call).writer.set(key, taker, nx=True, get=True, ex=streams.TOKEN_TTL_S))
        return before in (None, taker)

    async def add_spent(self, day: str, amounts: Mapping[str, int]) -> None:
        """Add to a day's sums, in millionths of a dollar."""
        args: list[Value] = [streams.MOST_SPENDERS, streams.SPENT_TTL_S]
        args += [part for amount in amounts.items() for part in amount]
        await promptly(lambda: self._links[0].scripts.run("spend", [streams.spent(day)], args))

    async def spent(self, day: str, names: Sequence[str]) -> list[int]:
        """A day's sums by name; 0 where nothing was spent."""
        sums: Any = await promptly(lambda: self._links[0].writer.hmget(streams.spent(day), names))
        return [int(each or 0) for each in sums]

    def forget(self, call: str, fence: int) -> None:
        """Drop what is remembered of a call that this owner is done with: a server that forgot it shall not get it again."""
        self._presence(call).forget(call, fence)

    async def _as_owner(self, script: str, call: str, keys: Sequence[str], args: Sequence[Value]) -> None:
        """Run a script of the owner's.

        Raises:
            NotOwner: another stream took the call.
        """
        if await insistently(lambda: self._link(call).scripts.run(script, keys, args)) == -1:
            raise NotOwner(script)

    async def _publish(self, stage: Stage, message: Message, audio: bytes) -> None:
        presence = self._presence(message.head.call)
        await presence.assure()
        kept = presence.unanswered.published(stage, message, audio)
        if not await presence.add(stage, message, audio):
            await presence.assure()  # which publishes what is kept
            if not kept:
                await presence.add(stage, message, audio)

    # Replies

    async def replies(self, gateway: str, shard: int = 0) -> AsyncIterator[Delivery]:
        """What the workers send to this gateway for calls of a shard, in order, for ever; survives restarts of Redis."""
        presence = self._presences[shard]
        presence.gateway = gateway
        backoff, house = Backoff(), _House(presence, self._links[shard], self._links[0])
        while True:
            try:
                if house.is_due():
                    await promptly(house.keep, RETRIES_LIMIT_S)
                entries = await promptly(lambda: self._read_replies(self._links[shard].reader, presence), self._read_limit_s)
            except BusUnavailable as trouble:
                self._outage.lasts(trouble, asyncio.get_running_loop().time(), shard)
                presence.doubt()
                house.neglected()
                await asyncio.sleep(backoff.pause_s)
                continue
            backoff.reset()
            self._outage.over(asyncio.get_running_loop().time(), shard)
            for number, entry in enumerate(entries, 1):
                presence.read_to = entry[0]
                delivery = _reply(entry)
                if delivery is not None:
                    presence.unanswered.replied(delivery.message)
                    yield delivery
                if number % _IN_A_ROW == 0:
                    await asyncio.sleep(0)

    async def _read_replies(self, reader: Redis, presence: Presence) -> list[Entry]:
        key, poll_ms = streams.replies(presence.tag, presence.gateway), self._pace.poll_ms
        block = self._pace.block_ms if poll_ms is None else None
        found = entries_of(await reader.xread({key: presence.read_to}, count=_AT_ONCE, block=block))
        if not found and poll_ms is not None:
            await asyncio.sleep(poll_ms / 1000)
        return found

    # Who lives

    async def stages_alive(self) -> frozenset[Stage]:
        """The stages on which a worker lives: one that has warmed its vendor up and beats."""
        self._alive = await stages_alive(self._links, self._alive)
        return self._alive

    def shard_of(self, call: str) -> int:
        """The shard that the call is in."""
        return self._keys.shard(call)

    async def backlog(self) -> Backlog:
        """How far the workers are behind in the shards that answer."""
        return await backlog(self._links)

    async def ping(self) -> bool:
        """Whether Redis answers within its deadline, and somebody works on every stage. Never raises."""
        try:
            return await self.stages_alive() == set(STAGES)
        except BusUnavailable:
            return False

    async def close(self) -> None:
        """Say that this gateway is gone, and close the connections."""
        await asyncio.gather(*map(_say_gone, self._presences))
        await asyncio.gather(*(link.close() for link in self._links))


async def _say_gone(presence: Presence) -> None:
    with suppress(BusUnavailable, TimeoutError):  # then workers find out within 5 s
        async with asyncio.timeout(FAREWELL_S):
            await once(presence.end)


class _House:
    """What is due in a shard: each second the keys of this gateway, each minute the workers that are gone."""

    def __init__(self, presence: Presence, link: Link, first: Link) -> None:
        self._presence = presence
        self._link = link
        self._first = first
        self._keep_at = self._sweep_at = 0.0

    def is_due(self) -> bool:
        """Whether there is anything to do."""
        return asyncio.get_running_loop().time() >= min(self._keep_at, self._sweep_at)

    async def keep(self) -> None:
        """Do what is due."""
        now = asyncio.get_running_loop().time()
        if now >= self._keep_at:
            await self._presence.keep_fresh()
            self._keep_at = now + _HOUSEKEEPING_S
        if now >= self._sweep_at:
            await sweep(self._link, self._first)
            self._sweep_at = now + _SWEEP_S

    def neglected(self) -> None:
        """Redis was away: the keys may be about to expire."""
        self._keep_at = 0.0


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


def _kept(collect: Collect | None) -> bytes:
    """The keys that are asked for, as the call's hash keeps them."""
    return msgspec.msgpack.encode(collect) if collect is not None else b""
