"""How loaded the pipeline is, as its streams and groups tell: who works, how far they are behind, what is about to be lost."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from redis import exceptions

from common import metrics, streams
from common.bus import Backlog
from common.errors import BusUnavailable
from common.messages import Stage
from common.redis_link import promptly
from common.redis_shards import Link
from common.streams import GROUP, STAGES

SILENT_WORKER_MS = 600_000

logger = logging.getLogger("torim.common")


async def stages_alive(links: Sequence[Link], known: frozenset[Stage]) -> frozenset[Stage]:
    """The stages on which a worker lives: one that reads, and beats. A worker reads every shard, so the first one tells.

    Where that is away while others answer it is what was ``known`` before: no reason to take no calls for those.

    Raises:
        BusUnavailable: no shard answers.
    """
    try:
        return await promptly(lambda: _stages_alive(links[0]))
    except BusUnavailable:
        if len(links) == 1:
            raise
        await backlog(links[1:])
        return known


async def _stages_alive(first: Link) -> frozenset[Stage]:
    alive = set[Stage]()
    for stage in STAGES:
        workers = [name for name, _ in await _workers(first, stage)]
        if any(await _alive(first, workers)):
            alive.add(stage)
    return frozenset(alive)


async def sweep(link: Link, first: Link, silent_ms: int = SILENT_WORKER_MS) -> None:
    """Take workers that ended without leaving out of a shard's groups.

    How long a worker was silent does not tell enough: to a Redis before 7.2 one that waits for an entry is silent.
    While the first shard is away, which tells who lives, nobody is known to be gone, and this shard's work goes on.
    """
    for stage in STAGES:
        silent = [name for name, idle_ms in await _workers(link, stage) if idle_ms > silent_ms]
        try:
            beats = await promptly(partial(_alive, first, silent))
        except BusUnavailable:
            return
        dead = [name for name, alive in zip(silent, beats, strict=True) if not alive]
        if dead:
            await link.scripts.run("sweep", [streams.work(link.tag, stage)], [silent_ms, *dead])


async def _workers(link: Link, stage: Stage) -> list[tuple[str, int]]:
    """Names of a group's workers, and for how many ms each did nothing."""
    try:
        known: Any = await link.writer.xinfo_consumers(streams.work(link.tag, stage), GROUP)
    except exceptions.ResponseError:
        return []
    return [(about["name"].decode(), about["idle"]) for about in known]


async def _alive(first: Link, workers: Sequence[str]) -> list[bool]:
    """Whether each of them beats, which is told in the first shard."""
    beats: Any = await first.writer.mget([streams.worker_alive(worker) for worker in workers]) if workers else []
    return [beat is not None for beat in beats]


async def backlog(links: Sequence[Link]) -> Backlog:
    """How far the workers are behind in the shards that answer.

    Raises:
        BusUnavailable: none does.
    """
    answers = await asyncio.gather(*map(_backlog, links))
    of_shards = [answer for answer in answers if not isinstance(answer, BusUnavailable)]
    if not of_shards:
        raise BusUnavailable(str(answers[0]))
    ages_s = [_tell(stage, [of_shard[index] for of_shard in of_shards]) for index, stage in enumerate(STAGES)]
    return Backlog(max(ages_s), frozenset(shard for shard, answer in enumerate(answers) if isinstance(answer, BusUnavailable)))


async def _backlog(link: Link) -> Sequence[Sequence[int]] | BusUnavailable:
    try:
        told: Sequence[Sequence[int]] = await promptly(
            lambda: link.scripts.run("backlog", [streams.work(link.tag, stage) for stage in STAGES], [])
        )
    except BusUnavailable as trouble:
        return trouble
    return told


def _tell(stage: Stage, of_shards: Sequence[Sequence[int]]) -> float:
    """Put a stage's backlog into the metrics; the age of its oldest unread entry."""
    length, unread, ages_ms = zip(*of_shards, strict=True)
    age_s = float(max(ages_ms)) / 1000
    metrics.STREAM_ENTRIES.labels(stage).set(sum(length))
    metrics.UNREAD.labels(stage).set(sum(unread))
    metrics.UNREAD_AGE_S.labels(stage).set(age_s)
    return age_s


def warn_of_fuses(lengths: Sequence[int], replies: int) -> None:
    """The alarm of MAXLEN: a stream of work, or this gateway's of replies, that is half full is about to lose entries."""
    fuses = [*zip(STAGES, lengths, [streams.WORK_MAXLEN] * len(STAGES), strict=True), ("replies", replies, streams.REPLIES_MAXLEN)]
    for name, length, lost_from in fuses:
        if length > lost_from // 2:
            logger.error("stage=%s what=backlog length=%d lost_from=%d", name, length, lost_from)
            metrics.FUSE_ALARMS.labels(name).inc()
