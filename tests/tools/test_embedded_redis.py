"""The Redis that comes with Torim."""

import asyncio
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


def test_it_never_drops_work_to_make_room() -> None:
    config = Path(server_command(Path("/run"))[1]).read_text()
    assert "\nmaxmemory-policy noeviction\n" in config


async def test_it_keeps_nothing_on_disk(tmp_path: Path) -> None:
    empty_folder(tmp_path / "redis")
    server = await asyncio.create_subprocess_exec(*server_command(tmp_path), stdout=asyncio.subprocess.DEVNULL)
    retry = Retry(ConstantBackoff(0.02), 500)
    async with Redis.from_url(f"unix://{socket_path(tmp_path)}", retry=retry) as client:
        await client.set("what a caller said", "hello")
    server.terminate()
    await server.wait()
    assert list((tmp_path / "redis").iterdir()) == []


def test_what_an_earlier_run_left_on_disk_is_wiped(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.1.incr.aof").write_bytes(b"hello")
    empty_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_no_socket_can_have_is_named() -> None:
    with pytest.raises(SetupError, match="too long for a socket"):
        socket_path(Path("/" + "d" * 100))
