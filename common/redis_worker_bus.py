"""The workers' half of the bus over Redis; see ``common/redis_bus.py``."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from functools import partial
from typing import Any

import msgspec
from redis.asyncio.client import PubSub

from common import metrics, streams
from common.bus import Delivery, Emitted, Output, PastTurn, Renewal, ToolRun, ToolStart, TurnNews, without_words
from common.errors import BusUnavailable, SentencesForgotten
from common.messages import Action, Stage, StageFailed, encode
from common.redis_consumer import Consumer, fail_args, no_group
from common.redis_history import past_turns, tool_field
from common.redis_link import (
    READ_MARGIN_S,
    Backoff,
    Connect,
    Value,
    connect,
    fields_of,
    insistently,
    kept_actions,
    output_args,
    output_keys,
    promptly,
    stream_of,
    take_leave,
)
from common.redis_shards import Link, Servers
from common.streams import GROUP, Pace

logger = logging.getLogger("torim.common")

_NEWS_WAIT_S = 5.0


class RedisWorkerBus:
    """One a process, for one worker."""

    def __init__(
        self, url: str, *, pace: Pace | None = None, connect: Connect = connect, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock_s`` only has to go on evenly: what time it is says the server."""
        self._pace = pace or Pace()
        servers = Servers(url, connect)
        self._keys = servers.keys
        self._links = servers.links(self._pace.block_ms / 1000 + READ_MARGIN_S)
        self._listener = servers.client(self._keys.tags[0], _NEWS_WAIT_S + READ_MARGIN_S, 1)
        self._consumers = [Consumer(link, self._pace) for link in self._links]
        self._clock_s = clock_s
        self._server_ahead_s = [0.0] * self._keys.shards

    @property
    def shards(self) -> int:
        """How many shards a worker reads."""
        return self._keys.shards

    # Getting work

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        """The next unread entry, or after trouble one of its own that is not ``held``; None if none came within the block time."""
        return await self._consumers[shard].take(stage, worker, held)

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        """An entry beside those it ``held`` whose worker fell silent, if there is one; if need be only one that was silent for so long."""
        return await self._consumers[shard].reclaim(stage, worker, silence_s, held)

    def _link(self, call: str) -> Link:
        return self._links[self._keys.shard(call)]

    # Finishing it

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        """Whether nothing is left to do: finished before, by whomever, raised past, or its gateway is gone."""
        return await insistently(lambda: self._done(stage, delivery))

    async def _done(self, stage: Stage, delivery: Delivery) -> bool:
        message, head = delivery.message, delivery.message.head
        tag = self._keys.tag(head.call)
        keys = [self._keys.done(stage, message), self._keys.call_hash(head.call), streams.boot(tag)]
        keys += [streams.replies(tag, head.gateway), streams.gateway_alive(tag, head.gateway)]
        args: list[Value] = [head.turn, int(streams.stale_by_turn(message)), self._pace.settling_ms]
        done, server_s, server_us = await self._link(head.call).scripts.run("done", keys, args)
        self._server_ahead_s[self._keys.shard(head.call)] = server_s + server_us / 1_000_000 - self._clock_s()
        return bool(done)

    def server_now_s(self, call: str) -> float:
        """Unix time by the clock of the call's server, as the latest ``done`` of its shard heard it."""
        return self._clock_s() + self._server_ahead_s[self._keys.shard(call)]

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Acknowledge and send the outputs, in one atomic step; False: nothing was sent.

        Raises:
            SentencesForgotten: Redis lost sentences of the ``reply``.
        """
        message = delivery.message
        call, turn = message.head.call, message.head.turn
        keys = [streams.work(self._keys.tag(call), stage), self._keys.call_hash(call), self._keys.done(stage, message)]
        keys += [self._keys.out(call, turn), self._keys.asked(call, turn)]
        args: list[Value] = [delivery.id, delivery.worker, turn, int(streams.stale_by_turn(message)), streams.DONE_TTL_S]
        args += ["", ""] if reply is None else [kept_actions(reply.asked), len(reply.sentences), *reply.sentences]
        committed = await self._run("commit", call, keys, args, outputs)
        if committed == -2:
            raise SentencesForgotten(call)
        if committed != 1:
            metrics.DROPPED.labels(stage, "stale" if committed == -1 else "duplicate").inc()
        return bool(committed == 1)

    async def drop(self, stage: Stage, delivery: Delivery) -> None:
        """Acknowledge it and send nothing, if it is still the worker's; its piece does not count as done."""
        await self._on_stream("drop", self._link(delivery.message.head.call), stage, [delivery.id, delivery.worker])
        metrics.DROPPED.labels(stage, "unwanted").inc()

    async def emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        """Send the last sentence of a ``reply`` so far before the entry itself is done; see ``HandlerBus.emit``."""
        head = delivery.message.head
        keys = [streams.work(self._keys.tag(head.call), stage), self._keys.call_hash(head.call)]
        keys += [self._keys.out(head.call, head.turn), self._keys.asked(head.call, head.turn), self._keys.done(stage, delivery.message)]
        args: list[Value] = [delivery.id, delivery.worker, head.turn, kept_actions(reply.asked), streams.OUT_TTL_S]
        args += [len(reply.sentences), *reply.sentences]
        return int(await self._run("emit", head.call, keys, args, outputs))

    async def tool_start(
        self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None = None, runs_known: int | None = None
    ) -> ToolStart:
        """Start a tool with effects, once, in a committed turn that is not over; see ``WorkerBus.tool_start``."""
        keys = [self._keys.call_hash(call), self._keys.tool(call, run.name, run.arguments), self._keys.history(call)]
        args: list[Value] = [run.turn, tool_field(run), msgspec.msgpack.encode(run), streams.TOOL_TTL_S, streams.CALL_TTL_S]
        args += ["" if instead is None else tool_field(instead), "" if runs_known is None else runs_known]
        answer = await self._run("tool_start", call, keys, args, outputs)
        match answer[0].decode(), answer[1:]:
            case "known", [bytes(known)]:
                return ToolStart("known", msgspec.msgpack.decode(known, type=ToolRun))
            case ("started" | "uncommitted" | "stale" | "behind" | "known") as what, _:
                return ToolStart(what)
            case _:
                raise RuntimeError("not an answer of tool_start")

    async def tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        """Write down what became of it, and tell; also when the turn was raised past."""
        keys = [self._keys.call_hash(call), self._keys.history(call)]
        args: list[Value] = [tool_field(run), msgspec.msgpack.encode(run), streams.CALL_TTL_S, streams.CLOSED_CALL_TTL_S]
        await self._run("tool_end", call, keys, args, outputs)

    async def keep_found(self, call: str, turn: int, asked: str, found: str, outputs: Sequence[Output]) -> None:
        """Keep what a look-up found for who goes on with this reply, and tell that it is over, in one step; the first answer stands."""
        await self._run("keep_found", call, [self._keys.found(call, turn)], [asked, found, streams.FOUND_TTL_S], outputs)

    async def may_look(self, call: str, name: str, arguments: str, times: int) -> bool:
        """Whether a tool without effects may be used with these arguments; see ``HandlerBus.may_look``."""
        args: list[Value] = [streams.digest(arguments), times, streams.CALL_TTL_S]
        return bool(await insistently(lambda: self._link(call).scripts.run("look", [self._keys.looked(call, name)], args)))

    async def send(self, output: Output) -> bool:
        """Send a message that needs no commit: a plain XADD, since sound through a script costs threefold."""
        if await promptly(lambda: self._send(output)):
            return True
        return bool(await self._run("send", output.message.head.call, [], [], [output]))

    async def _send(self, output: Output) -> bool:
        to_gateway = output.to is None
        maxlen = streams.REPLIES_MAXLEN if to_gateway else streams.WORK_MAXLEN
        fields = fields_of(output.message, output.audio)
        added = await self._link(output.message.head.call).writer.xadd(
            stream_of(self._keys, output), fields, maxlen=maxlen, nomkstream=to_gateway
        )
        return added is not None

    async def fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        """Give up: dead letter (without audio and words), acknowledge, tell the gateway; of what is stale only acknowledge."""
        call = delivery.message.head.call
        tag = self._keys.tag(call)
        keys = [streams.work(tag, stage), self._keys.call_hash(call)]
        keys += [self._keys.done(stage, delivery.message), streams.dead_letters(tag, stage)]
        by_turn = streams.stale_by_turn(delivery.message)
        m = encode(without_words(delivery.message))
        args = fail_args(delivery.id, delivery.worker, delivery.message.head.turn, by_turn=by_turn, error=failed.error, m=m)
        await self._run("fail", call, keys, args, [Output(None, failed)])

    async def _run(self, script: str, call: str, keys: Sequence[str], args: Sequence[Value], outputs: Sequence[Output]) -> Any:
        """The answer of a script that sends outputs; it is tried again while their gateway may come back."""
        all_keys = [*keys, *output_keys(self._keys, self._keys.tag(call), outputs)]
        all_args = [*args, *output_args(outputs, self._pace.settling_ms)]
        return await insistently(lambda: self._link(call).scripts.run(script, all_keys, all_args))

    # Holding it

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        """Say that these are still worked on; hear what became of them."""
        keys, args = [streams.work(self._keys.tags[shard], stage)], list[Value]([worker])
        for delivery in deliveries:
            keys.append(self._keys.call_hash(delivery.message.head.call))
            args += [delivery.id, delivery.message.head.turn, int(streams.stale_by_turn(delivery.message))]
        answers = await promptly(lambda: self._links[shard].scripts.run("renew", keys, args)) if deliveries else []
        found: dict[bytes, set[str]] = {b"lost": set(), b"stale": set(), b"committed": set(), b"open": set()}
        for delivery, answer in zip(deliveries, answers, strict=True):
            found[answer].add(delivery.id)
        return Renewal(frozenset(found[b"lost"]), frozenset(found[b"stale"]), frozenset(found[b"committed"]))

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], *, counts: bool = False) -> None:
        """Let anybody take these at once; whether this delivery ``counts`` as an attempt."""
        of_shards: dict[int, list[Value]] = {}
        for delivery in deliveries:
            of_shards.setdefault(self._keys.shard(delivery.message.head.call), [worker, int(counts)]).append(delivery.id)
        await asyncio.gather(*(self._on_stream("hand_back", self._links[shard], stage, args) for shard, args in of_shards.items()))

    async def leave(self, stage: Stage, worker: str) -> None:
        """This worker reads no more: no liveness, and no place in the groups unless it still owns work."""
        await insistently(lambda: self._links[0].writer.delete(streams.worker_alive(worker)))
        await asyncio.gather(*(self._on_stream("leave", link, stage, [worker]) for link in self._links))

    async def _on_stream(self, script: str, link: Link, stage: Stage, args: Sequence[Value]) -> None:
        await insistently(lambda: link.scripts.run(script, [streams.work(link.tag, stage)], args))

    async def beat(self, stage: Stage, worker: str, load: float) -> None:
        """Say that this worker lives (expires in 5 s)."""
        await promptly(lambda: self._beat(stage, worker, load))

    async def _beat(self, stage: Stage, worker: str, load: float) -> None:
        pipeline = self._links[0].writer.pipeline(transaction=False)
        pipeline.set(streams.worker_alive(worker), f"{stage} {load:.2f}", ex=streams.ALIVE_TTL_S)
        # A Redis before 7.2 does not know a worker that never got an entry. The group is made by the first read.
        pipeline.xgroup_createconsumer(streams.work(self._links[0].tag, stage), GROUP, worker)
        for answer in await pipeline.execute(raise_on_error=False):
            if isinstance(answer, Exception) and not no_group(answer):
                raise answer

    # What a call knows

    async def history(self, call: str) -> list[PastTurn]:
        """The ended turns of the call, oldest first, and any in which a tool with effects was started."""
        return past_turns(await insistently(lambda: self._hash(call)))

    async def _hash(self, call: str) -> dict[bytes, bytes]:
        found: Any = await self._link(call).writer.hgetall(self._keys.history(call))
        return dict(found)

    async def agent(self, call: str, reference: str) -> bytes | None:
        """The agent of a call's messages, as its gateway kept it; None: it is not here."""
        return await insistently(lambda: self._string(call, self._keys.agent(call, reference)))

    async def _string(self, call: str, key: str) -> bytes | None:
        found: Any = await self._link(call).writer.get(key)
        return None if found is None else bytes(found)

    async def emitted(self, call: str, turn: int) -> Emitted:
        """What earlier attempts at this reply emitted, and found."""
        sentences, asked, found = await insistently(lambda: self._emitted(call, turn))
        return Emitted(
            [sentence.decode() for sentence in sentences],
            msgspec.msgpack.decode(asked, type=list[Action]) if asked else [],
            {key.decode(): value.decode() for key, value in found.items()},
        )

    async def _emitted(self, call: str, turn: int) -> tuple[list[bytes], bytes | None, dict[bytes, bytes]]:
        """At one moment: whoever finds a sentence finds what was asked for with it."""
        pipeline = self._link(call).writer.pipeline(transaction=True)
        pipeline.lrange(self._keys.out(call, turn), 0, -1)
        pipeline.get(self._keys.asked(call, turn))
        pipeline.hgetall(self._keys.found(call, turn))
        sentences, asked, found = await pipeline.execute()
        return sentences, asked, found

    async def news(self) -> AsyncIterator[TurnNews]:
        """Turns that are committed or over, as it happens; may miss some, ``renew`` does not.

        What is published at one node of a cluster all of them tell.
        """
        backoff = Backoff()
        while True:
            try:
                async with self._listener.pubsub(ignore_subscribe_messages=True) as channel:
                    await promptly(partial(channel.subscribe, *map(streams.turns, self._keys.tags)))
                    async for heard in _heard(channel):
                        backoff.reset()
                        yield heard
            except BusUnavailable:
                await asyncio.sleep(backoff.pause_s)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(take_leave(self._listener), *(link.close() for link in self._links))


async def _heard(channel: PubSub) -> AsyncIterator[TurnNews]:
    while True:
        message = await promptly(lambda: channel.get_message(timeout=_NEWS_WAIT_S), _NEWS_WAIT_S + READ_MARGIN_S)
        if message is not None:
            yield _news(message["data"].decode())


def _news(data: str) -> TurnNews:
    call, turn, what = data.rsplit(":", 2)
    return TurnNews(call, int(turn), "committed" if what == "committed" else "over")
