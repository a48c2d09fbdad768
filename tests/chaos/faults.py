"""The faults: each waits for its moment, strikes, sees to it that the house can mend itself, and says whom it hit.

A worker is killed while it holds a turn, and only while all workers of its stage are at work: it is stopped first, then looked at
again, and let go on if it is done meanwhile. No entry's workers are attacked twice.
"""

import asyncio
import math
import random
import signal
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from common import streams
from common.messages import Stage, decode
from common.streams import STAGES
from tests.chaos.aim import PHASES, SPREAD_S, STAGE_OF, Held, Phase, Watch
from tests.chaos.costs import FREEZES_S, Kind, Strike
from tests.chaos.deaths import NO_ORDER, ORDERS, Halt, How, calls_at, is_a_turn, last_halt
from tests.chaos.house import House, Post, can_spare
from tests.chaos.talk import part
from tests.cluster import Cluster
from tests.servers import RealServer

_LOOK_S = 0.01
_ON_THE_WAY_S = 0.005
"""What a stopped worker had sent is at Redis by then."""
_BLOCK_MS = 2000
_TAIL_S = (0.2, 1.0)
"""How much of its time a server forgets that writes to its disk each second."""
_STALLS_S = (0.3, 8.0)
"""Of workers, drawn evenly by ratio: no read blocks for longer than the least, others take over after a second, and after 5 s it passes
for dead."""


