"""Debian's Redis for tests: the one on the PATH, else fetched as Debian packages and unpacked, not installed.

Nothing of the machine is changed, and no rights are needed: apt fetches what is not installed into the cache's folder,
where it stays. A machine without apt is told what to type.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

_INSTALL = "no Redis for the tests; type: apt-get update && apt-get install redis-server"
_PACKAGE = "redis-server"


def redis_command(cache: Path) -> list[str]:
    """What starts it, without arguments.

    Raises:
        RuntimeError: it is not there and cannot be fetched; says what to type.
    """
    on_path = shutil.which(_PACKAGE)
    if on_path is not None:
        return [on_path]
    folder = cache.expanduser() / "debian-redis"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:  # several test processes want it at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _server(folder).exists():
            _fetch(folder)
    libraries = sorted({str(path.parent) for path in folder.rglob("*.so*")})
    return ["env", f"LD_LIBRARY_PATH={os.pathsep.join(libraries)}", str(_server(folder))]


def _server(folder: Path) -> Path:
    return folder / "root" / "usr" / "bin" / _PACKAGE


def _fetch(folder: Path) -> None:
    packages = folder / "packages"
    (packages / "partial").mkdir(parents=True, exist_ok=True)
    fetch = ["apt-get", "install", "--download-only", "--no-install-recommends", "-y", "-qq"]
    fetch += ["-o", f"Dir::Cache::archives={packages}", "-o", "Debug::NoLocking=1", _PACKAGE]
    if not (_runs(fetch) or (_runs(["apt-get", "update", "-qq"]) and _runs(fetch))):
        raise RuntimeError(_INSTALL)
    for package in sorted(packages.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root.new")], check=True)
    (folder / "root.new").rename(folder / "root")
    shutil.rmtree(packages)


def _runs(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
