"""One run: the house is opened, callers call, and after a quiet beginning faults strike by a plan drawn from a seed.

    |-- quiet: how late replies are without faults --|-- strikes, one after the other --|-- the last calls end --|

What hits everybody waits until the house has mended what was before, and is given time to be mended, so that it is clear
which fault a turn felt. A kill is aimed at the emptiest phase whose workers are all at work, so that the phases fill evenly and a run
that is ended before its time has all of them. A fault whose moment does not come is put off to the end.
"""

import asyncio
import os
import random
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any, cast

from common.audio import BYTES_PER_MS
from tests.chaos.aim import PHASES, Phase
from tests.chaos.callers import Callers, Heard
from tests.chaos.costs import Kind, Strike
from tests.chaos.desk import Errand
from tests.chaos.faults import Faults
from tests.chaos.house import House
from tests.chaos.judge import Said, Verdict, judge
from tests.chaos.talk import expected
from tts_worker.tones import HeardTone, heard_tones

_BESIDE: dict[Kind, float] = {
    "stall": 0.1,
    "duplicate": 0.15,
    "cut": 0.06,
    "pause": 0.01,
    "restart": 0.01,
    "tail": 0.01,
    "empty": 0.01,
    "frozen": 0.01,
    "gateway": 0.01,
}
"""So many of each, for each kill; at least one."""
_ALONE: frozenset[Kind] = frozenset({"cut", "pause", "restart", "tail", "empty"})
"""What happens to a server alone; a cluster loses masters instead."""
_FOR_ALL: frozenset[Kind] = frozenset({"pause", "restart", "tail", "empty", "master", "frozen", "gateway"})
_MASTERS = 0.03
_CALM_S = 4.0
_FALLS_SILENT_MS = 400
"""What a gateway that goes on sends before it hears what was said meanwhile, and what of that still sounds."""
_TAKES_A_CALL_S = 3.0
"""So long a gateway asks Redis for a call, at most."""
_PAUSE_S = (0.05, 0.5)
_STRIKE_LIMIT_S = 60.0
"""In which a fault's moment must come, else it is put off."""
_MOST_PUT_OFF = 5
"""In a row: then something of the house is not there any more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A call, and what the judge says of it."""

    heard: Heard
    verdicts: tuple[Verdict, ...]
    tones: tuple[HeardTone, ...] = ()
    """All that the bot said."""
    end_ms: int = 0


@dataclass(slots=True)
class Run:
    """What happened."""

    seed: int
    began_s: float
    quiet_until_s: float = 0.0
    strikes: list[Strike] = field(default_factory=list)
    calls: list[Judged] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)
    """What tools did."""
    loads: list[float] = field(default_factory=list)
    """Of the machine, at each strike."""
    memory_before_mb: dict[str, float] = field(default_factory=dict)
    memory_most_mb: dict[str, float] = field(default_factory=dict)
    """At any strike, over all lives of a process."""
    memory_after_mb: dict[str, float] = field(default_factory=dict)
    tree: str = ""
    """What was run."""
    gone_on_with: int = 0
    """Replies that gateways had gone on with, for a Redis that forgot them in their middle."""
    left_behind: dict[str, int] = field(default_factory=dict)
    """In Redis, when all calls were over."""
    ended_s: float = 0.0

    def look_at_machine(self, memory_mb: Mapping[str, float]) -> None:
        """Note what the processes have of it, and how busy it is."""
        self.loads.append(os.getloadavg()[0])
        self.memory_most_mb = {name: max(mb, self.memory_most_mb.get(name, 0.0)) for name, mb in memory_mb.items()}

    def kills(self) -> int:
        """So far."""
        return sum(strike.kind == "kill" for strike in self.strikes)


def plan(kills: int, only: Phase | Kind | None = None, *, cluster: bool = False) -> list[tuple[Kind, str]]:
    """The faults of a run, in no order: (kind, phase); ``only`` kills in one phase, or has one other fault, and nothing else."""
    if only is not None:
        return [("kill", only) if only in PHASES else (cast("Kind", only), "")] * kills
    faults: list[tuple[Kind, str]] = [("kill", PHASES[number % len(PHASES)]) for number in range(kills)]
    beside = {kind: share for kind, share in _BESIDE.items() if kind not in _ALONE} | {"master": _MASTERS} if cluster else _BESIDE
    for kind, share in beside.items():
        faults += [(kind, "")] * max(1, round(share * kills)) if kills else []
    return faults


