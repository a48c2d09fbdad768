"""Connections that go straight: what is common takes no task and waits for nobody, what is rare is as the client has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from common import redis_link
from common.redis_connections import StraightConnection
from common.redis_link import connect
from tests.uncollected import blocks_left


@asynccontextmanager
async def a_client(url: str, connections: int = 1) -> AsyncIterator[Redis]:
    """A client, connected."""
    client = connect(url, 2.0, connections)
    try:
        await client.ping()
        yield client
    finally:
        await client.aclose()


async def test_a_command_takes_no_task(redis_url: str) -> None:
    made: list[str] = []

    def note(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> "asyncio.Task[Any]":
        made.append(work.__qualname__)
        return asyncio.Task(work, loop=loop, **more)

    async with a_client(redis_url) as client:
        asyncio.get_running_loop().set_task_factory(note)
        await client.set("key", "value")
        pipeline = client.pipeline(transaction=False)
        pipeline.get("key")
        await pipeline.execute()
        asyncio.get_running_loop().set_task_factory(None)
    assert not made


@pytest.mark.parametrize("value", [b"\r\n$3\r\n\x00\xff", "שלום", b"", 7, bytes(100_000)])
async def test_what_is_written_is_read(redis_url: str, value: bytes | str | int) -> None:
    async with a_client(redis_url) as client:
        await client.set("key", value)
        found = await client.get("key")
    assert found == (value if isinstance(value, bytes) else str(value).encode())


async def test_a_command_of_two_words_is_understood(redis_url: str) -> None:
    async with a_client(redis_url) as client:
        assert await client.config_get("maxmemory") == {"maxmemory": "0"}


@pytest.mark.parametrize("length", [3, 18])
def test_a_command_leaves_no_memory_behind(length: int) -> None:
    connection, command = StraightConnection(), ["EVALSHA", *("value" for _ in range(length - 1))]
    assert blocks_left(lambda: connection.pack_command(*command), 500) < 50


async def test_more_than_there_are_connections_wait_for_each_other(redis_url: str) -> None:
    async with a_client(redis_url, connections=2) as client:
        assert sorted(await asyncio.gather(*(client.incr("key") for _ in range(9)))) == list(range(1, 10))


async def test_who_gives_up_waiting_keeps_nobody_else_waiting(redis_url: str) -> None:
    async with a_client(redis_url) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(asked(client, "BLPOP", "nothing", 0.05))
        await asyncio.sleep(0)
        given_up, waits = (tasks.create_task(asked(client, "INCR", "key")) for _ in range(2))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await waits == 1
        assert await client.incr("key") == 2


async def asked(client: Redis, *command: str | float) -> object:
    """The answer."""
    answer: object = await client.execute_command(*command)  # type: ignore[no-untyped-call]
    return answer


async def test_a_connection_that_the_server_cut_is_made_anew(redis_url: str) -> None:
    async with a_client(redis_url) as client, a_client(redis_url) as other:
        cut = await client.client_id()
        await other.client_kill_filter(_id=str(cut))
        assert await client.incr("key") == 1
        assert await client.client_id() != cut


async def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next_one(redis_url: str) -> None:
    async with a_client(redis_url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asked(client, "BLPOP", "list", 1)
        await asked(client, "RPUSH", "list", "late")
        assert await asked(client, "INCR", "key") == 1


async def test_connections_are_closed_though_there_is_no_time_to_wait_for_it(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_link, "CLOSE_LIMIT_S", 0.0)
    client = connect(redis_url, 2.0, 3)
    await asyncio.gather(*(client.ping() for _ in range(3)))
    pool = client.connection_pool
    used = [*pool._available_connections]
    await redis_link.take_leave(client)
    assert [connection.is_connected for connection in used] == 3 * [False]
