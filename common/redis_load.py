"""How loaded the pipeline is, as its streams and groups tell: who works, how far they are behind, what is about to be lost."""

import logging
from collections.abc import Sequence

from redis import exceptions
from redis.asyncio import Redis

from common import streams
from common.messages import Stage
from common.streams import GROUP, ONE_TAG, STAGES

logger = logging.getLogger("torim.common")


async def stages_alive(client: Redis) -> frozenset[Stage]:
    """The stages on which a worker lives: one that reads, and beats."""
    pipeline = client.pipeline(transaction=False)
    for stage in STAGES:
        pipeline.xinfo_consumers(streams.work(ONE_TAG, stage), GROUP)
    answers = await pipeline.execute(raise_on_error=False)
    alive = set[Stage]()
    for stage, consumers in zip(STAGES, answers, strict=True):
        known = not isinstance(consumers, exceptions.ResponseError)
        if known and await _any_alive(client, [about["name"].decode() for about in consumers]):
            alive.add(stage)
    return frozenset(alive)


async def _any_alive(client: Redis, workers: Sequence[str]) -> bool:
    if not workers:
        return False
    return any(await client.mget([streams.worker_alive(worker) for worker in workers]))


async def backlog_s(client: Redis) -> float:
    """Age of the oldest entry of all stages that no worker has read; 0 if there is none."""
    pipeline = client.pipeline(transaction=False)
    for stage in STAGES:
        pipeline.xinfo_groups(streams.work(ONE_TAG, stage))
    groups = await pipeline.execute(raise_on_error=False)
    pipeline.time()
    for stage, known in zip(STAGES, groups, strict=True):
        read = known[0]["last-delivered-id"] if isinstance(known, list) and known else b"0"
        pipeline.xrange(streams.work(ONE_TAG, stage), min=b"(" + read, count=1)
    (seconds, micros), *unread = await pipeline.execute()
    oldest = [int(entries[0][0].partition(b"-")[0]) / 1000 for entries in unread if entries]
    return max(0.0, seconds + micros / 1e6 - min(oldest)) if oldest else 0.0


def warn_of_fuses(lengths: Sequence[int]) -> None:
    """The alarm of MAXLEN: a stream that is half full is about to lose work."""
    for stage, length in zip(STAGES, lengths, strict=True):
        if length > streams.WORK_MAXLEN // 2:
            logger.error("stage=%s what=backlog length=%d lost_from=%d", stage, length, streams.WORK_MAXLEN)
