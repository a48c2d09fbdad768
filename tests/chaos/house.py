"""The house under fire: two gateways, two workers a stage, each started again when it dies, as supervisord would.

Of the workers of a stage one is the process that ``make run`` starts, the other the same worker on a bus that
can be told to kill it (``mortal_worker.py``). Each process has a way of its own to Redis, which can be cut.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from common import streams
from common.messages import Stage
from common.streams import STAGES
from common.worker import local_names
from tests.chaos.proxy import Proxy
from tests.e2e.gateway_process import ROOT, free_port
from tests.servers import RealServer

REPLY = "this begins answer {turn}. here it goes on about {turn}. and so it ends for turn {turn}."
MS_PER_CHAR = 30
_VENDORS = {
    "ASR_VENDOR": "scripted",
    "SCRIPTED_ASR_TEXT": "question number {turn}?",
    "SCRIPTED_ASR_DELAY_MS": "250",
    "LLM_VENDOR": "scripted",
    "SCRIPTED_LLM_REPLY": REPLY,
    "SCRIPTED_LLM_FIRST_TOKEN_MS": "200",
    "SCRIPTED_LLM_TOKENS_PER_S": "25",
    "TTS_VENDOR": "tone",
    "TONE_FIRST_AUDIO_MS": "150",
    "TONE_REAL_TIME_FACTOR": "0.3",
    "TONE_MS_PER_CHAR": str(MS_PER_CHAR),
}
"""Each under the 350 ms for which the house's promise holds, long enough to be aimed at, and faster than speech."""
_SETTINGS = {"LANGUAGE": "en", "VAD": "webrtc"}
_READY_S = 60.0
_END_S = 8.0
_TICK_S = 0.05
_PAUSED_S = 8.0
"""Longer than Redis is ever stopped."""


@dataclass(slots=True, eq=False)
class Post:
    """A place in the house that is always manned."""

    name: str
    module: str
    proxy: Proxy
    stage: Stage | None = None
    """None: a gateway."""
    mortal: bool = False
    port: int = 0
    """Of a gateway."""
    worker: str = ""
    """The worker's name in Redis, once it is known; "": it is not at work."""
    process: asyncio.subprocess.Process | None = None
    ready: bool = False
    """Whether calls may come to this gateway."""
    starts: int = 0
    stopped: bool = False
    """Whether it is stalled by a signal."""

    @property
    def pid(self) -> int:
        """Of the process that runs; 0: none does."""
        return self.process.pid if self.process is not None and self.process.returncode is None else 0

    def send(self, number: signal.Signals) -> None:
        """A signal, if there is still a process."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    @property
    def memory_mb(self) -> float:
        """What it has of the machine's memory (RSS)."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        except OSError:
            return 0.0


@dataclass(slots=True)
class House:
    """All processes."""

    folder: Path
    server: RealServer
    redis: "Redis" = field(init=False)
    """The judge's own way to Redis: it is never cut."""
    posts: list[Post] = field(default_factory=list)
    _closing: bool = False

    def __post_init__(self) -> None:
        patience = Retry(ConstantBackoff(_TICK_S), int(_READY_S / _TICK_S))  # over every restart
        self.redis = Redis.from_url(self.server.url, socket_timeout=_PAUSED_S, retry=patience)

    @property
    def gateways(self) -> list[Post]:
        return [post for post in self.posts if post.stage is None]

    def workers(self, stage: Stage) -> list[Post]:
        """The posts of a stage."""
        return [post for post in self.posts if post.stage == stage]

    def url(self, gateway: Post) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{gateway.port}"

    # -- From its start to its end --------------------------------------------------------------

    async def open(self, tasks: asyncio.TaskGroup, gateways: int = 2, workers: int = 2) -> None:
        """Man every post, for as long as the house is open; returns once calls can come."""
        for number in range(gateways):
            await self._add(Post(f"gateway_{number}", "gateway", Proxy(self._socket), port=free_port()))
        for stage in STAGES:
            for number in range(workers):
                mortal = number % 2 == 1
                module = "tests.chaos.mortal_worker" if mortal else f"{stage}_worker"
                await self._add(Post(f"{stage}_worker_{number}", module, Proxy(self._socket), stage, mortal))
        for post in self.posts:
            tasks.create_task(self._man(post))
        async with asyncio.timeout(_READY_S):
            while not all(post.ready or post.worker for post in self.posts):  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(_TICK_S)

    @property
    def _socket(self) -> Path:
        return Path(self.server.url.removeprefix("unix://"))

    async def _add(self, post: Post) -> None:
        await post.proxy.start()
        self.posts.append(post)

    async def close(self) -> None:
        """INT to every process."""
        self._closing = True
        processes = [post.process for post in self.posts if post.process is not None]
        for post in self.posts:
            post.send(signal.SIGCONT)
            post.send(signal.SIGINT)
        try:
            async with asyncio.timeout(_END_S):
                await asyncio.gather(*(process.wait() for process in processes))
        except TimeoutError:
            for post in self.posts:
                post.send(signal.SIGKILL)
        await self.redis.aclose()

    async def _man(self, post: Post) -> None:
        """Start it whenever it ended."""
        while not self._closing:
            await self._start(post)
            assert post.process is not None
            async with asyncio.TaskGroup() as tasks:
                learning = tasks.create_task(self._learn_name(post) if post.stage else self.until_ready(post))
                await post.process.wait()
                learning.cancel()
            post.worker, post.ready = "", False

    async def _start(self, post: Post) -> None:
        arguments = [post.stage, str(post.starts)] if post.stage and post.mortal else []
        with self.log(post).open("ab") as log:
            post.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tools.lifeline", post.module, *arguments),
                cwd=ROOT,
                env=self._environment(post),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C for the judge is not one for the house
            )
        post.starts += 1

    def log(self, post: Post) -> Path:
        """What it wrote, over all its lives."""
        return self.folder / f"{post.name}.log"

    def _environment(self, post: Post) -> dict[str, str]:
        here = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "REDIS_URL": post.proxy.url, "TORIM_CACHE": str(self.folder / "cache")}
        return here | _VENDORS | _SETTINGS | ({"PORT": str(post.port)} if post.port else {})

    # -- Who is who -----------------------------------------------------------------------------

    async def _learn_name(self, post: Post) -> None:
        """Wait until the worker beats, and note its name, which has its process's number in it."""
        assert post.stage is not None
        own = streams.worker_alive(local_names(post.stage, post.pid))
        while not post.worker:
            await asyncio.sleep(_TICK_S)
            keys: Any = await self.redis.keys(f"{own}*")
            post.worker = keys[0].decode().removeprefix(streams.worker_alive("")) if keys else ""

    async def until_ready(self, gateway: Post) -> None:
        """Wait until its ``/readyz`` says yes."""
        async with httpx.AsyncClient() as client:
            while not await self._is_ready(client, gateway):  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(_TICK_S)
            gateway.ready = True

    async def _is_ready(self, client: httpx.AsyncClient, gateway: Post) -> bool:
        try:
            return (await client.get(f"{self.url(gateway)}/readyz", timeout=5)).is_success
        except httpx.TransportError:
            return False

    def memory_mb(self) -> dict[str, float]:
        """Of every process."""
        return {post.name: round(post.memory_mb, 1) for post in self.posts}


def can_spare(posts: Sequence[Post]) -> bool:
    """Whether one of a stage's workers may be lost: all are at work."""
    return all(post.worker and not post.stopped for post in posts)


def hostname() -> str:
    """This machine, for the report."""
    return socket.gethostname()
