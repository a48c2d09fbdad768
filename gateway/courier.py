"""Sends what came of calls to their owners' servers: files of a folder, each again until it is taken.

At most ``AT_ONCE`` are on their way, and of these ``TO_ONE_SERVER`` to any one server, so that a server which is slow, or gone, holds up
its own alone. What was never tried comes first. Whichever gateway of this machine finds a file sends it, one at a time by a lock that dies
with its holder. Pauses double from 10 s to an hour; after a day a file is given up. What came twice bears the same ``Idempotency-Key``.
"""

import asyncio
import fcntl
import logging
import os
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx
import msgspec

from common import config, signed_http

AT_ONCE = 16
TO_ONE_SERVER = 2
GIVE_UP_S = 86_400.0
_ANSWER_S = 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10.0, 3600.0

logger = logging.getLogger("torim.gateway")


class Letter(msgspec.Struct):
    """What stands in a file."""

    call: str
    url: str
    secret: str
    """The variable's name."""
    key: str
    content: bytes
    not_before_s: float = 0.0
    """Unix time until which a summary may come."""


@dataclass(slots=True)
class _File:
    """One that lies in the folder."""

    server: str
    at_s: float = 0.0
    """When it is to be tried."""
    pause_s: float = _FIRST_PAUSE_S
    """After that."""
    leaves: bool = False
    """Whether it is on its way."""


class Courier:
    """One gateway's."""

    def __init__(self, folder: Path, wall_clock: Callable[[], float]) -> None:
        self._folder = folder
        self._wall_clock = wall_clock
        self._files: dict[Path, _File] = {}

    async def begin_due(self, tasks: asyncio.TaskGroup) -> int:
        """Begin an attempt for each file whose time has come, as far as there is room; how many are on their way then."""
        found = await asyncio.to_thread(self._found, frozenset(self._files))
        self._files = {path: self._files.get(path) or _File(server) for path, server in found.items()}
        now_s, busy = self._wall_clock(), Counter(file.server for file in self._files.values() if file.leaves)
        for path, file in sorted(self._files.items(), key=lambda each: each[1].at_s):
            if busy.total() >= AT_ONCE or file.at_s > now_s:
                break
            if not file.leaves and busy[file.server] < TO_ONE_SERVER:
                busy[file.server] += 1
                file.leaves = True
                tasks.create_task(self._attempt(path, file))
        return busy.total()

    def _found(self, known: Collection[Path]) -> dict[Path, str]:
        """What lies in the folder, and which server it is for; "" where that is known already."""
        return {path: "" if path in known else _server_of(path) for path in sorted(self._folder.glob("*.outcome"))}

    async def _attempt(self, path: Path, file: _File) -> None:
        file.at_s, file.pause_s = self._wall_clock() + file.pause_s, min(2 * file.pause_s, _LONGEST_PAUSE_S)
        try:
            with path.open("rb") as opened:
                await self._send(path, file, opened)
        except FileNotFoundError:
            pass  # another gateway was quicker
        except OSError as trouble:
            logger.error("what=outcome_stuck file=%s error=%s", path.name, trouble.strerror)
        finally:
            file.leaves = False

    async def _send(self, path: Path, file: _File, opened: BinaryIO) -> None:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another gateway is at it
            return
        try:
            letter = msgspec.msgpack.decode(opened.read(), type=Letter)
        except msgspec.DecodeError:
            logger.error("what=outcome_broken file=%s", path.name)
            return
        if letter.not_before_s > self._wall_clock():
            file.at_s, file.pause_s = 0.0, _FIRST_PAUSE_S
            return
        failure = await _post(letter, int(self._wall_clock()))
        given_up = bool(failure) and self._wall_clock() - os.fstat(opened.fileno()).st_mtime > GIVE_UP_S
        if failure:
            logger.warning("call=%s what=%s error=%s", letter.call, "outcome_given_up" if given_up else "outcome_not_taken", failure)
        if not failure or given_up:
            await asyncio.to_thread(path.unlink, missing_ok=True)


def _server_of(path: Path) -> str:
    """Whose server it is for; "" of what cannot be read, which tells when it is tried."""
    try:
        return httpx.URL(msgspec.msgpack.decode(path.read_bytes(), type=Letter).url).netloc.decode()
    except (OSError, msgspec.DecodeError, httpx.InvalidURL):
        return ""


async def _post(letter: Letter, now_s: int) -> str:
    """Why it was not taken; "" if it was."""
    secret = config.secret(letter.secret)
    if not secret:
        return "no_secret"
    try:
        request = signed_http.request("POST", httpx.URL(letter.url), letter.content, secret, now_s, {"Idempotency-Key": letter.key})
        async with asyncio.timeout(_ANSWER_S), signed_http.client() as http:
            response = await http.send(request, stream=True)
            await response.aclose()
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return type(error).__name__
    return "" if response.is_success else f"http_{response.status_code}"
