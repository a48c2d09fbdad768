"""``python -m common.health STAGE``: whether a worker of the stage lives on this machine, for containers.

A worker beats in Redis from when its vendor is warm. Exit code 0: it does; 1: it does not.
"""

import sys

import redis
from redis.exceptions import RedisClusterException

from common import config, streams
from common.messages import Stage
from common.redis_shards import connect_blocking
from common.worker import local_names

_REDIS_LIMIT_S = 2


def main(arguments: list[str]) -> int:
    """The exit code."""
    wanted = [stage for stage in streams.STAGES if arguments == [stage]]
    if not wanted:
        sys.stderr.write(f"takes one of {', '.join(streams.STAGES)}\n")
        return 2
    return 0 if worker_lives(wanted[0], config.load().redis_url) else 1


def worker_lives(stage: Stage, redis_url: str, pid: int | None = None) -> bool:
    """Whether a worker of ``stage`` with this machine's name beats, or the one that is process ``pid``; False if Redis does not say."""
    try:
        with connect_blocking(redis_url, _REDIS_LIMIT_S) as client:
            return next(client.scan_iter(match=streams.worker_alive(local_names(stage, pid) + "*")), None) is not None
    except (redis.RedisError, RedisClusterException):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
