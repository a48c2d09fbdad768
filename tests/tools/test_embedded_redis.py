"""The Redis that comes with Torim."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from common.errors import SetupError
from tools.embedded_redis import empty_folder, server_command, socket_path


def test_it_listens_on_a_socket_alone(tmp_path: Path) -> None:
    command = " ".join(server_command(tmp_path))
    assert f"--port 0 --unixsocket {tmp_path}/redis.sock" in command


@asynccontextmanager
async def embedded(run: Path) -> AsyncIterator[Redis]:
    """A client of it; it ends with the block."""
    empty_folder(run / "redis")
    server = await asyncio.create_subprocess_exec(*server_command(run), stdout=asyncio.subprocess.DEVNULL)
    async with Redis.from_url(f"unix://{socket_path(run)}", retry=Retry(ConstantBackoff(0.02), 500)) as client:
        yield client
    server.terminate()
    await server.wait()


async def test_a_full_one_refuses_instead_of_dropping_work_or_being_ended_by_the_system(tmp_path: Path) -> None:
    async with embedded(tmp_path) as client:
        limits = await client.config_get("maxmemory*")
    assert limits["maxmemory-policy"] == "noeviction"
    assert int(limits["maxmemory"] or 0) > 0


async def test_it_keeps_nothing_on_disk(tmp_path: Path) -> None:
    async with embedded(tmp_path) as client:
        await client.set("what a caller said", "hello")
    assert list((tmp_path / "redis").iterdir()) == []


def test_what_an_earlier_run_left_on_disk_is_wiped(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.1.incr.aof").write_bytes(b"hello")
    empty_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_no_socket_can_have_is_named() -> None:
    with pytest.raises(SetupError, match="too long for a socket"):
        socket_path(Path("/" + "d" * 100))
