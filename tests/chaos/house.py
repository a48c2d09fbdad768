"""The house under fire: gateways, two workers a stage, each started again when it dies, as supervisord would.

Of the workers of a stage one is what ``make run`` starts, the other the same worker on a bus that
can be told to kill it, or to stop it (``mortal_worker.py``); what they say and sing can be told by ear
(``marked_worker.py``). Each process has a way of its own to Redis, which can be cut; to a
cluster, whose nodes tell their own addresses, all go directly. Gateways have a port each, or share one. Who answers is an agent of a file
(``talk.py``), whose webhooks go to a server of the house's own (``desk.py``). A gateway takes no call that is not signed, and no stream
without a token that was never used.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from common import streams
from common.messages import Stage
from common.redis_shards import is_cluster, keys_of, nodes_of
from common.streams import STAGES, Keys
from common.worker import local_names
from tests.chaos import notes, talk
from tests.chaos.deaths import lives_of
from tests.chaos.desk import Desk, Errand
from tests.chaos.marked_worker import WHO
from tests.chaos.proxy import Proxy
from tests.chaos.talk import MS_PER_CHAR
from tests.cluster import Cluster
from tests.e2e.gateway_process import ROOT, free_port
from tests.servers import RealServer

_VENDORS = {
    "ASR_VENDOR": "scripted",
    "SCRIPTED_ASR_TEXT": "question number {turn}?",
    "SCRIPTED_ASR_DELAY_MS": "250",
    "LLM_VENDOR": "scripted",
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
_AT_ONCE = 1000
_CUT_AT_MOST = 10
_PAUSED_S = 8.0
"""Longer than Redis is ever stopped."""


@dataclass(slots=True, eq=False)
class Post:
    """A place in the house that is always manned."""

    name: str
    module: str
    redis_url: str
    proxy: Proxy | None
    """None: it goes to a cluster."""
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
    number: int = 0
    """Which of its stage's workers it is."""
    starts: int = 0
    stopped: bool = False
    """Whether it is stalled by a signal."""
    shared: int = 0
    """How many gateways have this port, where it is not this one's own."""

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
    store: RealServer | Cluster
    redis: Any = field(init=False)
    """The judge's own way to Redis: it is never cut."""
    keys: Keys = field(init=False)
    posts: list[Post] = field(default_factory=list)
    desk: Desk = field(default_factory=Desk)
    _closing: bool = False

    def __post_init__(self) -> None:
        self.redis, self.keys = _patient(self.store.url), keys_of(self.store.url)

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

    async def open(self, tasks: asyncio.TaskGroup, gateways: int = 2, workers: int = 2, *, one_port: bool = False) -> None:
        """Man every post, for as long as the house is open; returns once calls can come."""
        await self.desk.open()
        self._write_agent()
        port = free_port() if one_port else 0
        for number in range(gateways):
            await self._add(f"gateway_{number}", "gateway", port=port or free_port(), shared=gateways if one_port else 0)
        for stage in STAGES:
            for number in range(workers):
                await self._add(f"{stage}_worker_{number}", _module(stage, number), stage=stage, mortal=number % 2 == 1, number=number)
        for post in self.posts:
            tasks.create_task(self._man(post))
        async with asyncio.timeout(_READY_S):
            while not all(post.ready or post.worker for post in self.posts):  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(_TICK_S)

    def _write_agent(self) -> None:
        self._agents.mkdir()
        (self._agents / "chaos.en.rules.toml").write_text(talk.rules(), encoding="utf-8")
        (self._agents / "chaos.toml").write_text(talk.agent(self.desk.url), encoding="utf-8")

    @property
    def _agents(self) -> Path:
        return self.folder / "agents"

    @property
    def records(self) -> Path:
        """Where gateways keep what happened in their calls."""
        return self.folder / "records"

    @property
    def _notes(self) -> Path:
        return self.folder / "notes.jsonl"

    def errands(self) -> list[Errand]:
        """All that tools did so far."""
        noted = [Errand("note", note.call, note.turn, f"{note.call} {note.turn}") for note in notes.read(self._notes)]
        return [*self.desk.errands, *noted]

    def gone_on_with(self) -> int:
        """How many replies gateways had gone on with, for a Redis that forgot them in their middle."""
        return sum(self.log(post).read_text(encoding="utf-8").count("what=gone_on_with") for post in self.gateways)

    async def _add(self, name: str, module: str, **about: Any) -> None:
        if isinstance(self.store, Cluster):
            self.posts.append(Post(name, module, self.store.url, None, **about))
            return
        proxy = Proxy(Path(self.store.url.removeprefix("unix://")))
        await proxy.start()
        self.posts.append(Post(name, module, proxy.url, proxy, **about))

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
        await self.desk.close()

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
        arguments = [*[str(post.stage)] * post.module.startswith("tests."), *[str(post.starts)] * post.mortal]
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
        here = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "REDIS_URL": post.redis_url, "TORIM_CACHE": str(self.folder / "cache")}
        port = {"PORT": str(post.port), "PUBLIC_URL": self.url(post), "TWILIO_AUTH_TOKEN": talk.AUTH_TOKEN} if post.port else {}
        tools = {"AGENTS_DIR": str(self._agents), talk.SECRET: "s3cret", notes.NOTES: str(self._notes)}
        tools |= {WHO: f"{post.number} {post.starts}"} if post.stage else {"RECORD_DIR": str(self.records)}
        return here | tools | _VENDORS | _SETTINGS | port | ({"GATEWAYS": str(post.shared)} if post.shared else {})

    # -- Who is who -----------------------------------------------------------------------------

    async def _learn_name(self, post: Post) -> None:
        """Wait until the worker beats, and note its name, which has its process's number in it."""
        assert post.stage is not None
        own = streams.worker_alive(local_names(post.stage, post.pid))
        while not post.worker:
            await asyncio.sleep(_TICK_S)
            keys = await self.keys_like(f"{own}*")
            post.worker = keys[0].removeprefix(streams.worker_alive("")) if keys else ""

    async def keys_like(self, pattern: str) -> list[str]:
        """Of all that is in Redis, in order."""
        return sorted([key.decode() async for key in self.redis.scan_iter(pattern, count=_AT_ONCE)])

    async def until_ready(self, gateway: Post) -> None:
        """Wait until it listens, and ``/readyz`` says yes."""
        while lives_of(self.log(gateway)) < gateway.starts:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_TICK_S)
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


def _module(stage: Stage, number: int) -> str:
    if number % 2:
        return "tests.chaos.mortal_worker"
    return "asr_worker" if stage == "asr" else "tests.chaos.marked_worker"


def can_spare(posts: Sequence[Post]) -> bool:
    """Whether one of a stage's workers may be lost: all are at work."""
    return all(post.worker and not post.stopped for post in posts)


def _patient(url: str) -> Any:
    """A client that waits over every restart, and for every new master."""
    patience = Retry(ConstantBackoff(_TICK_S), int(_READY_S / _TICK_S))
    if not is_cluster(url):
        return Redis.from_url(url, socket_timeout=_PAUSED_S, retry=patience)
    return _Cluster.from_url(nodes_of(url)[0], socket_timeout=_PAUSED_S, retry=patience, require_full_coverage=False)


class _Cluster(RedisCluster):
    """A command that finds the cluster down cuts the connections under all others, which their client did not expect: they try again."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The answer."""
        for _ in range(_CUT_AT_MOST):
            with suppress(AttributeError):
                return await super().execute_command(*args, **options)
        raise ConnectionError("its connections are cut again and again")
