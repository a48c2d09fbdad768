"""The health check of a worker's container."""

import redis

from common import streams
from common.health import worker_lives
from common.worker import local_names


def test_a_worker_that_beats_on_this_machine_lives(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(streams.worker_alive(local_names("asr") + "1"), "asr 0.00")
    assert worker_lives("asr", redis_url)


def test_a_worker_of_another_stage_does_not_count(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(streams.worker_alive(local_names("asr") + "1"), "asr 0.00")
    assert not worker_lives("tts", redis_url)


def test_a_worker_on_another_machine_does_not_count(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(streams.worker_alive("asr-elsewhere-1"), "asr 0.00")
    assert not worker_lives("asr", redis_url)


def test_a_worker_does_not_live_where_redis_is_away() -> None:
    assert not worker_lives("asr", "unix:///nowhere/redis.sock")
