"""How loaded the pipeline is, as its streams and groups tell: who works, how far they are behind, what is about to be lost."""

import logging
from collections.abc import Sequence
from typing import Any

from redis import exceptions
from redis.asyncio import Redis

from common import metrics, streams
from common.messages import Stage
from common.redis_link import Scripts
from common.streams import GROUP, ONE_TAG, STAGES

SILENT_WORKER_MS = 600_000

logger = logging.getLogger("torim.common")


async def stages_alive(client: Redis) -> frozenset[Stage]:
    """The stages on which a worker lives: one that reads, and beats."""
    alive = set[Stage]()
    for stage in STAGES:
        workers = [name for name, _ in await _workers(client, stage)]
        if any(await _alive(client, workers)):
            alive.add(stage)
    return frozenset(alive)


async def sweep(client: Redis, scripts: Scripts, silent_ms: int = SILENT_WORKER_MS) -> None:
    """Take workers that ended without leaving out of their groups.

    How long a worker was silent does not tell enough: to a Redis before 7.2 one that waits for an entry is silent.
    """
    for stage in STAGES:
        silent = [name for name, idle_ms in await _workers(client, stage) if idle_ms > silent_ms]
        dead = [name for name, alive in zip(silent, await _alive(client, silent), strict=True) if not alive]
        if dead:
            await scripts.run("sweep", [streams.work(ONE_TAG, stage)], [silent_ms, *dead])


async def _workers(client: Redis, stage: Stage) -> list[tuple[str, int]]:
    """Names of a group's workers, and for how many ms each did nothing."""
    try:
        known: Any = await client.xinfo_consumers(streams.work(ONE_TAG, stage), GROUP)
    except exceptions.ResponseError:
        return []
    return [(about["name"].decode(), about["idle"]) for about in known]


async def _alive(client: Redis, workers: Sequence[str]) -> list[bool]:
    beats: Any = await client.mget([streams.worker_alive(worker) for worker in workers]) if workers else []
    return [beat is not None for beat in beats]


async def backlog_s(scripts: Scripts) -> float:
    """Age of the oldest entry of all stages that no worker has read; 0 if there is none."""
    return max([await _backlog_s(scripts, stage) for stage in STAGES])


async def _backlog_s(scripts: Scripts, stage: Stage) -> float:
    length, unread, age_ms = await scripts.run("backlog", [streams.work(ONE_TAG, stage)], [])
    metrics.STREAM_ENTRIES.labels(stage).set(length)
    metrics.UNREAD.labels(stage).set(unread)
    metrics.UNREAD_AGE_S.labels(stage).set(age_ms / 1000)
    return float(age_ms / 1000)


def warn_of_fuses(lengths: Sequence[int]) -> None:
    """The alarm of MAXLEN: a stream that is half full is about to lose work."""
    for stage, length in zip(STAGES, lengths, strict=True):
        if length > streams.WORK_MAXLEN // 2:
            logger.error("stage=%s what=backlog length=%d lost_from=%d", stage, length, streams.WORK_MAXLEN)
            metrics.FUSE_ALARMS.labels(stage).inc()