@dataclass(slots=True)
class Faults:
    """All that may happen to a house."""

    house: House
    rng: random.Random
    live: Set[str]
    """The calls that are on the line."""
    struck: set[tuple[str, int]] = field(default_factory=set)
    """Turns (call, turn) that a worker died with."""
    _halted: Counter[tuple[How, Phase, Stage]] = field(default_factory=Counter)
    """How many halted by themselves: of all stages alike."""
    _streamed: int = 0
    """Kills in streaming so far: every other one hits a long reply, the first one does."""
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self._watch = Watch(self.house.redis, self.house.keys, self.house.desk, self.live)

    # -- Workers --------------------------------------------------------------------------------

    def may_kill(self, phase: Phase) -> bool:
        """Whether there is somebody to be killed in this phase at once."""
        return bool(self._at_work(_stages_of(phase)))

    async def kill(self, phase: Phase) -> Strike:
        """Kill -9 a worker in this phase of a turn."""
        if phase not in STAGE_OF:
            return await self._have_it_die(phase)
        post, held = await self._stopped_in(phase)
        process = post.process
        post.send(signal.SIGKILL)
        await self._gone(post, process)
        self._streamed += phase == "streaming"
        self.struck |= {(one.call, one.turn) for one in held}
        return self._at_once("kill", phase, frozenset(one.call for one in held))

    async def stall(self) -> Strike:
        """Stop a worker that holds a turn, for long enough that others take it over, or nearly; then let it go on."""
        phase = self.rng.choice(PHASES)
        post, calls, moment = await self._stopped_at(phase)
        post.stopped = True
        began_s = _now_s()
        try:
            await asyncio.sleep(_STALLS_S[0])
            calls |= await self._calls_of(post)  # a read that it had begun is answered while it stands still
            await asyncio.sleep(_drawn_evenly_by_ratio(self.rng, *_STALLS_S) - _STALLS_S[0])
        finally:
            post.stopped = False
            post.send(signal.SIGCONT)
        return Strike("stall", phase, began_s, _now_s(), calls, moment)

    async def _stopped_at(self, phase: Phase) -> tuple[Post, frozenset[str], str]:
        """A worker that stands still in this phase, whose turns it holds, and at which moment it is if it stopped by itself."""
        if phase in STAGE_OF:
            post, held = await self._stopped_in(phase)
            return post, frozenset(one.call for one in held), ""
        post, halt, held = await self._halted_by_itself(phase, "STALLS")
        return post, frozenset({halt.call, *(one.call for one in held)}), f"{halt.stage} {halt.moment}"

    async def _have_it_die(self, phase: Phase) -> Strike:
        """A worker that dies by itself at the next chance."""
        _, halt, held = await self._halted_by_itself(phase, "DIES")
        self.struck |= {(halt.call, halt.turn), *((one.call, one.turn) for one in held)}
        return self._at_once("kill", phase, frozenset({halt.call, *(one.call for one in held)}), f"{halt.stage} {halt.moment}")

    async def _halted_by_itself(self, phase: Phase, how: How) -> tuple[Post, Halt, list[Held]]:
        """A worker that did as it was ordered, and the turns that it holds."""
        stage = min(STAGES, key=lambda one: (self._halted[how, phase, one], self.rng.random()))
        await self._all_at_work(stage)
        post = next(post for post in self.house.workers(stage) if post.mortal)
        process, worker, before = post.process, post.worker, last_halt(self.house.log(post))
        post.send(ORDERS[phase, how])
        try:
            halt = await self._halt_after(before, post)
            if how == "DIES":
                await self._gone(post, process)
            held = await self._turns_of(stage, worker)
        except BaseException:
            post.send(NO_ORDER)
            post.send(signal.SIGCONT)
            raise
        self._halted[how, phase, stage] += 1
        return post, halt, held

    async def _halt_after(self, before: Halt | None, post: Post) -> Halt:
        """The next one that its log tells of."""
        while (halt := last_halt(self.house.log(post))) in (None, before):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_LOOK_S)
        assert halt is not None, "it was looked at"
        return halt

    async def _turns_of(self, stage: Stage, worker: str) -> list[Held]:
        """The turns that a worker holds."""
        return [one for one in await self._watch.held(stage) if one.worker == worker and one.is_a_turn]

    async def _stopped_in(self, phase: Phase) -> tuple[Post, list[Held]]:
        """A worker that was stopped in this phase of a turn, and what it holds."""
        stage = STAGE_OF[phase]
        while True:
            await self._all_at_work(stage)
            post = await self._holder(stage, phase)
            await asyncio.sleep(self.rng.uniform(0, SPREAD_S[phase]))
            held = await self._stopped(post, stage)
            if any(self._is_wanted(one, phase) for one in held) and all(self._is_fresh(one) for one in held):
                return post, [one for one in held if one.is_a_turn]
            post.send(signal.SIGCONT)

    async def _stopped(self, post: Post, stage: Stage) -> list[Held]:
        """Stop a worker; what it holds."""
        post.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(_ON_THE_WAY_S)
            return [one for one in await self._watch.held(stage) if one.worker == post.worker]
        except BaseException:
            post.send(signal.SIGCONT)
            raise

    async def _holder(self, stage: Stage, phase: Phase) -> Post:
        while True:
            for held in await self._watch.held(stage):
                for post in self.house.workers(stage):
                    if post.worker == held.worker and self._is_wanted(held, phase) and self._is_fresh(held):
                        return post
            await asyncio.sleep(_LOOK_S)

    def _is_wanted(self, held: Held, phase: Phase) -> bool:
        return held.is_in(phase) and (phase != "streaming" or part(held.turn).is_long == (self._streamed % 2 == 0))

    def _is_fresh(self, held: Held) -> bool:
        return held.deliveries == 1 and (held.call, held.turn) not in self.struck

    def _at_work(self, stages: Sequence[Stage]) -> list[Stage]:
        return [stage for stage in stages if can_spare(self.house.workers(stage))]

    async def _all_at_work(self, stage: Stage) -> None:
        while not can_spare(self.house.workers(stage)):  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(_LOOK_S)

    async def _gone(self, post: Post, process: asyncio.subprocess.Process | None) -> None:
        """Wait until this life of it is over; another one may have begun then."""
        assert process is not None
        await process.wait()
        post.worker = ""

    # -- What is on the streams -------------------------------------------------------------------

    async def duplicate(self) -> Strike:
        """Put an entry onto its stream once more: of a stage's work, or of what a gateway is told."""
        stage = self.rng.choice([*STAGES, None])
        while True:
            tag = self.rng.choice(self._watch.tags or [streams.ONE_TAG])
            key = await self._some_replies(tag) if stage is None else streams.work(tag, stage)
            found: Any = await self.house.redis.xread({key: "$"}, count=1, block=_BLOCK_MS)
            for fields in (fields for _, entries in found for _, fields in entries if b"m" in fields):
                message = decode(fields[b"m"])
                if is_a_turn(message):
                    await self.house.redis.xadd(key, fields)
                    return self._at_once("duplicate", stage or "replies", frozenset({message.head.call}))

    async def _some_replies(self, tag: str) -> str:
        return self.rng.choice(await self.house.keys_like(streams.replies(tag, "*")))

    # -- The network ------------------------------------------------------------------------------

    async def cut(self) -> Strike:
        """Cut a worker or a gateway off from Redis for up to a second."""
        post = self.rng.choice(self.house.posts)
        assert post.proxy is not None, "nobody is cut off from a cluster"
        began_s, calls = _now_s(), await self._calls_of(post)
        post.proxy.cut()
        await asyncio.sleep(self.rng.uniform(0.1, 1.0))
        calls |= await self._calls_of(post)
        post.proxy.heal()
        return Strike("cut", post.name.rstrip("_0123456789"), began_s, _now_s(), calls)

    async def _calls_of(self, post: Post) -> frozenset[str]:
        """The calls of a gateway, or those that a worker holds a turn of."""
        if post.stage is None:
            return calls_at(self.house.log(post)) & self.live
        return frozenset(held.call for held in await self._turns_of(post.stage, post.worker))

    # -- Redis ------------------------------------------------------------------------------------

    async def pause(self) -> Strike:
        """Redis answers nobody for some seconds."""
        began_s, calls = _now_s(), frozenset(self.live)
        self._server.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(self.rng.uniform(1.0, 4.0))
        finally:
            self._server.send(signal.SIGCONT)
        return Strike("pause", "redis", began_s, _now_s(), calls)

    async def restart(self, kept: Literal["restart", "tail", "empty"]) -> Strike:
        """Redis is killed, is away for a moment, and comes back: with what it had, but for the last moment, or without."""
        written_bytes = self._server.written_bytes()
        await asyncio.sleep(self.rng.uniform(*_TAIL_S) if kept == "tail" else 0)
        began_s, calls = _now_s(), frozenset(self.live)
        await asyncio.to_thread(self._server.kill)
        if kept == "empty":
            self._server.forget()
        if kept == "tail":
            self._server.cut(written_bytes)
        await asyncio.sleep(self.rng.uniform(0.2, 1.5))
        await asyncio.to_thread(self._server.start)
        return Strike(kept, "redis", began_s, _now_s(), calls)

    @property
    def _server(self) -> RealServer:
        assert isinstance(self.house.store, RealServer)
        return self.house.store

    async def lose_master(self) -> Strike:
        """Kill -9 a master of the cluster, with what it did not tell its replica; return when it is back, as a replica."""
        assert isinstance(self.house.store, Cluster)
        cluster = self.house.store
        node = self.rng.choice(await asyncio.to_thread(cluster.masters_now))
        began_s, calls = _now_s(), frozenset(self.live)  # all: until there is a new one, every node refuses
        await asyncio.to_thread(node.kill)
        await asyncio.to_thread(cluster.await_masters)
        served_s = _now_s()
        await asyncio.to_thread(cluster.take_back, node)
        return Strike("master", "redis", began_s, served_s, calls)

    # -- Gateways ---------------------------------------------------------------------------------

    async def kill_gateway(self) -> Strike:
        """Kill -9 a gateway; return when it is back."""
        post = self.rng.choice(self.house.gateways)
        began_s, calls = _now_s(), await self._calls_of(post)
        post.send(signal.SIGKILL)
        assert post.process is not None
        await post.process.wait()
        post.ready, struck_s = False, _now_s()
        while not post.ready:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_LOOK_S)
        return Strike("gateway", post.name, began_s, struck_s, calls)

    async def stall_gateway(self) -> Strike:
        """Stop a gateway for some seconds; then let it go on."""
        post = self.rng.choice(self.house.gateways)
        began_s, calls = _now_s(), await self._calls_of(post)
        post.send(signal.SIGSTOP)
        post.ready = False
        try:
            await asyncio.sleep(self.rng.uniform(*FREEZES_S))
        finally:
            post.send(signal.SIGCONT)
            post.ready = True
        return Strike("frozen", post.name, began_s, _now_s(), calls)

    def _at_once(self, kind: Kind, what: str, calls: frozenset[str], moment: str = "") -> Strike:
        now_s = _now_s()
        return Strike(kind, what, now_s, now_s, calls, moment)


def _stages_of(phase: Phase) -> Sequence[Stage]:
    return (STAGE_OF[phase],) if phase in STAGE_OF else STAGES


def _drawn_evenly_by_ratio(rng: random.Random, least: float, most: float) -> float:
    return least * math.pow(most / least, rng.random())


def _now_s() -> float:
    return asyncio.get_running_loop().time()