class Director:
    """Has it all happen."""

    def __init__(
        self,
        house: House,
        run: Run,
        faults: Sequence[tuple[Kind, str]],
        *,
        callers: int,
        quiet_s: float,
        tell: Callable[[str], None],
        judged: Callable[[Judged, bytes], None],
    ) -> None:
        """``judged`` hears of each call once it is over, by what is known then, and of the bot's side of it."""
        self._house = house
        self._run = run
        self._rng = random.Random(run.seed)
        self._callers = Callers(self._gateways, random.Random(run.seed + 1))
        self._places = callers
        self._plan = deque(kind for kind, _ in faults)
        self._phases_left = Counter(phase for kind, phase in faults if kind == "kill")
        self._kills = self._phases_left.total()
        self._quiet_s = quiet_s
        self._tell = tell
        self._judged = judged
        self._faults = Faults(house, self._rng, self._callers.live)
        self._turns = 0
        self._enough = asyncio.Event()

    def _gateways(self) -> list[str]:
        """The URLs of the gateways that answer, in another order for each call, and of those that do not, at the end."""
        posts = list(self._house.gateways)
        self._callers.rng.shuffle(posts)  # of one port it is the same URL, once more: who answers there is up to the machine
        return [self._house.url(post) for post in sorted(posts, key=lambda post: not post.ready)]

    @property
    def stopping(self) -> bool:
        """Whether no more faults come."""
        return self._enough.is_set()

    def stop(self) -> None:
        """No more faults: the run ends when the callers have heard their replies."""
        self._enough.set()

    async def direct(self) -> None:
        """The whole run, from an open house to the end of the last call; cancelled, it ends with what was judged so far."""
        judging = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen(judging))
                async with asyncio.TaskGroup() as calls:
                    for _ in range(self._places):
                        calls.create_task(self._callers.call_on())
                    await self._strike_all()
                    self._callers.stopping = True
                await self._callers.heard.join()
                listening.cancel()
        finally:
            judging.shutdown(wait=False, cancel_futures=True)
            self._run.calls = [judge_call(one, self._run.strikes) for one in self._run.calls]  # some ended before the fault that they felt
            self._run.ended_s = _now_s()

    async def _strike_all(self) -> None:
        await self._wait(self._quiet_s / 2)
        self._run.memory_before_mb = self._house.memory_mb()
        await self._wait(self._quiet_s / 2)
        self._run.quiet_until_s = _now_s()
        self._rng.shuffle(self._plan)
        put_off = 0
        while self._plan and not self._enough.is_set():
            kind = self._plan.popleft()
            try:
                await self._strike(kind)
                put_off = 0
            except TimeoutError:
                put_off += 1
                if put_off == _MOST_PUT_OFF:
                    raise
                self._plan.append(kind)
                self._tell(f"{kind}: its moment did not come within {_STRIKE_LIMIT_S:g} s; put off")
        await asyncio.sleep(_CALM_S if self._run.strikes else 0)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._enough.wait()

    async def _strike(self, kind: Kind) -> None:
        for_all = kind in _FOR_ALL
        await asyncio.sleep(_CALM_S if for_all else self._rng.uniform(*_PAUSE_S))
        async with asyncio.timeout(_STRIKE_LIMIT_S):
            strike = await self._act(kind)
        self._phases_left[strike.what] -= kind == "kill"
        self._run.strikes.append(strike)
        self._run.look_at_machine(self._house.memory_mb())
        self._tell(self._progress(strike))
        await asyncio.sleep(_CALM_S if for_all else 0)

    def _act(self, kind: Kind) -> Coroutine[Any, Any, Strike]:
        faults = self._faults
        match kind:
            case "kill":
                return faults.kill(self._emptiest_phase())
            case "restart" | "tail" | "empty":
                return faults.restart(kind)
            case "master":
                return faults.lose_master()
            case "frozen":
                return faults.stall_gateway()
            case "gateway":
                return faults.kill_gateway()
            case "stall":
                return faults.stall()
            case "duplicate":
                return faults.duplicate()
            case "cut":
                return faults.cut()
            case "pause":
                return faults.pause()

    def _emptiest_phase(self) -> Phase:
        """Of those whose workers are all at work, the one with most kills to come."""
        left = [phase for phase in PHASES if self._phases_left[phase]]
        ready = [phase for phase in left if self._faults.may_kill(phase)] or left
        return max(ready, key=lambda phase: (self._phases_left[phase], self._rng.random()))

    def _progress(self, strike: Strike) -> str:
        at_s, done = _now_s() - self._run.began_s, len(self._run.strikes)
        left_s = (_now_s() - self._run.quiet_until_s) / done * len(self._plan)
        hit = f"{len(strike.calls)} call{'s' * (len(strike.calls) != 1)}"
        what = f"{strike.kind} {strike.what} {strike.moment}".rstrip()
        kills = f"{self._run.kills():4} of {self._kills} kills, {self._turns:5} turns heard"
        return f"{at_s:6.1f} s, {left_s / 60:3.0f} min to go  {kills}: {what}, {hit}"

    # -- The judge ------------------------------------------------------------------------------

    async def _listen(self, pool: ProcessPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            heard = await self._callers.heard.get()
            tones = await loop.run_in_executor(pool, heard_tones, heard.track)
            call = Judged(replace(heard, track=b""), (), tuple(tones), len(heard.track) // BYTES_PER_MS)
            self._run.calls.append(judge_call(call, self._run.strikes))
            self._turns += len(self._run.calls[-1].verdicts)
            self._judged(self._run.calls[-1], heard.track)
            self._callers.heard.task_done()


def counts_anew(heard: Heard, strikes: Sequence[Strike]) -> list[int]:
    """When streams began that may count turns anew, in ms of the call: Redis may not have answered them."""
    begun = [(ms, heard.began_s + ms / 1000) for ms in heard.begins_ms[1:]]
    away = [strike for strike in strikes if strike.takes_redis]
    return [ms for ms, at_s in begun if any(strike.hits(heard.call, at_s, at_s + _TAKES_A_CALL_S) for strike in away)]


def judge_call(call: Judged, strikes: Sequence[Strike]) -> Judged:
    """The call by all that is known of the faults."""
    said = [replace(one, reach_ms=reached_ms(call.heard, one, strikes)) for one in call.heard.said]
    return replace(call, verdicts=tuple(judge(said, call.tones, expected(), call.end_ms, counts_anew(call.heard, strikes))))


def reached_ms(heard: Heard, said: Said, strikes: Sequence[Strike]) -> int:
    """When the caller's words reached a gateway that stood still meanwhile, and silenced it; 0: at once."""
    begin_s, end_s = heard.began_s + said.begin_ms / 1000, heard.began_s + said.end_ms / 1000
    felt = [one for one in strikes if one.kind == "frozen" and heard.call in one.calls and one.begin_s < end_s and one.end_s > begin_s]
    return max((round((one.end_s - heard.began_s) * 1000) + _FALLS_SILENT_MS for one in felt), default=0)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
