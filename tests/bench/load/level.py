"""So many calls on one server for a while: what they cost it, and what their callers noticed."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from redis.asyncio import Redis

from tests.bench.load.callers import Callers
from tests.bench.load.ends import ends, no_answer
from tests.bench.load.figures import Spread, spread
from tests.bench.load.frame_clock import FULL_S, Underrun
from tests.bench.load.gaps import Gaps, gaps_of
from tests.bench.load.parts import answers, parts_of
from tests.bench.load.processes import MEASURED_CORE, Stalls, Usage, probing, usage
from tests.bench.load.scraped import load_level, quantiles, scrape, ticks
from tests.bench.load.servers import DRAFT_PAUSE_S, END_OF_TURN_S, VENDORS_S, House, Server
from tests.bench.load.talker import Said

AUDIBLE_S = 0.005
"""A shorter underrun nobody hears."""
HELD_CLEAR_MS = 300.0
"""Onset to clear at p99 of a level that holds."""
SETTLE_S = 4.0
SCRAPE_S = 5.0
"""As ``deploy/prometheus/prometheus.yml`` asks."""
_BEFORE_S, _AFTER_S = 0.4, 0.05
"""A stall so long before an underrun may be its cause: longer than any lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTimes:
    """How sound came, seen from the wire."""

    lead_ms: Spread
    """What the provider has left when the next frame comes."""
    least_lead_ms: float | None
    lateness_ms: Spread
    """How much less than the usual lead that is."""
    frames: int
    underruns: int
    underruns_over_5_ms: int
    of_these_beside_a_stall: int
    """While the timer probe was late, too, by as much as a lead: the machine's own."""
    longest_gap_ms: float
    tick_lateness_ms: dict[str, float]
    """The gateway's own word: upper bounds of the buckets that p50, p99 and the largest lie in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Figures of one level."""

    server: str
    calls: int
    seconds: float
    cpu_s_per_call_minute: float
    core_busy: float
    """Share of the core that the server itself used."""
    waited: float
    """Share of the time in which the server was ready to run and somebody else had the core."""
    memory_mb: float
    memory_mb_before: float
    onset_to_clear_ms: Spread
    voice_to_voice_ms: Spread
    own_share_ms: Spread
    """Voice to voice, less what end of turn and vendors take."""
    frame_times: FrameTimes
    stalls_over_5_ms: int
    """Of the timer probe."""
    longest_stall_ms: float
    caller_latest_ms: float
    """How late the callers themselves were at worst."""
    utterances: int
    unanswered: int
    not_cleared: int
    frames_after_clear: int
    calls_lost: int
    load_before: float
    parts_ms: dict[str, Spread] | None = None
    """Our own share as the gateway tells it, by part; where there are no drafts, since with them it hides in the end of turn."""
    redis_cpu_ms_per_answer: float | None = None
    worker_cpu_ms_per_answer: dict[str, float] | None = None
    callers_busy: float | None = None
    """Share of the other core that the callers themselves used: who come first there."""
    workers_waited: dict[str, float] | None = None
    """Share of the time in which a worker was ready to run and somebody else had the other core."""
    load_level: int | None = None
    """The gateway's own word, at its highest: 1 is workers behind, so no drafts."""
    fillers: int | None = None
    """Heard while an answer was awaited."""
    extra_answers: int = 0
    """Replies that began behind the answer, though the caller had said nothing since."""
    ends: dict[str, int] | None = None
    """The gateway's own word: how many turns ended how, and how many stages failed."""
    gaps: Gaps | None = None
    """Whether callers waited for answers as long as the gateway tells; None: of before that was noted, or it tells nothing."""

    @property
    def mb_per_call(self) -> float:
        """Memory, with its audio."""
        return (self.memory_mb - self.memory_mb_before) / self.calls

    @property
    def workers_busy(self) -> float | None:
        """Share of the other core that all workers used."""
        return self._share(sum(self.worker_cpu_ms_per_answer.values())) if self.worker_cpu_ms_per_answer else None

    @property
    def redis_busy(self) -> float | None:
        """Share of the other core that Redis used."""
        return self._share(self.redis_cpu_ms_per_answer) if self.redis_cpu_ms_per_answer is not None else None

    @property
    def other_core_busy(self) -> float | None:
        """Share of it that callers, workers and Redis used: near 1 the bench is its own limit."""
        shares = (self.callers_busy, self.workers_busy, self.redis_busy)
        return sum(share for share in shares if share is not None) if None not in shares else None

    def _share(self, cpu_ms_per_answer: float) -> float:
        return cpu_ms_per_answer * max(1, self.utterances) / 1000 / self.seconds

    @property
    def held(self) -> bool:
        """Whether the server was good for so many calls."""
        unexplained = self.frame_times.underruns_over_5_ms - self.frame_times.of_these_beside_a_stall
        clear = self.onset_to_clear_ms.p99
        lost = self.calls_lost or self.unanswered or self.not_cleared or self.frames_after_clear or self.fillers or no_answer(self.ends)
        return not unexplained and not lost and not self.extra_answers and (clear is None or clear < HELD_CLEAR_MS)


