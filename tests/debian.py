"""Programs that tests need, out of Debian's packages: the one on the PATH, else fetched and unpacked, not installed.

Nothing of the machine is changed, and no rights are needed: apt fetches what is not installed into the cache's folder,
where it stays. A machine without apt is told what to type.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path


def command(package: str, program: str, cache: Path, folder_name: str) -> list[str]:
    """What starts the program, without arguments.

    Raises:
        RuntimeError: it is not there and cannot be fetched; says what to type.
    """
    on_path = shutil.which(program)
    if on_path is not None:
        return [on_path]
    folder = cache.expanduser() / folder_name
    folder.mkdir(parents=True, exist_ok=True)
    fetched = folder / "root" / "usr" / "bin" / program
    with (folder / "lock").open("w") as lock:  # several test processes want it at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not fetched.exists():
            _fetch(package, program, folder)
    libraries = sorted({str(path.parent) for path in folder.rglob("*.so*")})
    return ["env", f"LD_LIBRARY_PATH={os.pathsep.join(libraries)}", str(fetched)]


def contents(package: str, cache: Path, folder_name: str) -> Path:
    """The folder that holds what the package would put under "/", without what it depends on; fetched if need be.

    Raises:
        RuntimeError: it cannot be fetched; says what to type.
    """
    folder = cache.expanduser() / folder_name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "root").exists():
            _fetch_alone(package, folder)
    return folder / "root"


def _fetch(package: str, program: str, folder: Path) -> None:
    packages = folder / "packages"
    (packages / "partial").mkdir(parents=True, exist_ok=True)
    fetch = ["apt-get", "install", "--download-only", "--no-install-recommends", "-y", "-qq"]
    fetch += ["-o", f"Dir::Cache::archives={packages}", "-o", "Debug::NoLocking=1", package]
    if not (_runs(fetch) or (_runs(["apt-get", "update", "-qq"]) and _runs(fetch))):
        raise RuntimeError(f"no {program} for the tests; type: apt-get update && apt-get install {package}")
    _unpack(packages, folder)


def _fetch_alone(package: str, folder: Path) -> None:
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    fetch = ["env", "-C", str(packages), "apt-get", "download", "-qq", package]
    if not (_runs(fetch) or (_runs(["apt-get", "update", "-qq"]) and _runs(fetch))):
        raise RuntimeError(f"no {package} for the bench; it needs Debian's archive: apt-get update && apt-get download {package}")
    _unpack(packages, folder)


def _unpack(packages: Path, folder: Path) -> None:
    for archive in sorted(packages.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "root.new")], check=True)
    (folder / "root.new").rename(folder / "root")
    shutil.rmtree(packages)


def _runs(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
