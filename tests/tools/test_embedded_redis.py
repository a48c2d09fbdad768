"""The Redis that comes with Torim."""

from pathlib import Path

import pytest

from common.errors import SetupError
from tools.embedded_redis import server_command, socket_path


def test_it_listens_on_a_socket_alone(tmp_path: Path) -> None:
    command = " ".join(server_command(tmp_path))
    assert f"--port 0 --unixsocket {tmp_path}/redis.sock" in command


def test_it_never_drops_work_to_make_room() -> None:
    config = Path(server_command(Path("/run"))[1]).read_text()
    assert "\nmaxmemory-policy noeviction\n" in config


def test_a_path_that_no_socket_can_have_is_named() -> None:
    with pytest.raises(SetupError, match="too long for a socket"):
        socket_path(Path("/" + "d" * 100))