async def measure(server: Server, calls: int, seconds: float, *, drafts: bool = False, house: House | None = None) -> Level:
    """Place the calls, wait until all are at it, and look for so many seconds."""
    callers, load = Callers(server.port, seed=calls), os.getloadavg()[0]
    before = usage(server.pid)
    async with asyncio.TaskGroup() as tasks:
        speaking = tasks.create_task(callers.speak())
        await callers.dial(calls)
        await asyncio.sleep(SETTLE_S)
        async with probing(MEASURED_CORE) as stalls:
            callers.forget()
            log_began = server.log.stat().st_size
            began = await _moment(server, house)
            busiest = await _scraped(server, seconds)
            ended = await _moment(server, house)
        log = _since(server.log, log_began) if house else ""
        figures = _level(server, callers, seconds, began, ended, stalls, drafts=drafts, before=before, load=load, log=log, busiest=busiest)
        callers.hang_up()
        await asyncio.sleep(SETTLE_S / 4)
        speaking.cancel()
    return figures


async def _scraped(server: Server, seconds: float) -> int | None:
    """So long, with somebody who asks for the metrics as Prometheus does; the highest load level that was told."""
    told: list[int | None] = []
    for _ in range(int(seconds / SCRAPE_S)):
        await asyncio.sleep(SCRAPE_S)
        told.append(load_level(await scrape(server)))
    await asyncio.sleep(seconds % SCRAPE_S)
    return max((each for each in told if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What was used up to then."""

    server: Usage
    callers: Usage
    redis_cpu_s: float
    workers: dict[str, Usage]
    ticks: dict[float, float]


async def _moment(server: Server, house: House | None) -> _Moment:
    workers = {name: usage(pid) for name, pid in house.workers.items()} if house else {}
    return _Moment(usage(server.pid), usage(os.getpid()), await _redis_cpu_s(house), workers, ticks(await scrape(server)))


def _level(
    server: Server,
    callers: Callers,
    seconds: float,
    began: _Moment,
    ended: _Moment,
    stalls: Stalls,
    *,
    drafts: bool,
    before: Usage,
    load: float,
    log: str,
    busiest: int | None,
) -> Level:
    said = [each for line in callers.lines for each in line.talker.said]
    whole = [each for each in said if each.answered_at is not None and each.ended_at is not None and each.decided_at is not None]
    cuts = [each for each in said if each.over_bot and each.decided_at is not None]
    calls, cpu_s = len(callers.lines), ended.server.cpu_s - began.server.cpu_s
    workers = {name: ended.workers[name].since(each) for name, each in began.workers.items()}
    return Level(
        server=server.name + (" with drafts" if drafts else ""),
        calls=calls,
        seconds=seconds,
        cpu_s_per_call_minute=round(cpu_s / calls / seconds * 60, 4),
        core_busy=round(cpu_s / seconds, 3),
        waited=round((ended.server.waited_s - began.server.waited_s) / seconds, 3),
        memory_mb=round(ended.server.memory_mb, 2),
        memory_mb_before=round(before.memory_mb, 2),
        onset_to_clear_ms=spread([each.clear_at - each.began_at for each in cuts if each.clear_at is not None], scale=1000),
        voice_to_voice_ms=spread(_voice_to_voice_s(whole), scale=1000),
        own_share_ms=spread([s - _owed_s(drafts=drafts) for s in _voice_to_voice_s(whole)], scale=1000),
        frame_times=_frame_times(callers, stalls, began.ticks, ended.ticks),
        stalls_over_5_ms=sum(lateness > AUDIBLE_S for _, lateness in stalls),
        longest_stall_ms=round(1000 * max((lateness for _, lateness in stalls), default=0.0), 1),
        caller_latest_ms=round(1000 * callers.latest_s, 1),
        utterances=len(whole),
        unanswered=sum(each.unanswered(monotonic()) for each in said),
        not_cleared=sum(each.clear_at is None for each in cuts),
        frames_after_clear=sum(each.frames_after_clear for each in said),
        calls_lost=sum(line.gone for line in callers.lines),
        load_before=round(load, 2),
        parts_ms=parts_of(answers(log)) if log and not drafts else None,
        redis_cpu_ms_per_answer=_per_answer(ended.redis_cpu_s - began.redis_cpu_s, len(whole)) if workers else None,
        worker_cpu_ms_per_answer={name: _per_answer(each.cpu_s, len(whole)) for name, each in workers.items()} or None,
        callers_busy=round(ended.callers.since(began.callers).cpu_s / seconds, 3),
        workers_waited={name: round(each.waited_s / seconds, 3) for name, each in workers.items()} or None,
        load_level=busiest,
        fillers=sum(each.fillers for each in said),
        extra_answers=sum(each.more_answers for each in said),
        ends=ends(log) if log else None,
        gaps=gaps_of(log, [(line.call, line.talker.said) for line in callers.lines]) if log else None,
    )


def _per_answer(cpu_s: float, answers: int) -> float:
    return round(1000 * cpu_s / max(1, answers), 2)


def _owed_s(*, drafts: bool) -> float:
    """What passes until the first sound if we took no time."""
    return max(END_OF_TURN_S, DRAFT_PAUSE_S + VENDORS_S) if drafts else END_OF_TURN_S + VENDORS_S


def _voice_to_voice_s(said: Iterable[Said]) -> list[float]:
    return [each.answered_at - each.ended_at for each in said if each.answered_at is not None and each.ended_at is not None]


def _frame_times(callers: Callers, stalls: Stalls, began: dict[float, float], ended: dict[float, float]) -> FrameTimes:
    clocks = [line.talker.clock for line in callers.lines]
    leads = [lead for clock in clocks for lead in clock.leads_s]
    usual = (spread(leads, scale=1000).p50 or 0.0) / 1000
    underruns = [each for clock in clocks for each in clock.underruns]
    audible = [each for each in underruns if each.gap_s > AUDIBLE_S]
    return FrameTimes(
        lead_ms=spread(leads, scale=1000),
        least_lead_ms=round(1000 * min(leads), 1) if leads else None,
        lateness_ms=spread([usual - lead for lead in leads], scale=1000),
        frames=sum(clock.frames for clock in clocks),
        underruns=len(underruns),
        underruns_over_5_ms=len(audible),
        of_these_beside_a_stall=sum(_beside_a_stall(each, stalls) for each in audible),
        longest_gap_ms=round(1000 * max((each.gap_s for each in underruns), default=0.0), 1),
        tick_lateness_ms=quantiles({bound: count - began.get(bound, 0.0) for bound, count in ended.items()}),
    )


def _beside_a_stall(underrun: Underrun, stalls: Stalls) -> bool:
    return any(underrun.at - _BEFORE_S < at < underrun.at + _AFTER_S and lateness > FULL_S for at, lateness in stalls)


# --- What the processes say of themselves


def _since(log: Path, offset: int) -> str:
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")


async def _redis_cpu_s(house: House | None) -> float:
    if house is None:
        return 0.0
    async with Redis.from_url(house.redis_url) as client:
        told = await client.info("cpu")
    return float(told["used_cpu_sys"]) + float(told["used_cpu_user"])
