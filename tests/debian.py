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
    folder = _made(cache.expanduser() / folder_name)
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
    folder = _made(cache.expanduser() / folder_name)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "root").exists():
            _fetch_alone(package, folder)
    return folder / "root"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RuntimeError(f"cannot write to {folder}: {error.strerror}; name another folder: TORIM_CACHE=/path") from None
    return folder


def _fetch(package: str, program: str, folder: Path) -> None:
    packages = _emptied(folder)
    (packages / "partial").mkdir()
    fetch = ["apt-get", "install", "--download-only", "--no-install-recommends", "-y", "-qq"]
    fetch += ["-o", f"Dir::Cache::archives={packages}", "-o", "Debug::NoLocking=1", package]
    if complaint := _complaint_of_both(fetch):
        raise RuntimeError(f"no {program} for the tests ({complaint}); type: apt-get update && apt-get install {package}")
    _unpack(packages, folder)


def _fetch_alone(package: str, folder: Path) -> None:
    packages = _emptied(folder)
    if complaint := _complaint_of_both(["env", "-C", str(packages), "apt-get", "download", "-qq", package]):
        raise RuntimeError(
            f"no {package} for the bench ({complaint}); it needs Debian's archive: apt-get update && apt-get download {package}"
        )
    _unpack(packages, folder)


def _emptied(folder: Path) -> Path:
    """Where packages go, without what a fetch that was interrupted left: half a package may be there, of a version that is no more."""
    for left in ("packages", "root.new"):
        shutil.rmtree(folder / left, ignore_errors=True)
    packages = folder / "packages"
    packages.mkdir()
    return packages


def _unpack(packages: Path, folder: Path) -> None:
    for archive in sorted(packages.glob("*.deb")):
        if complaint := _complaint(["dpkg-deb", "-x", str(archive), str(folder / "root.new")]):
            raise RuntimeError(f"{archive.name} cannot be unpacked in {folder} ({complaint})")
    (folder / "root.new").rename(folder / "root")
    shutil.rmtree(packages)


def _complaint_of_both(fetch: list[str]) -> str:
    """What is wrong, if it is fetched neither as it stands nor after a look at what the archive has by now."""
    complaint = _complaint(fetch)
    return _complaint(fetch) if complaint and not _complaint(["apt-get", "update", "-qq"]) else complaint


def _complaint(command: list[str]) -> str:
    """Why the command failed, in its own words: its last error; empty if it did not."""
    if shutil.which(command[0]) is None:
        return f"there is no {command[0]}"
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, text=True, errors="replace")
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines() or [f"{command[0]}: exit code {done.returncode}"]
    return next((line for line in reversed(lines) if line.startswith("E:")), lines[-1])
