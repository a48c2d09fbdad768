"""Connections to Redis, with the deadlines and retries of the pipeline; the scripts; what an entry looks like.

- A *reader* has one connection of its own, whose time-out is longer than the block of its reads.
- A *writer* answers within 2 s or is in trouble: a free connection, its connecting and the answer share them, and so does
  what an action waits for beside the server; a read has the time for which it blocks on top. What may be done twice is tried
  again for 10 s in all.
- The client itself never retries: its retry turns one write over a stall into two without telling.
- Trouble leaves here as ``BusUnavailable``, whatever the client calls it.
- A script is run by its digest; a server that restarted and forgot it gets it again.
"""

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from redis import DriverInfo, exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from common import metrics, streams
from common.bus import Output
from common.errors import BusUnavailable, ConfigError
from common.messages import Action, Message, encode
from common.redis_connections import StraightPool
from common.streams import Keys

WRITE_LIMIT_S = 2.0
WRITERS = 32
READ_MARGIN_S = 2.0
RETRIES_LIMIT_S = 10.0
CLOSE_LIMIT_S = 0.2
_DRIVER = DriverInfo()
"""What connections tell of themselves. Made once: to find its version the client reads the package's metadata, for each connection anew."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.2
_OUTAGE_LINE_S = 60.0
_REFUSALS = ("MISCONF", "NOREPLICAS", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "UNBLOCKED", "UNSETTLED")
"""Words with which a server, or a script, says that it cannot do it now: its disk is full, it lacks replicas, its cluster is changing."""
_TROUBLE = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ReadOnlyError, exceptions.OutOfMemoryError, OSError)

logger = logging.getLogger("torim.common")

T = TypeVar("T")
Connect = Callable[[str, float, int], "Redis"]
"""Makes a client: URL, seconds that an answer may take, most connections at a time."""

Value = str | bytes | int

TAKES = "redis://[:password@]host:port[/db], rediss://..., unix:///path, or redis+cluster://[:password@]host:port,host:port"


def connect(url: str, answer_limit_s: float, connections: int) -> Redis:
    """A client of a server alone.

    Raises:
        ConfigError: the URL is empty or none.
    """
    try:
        pool = StraightPool.from_url(
            url, max_connections=connections, timeout=answer_limit_s, **patience(answer_limit_s, Retry(NoBackoff(), 0))
        )
        pool.make_connection()  # type: ignore[no-untyped-call]  # it connects later
    except (ValueError, TypeError):  # of an option that there is not a connection says TypeError
        raise ConfigError(f"REDIS_URL: takes {TAKES}") from None
    return Redis.from_pool(pool)


def patience(answer_limit_s: float, retry: object) -> dict[str, Any]:
    """What every client is told of deadlines, with a ``retry`` that makes none."""
    limits = {"socket_timeout": answer_limit_s, "socket_connect_timeout": min(answer_limit_s, WRITE_LIMIT_S)}
    return {**limits, "retry": retry, "protocol": 2, "driver_info": _DRIVER}


class Backoff:
    """Pauses between tries: 20 ms, doubling up to 200 ms."""

    def __init__(self) -> None:
        self._next_s = _FIRST_PAUSE_S

    @property
    def pause_s(self) -> float:
        """The pause to make now; the next one is longer."""
        pause_s, self._next_s = self._next_s, min(2 * self._next_s, _LONGEST_PAUSE_S)
        return pause_s

    def reset(self) -> None:
        """It worked: begin with the short pause again."""
        self._next_s = _FIRST_PAUSE_S


class Outage:
    """What log and metrics hear of a server that is away: its beginning, a line a minute while it lasts, and its end.

    Of a cluster a shard may be away by itself: it begins with the first, and ends with the last.
    """

    def __init__(self, url: str) -> None:
        self._address = without_password(url)
        self._away: set[int] = set()
        self._began_s = self._next_line_s = 0.0

    def lasts(self, trouble: BusUnavailable, now_s: float, shard: int = 0) -> None:
        """It could not be reached."""
        if not self._away:
            self._began_s = self._next_line_s = now_s
        self._away.add(shard)
        metrics.REDIS_AWAY_S.set(now_s - self._began_s)
        if now_s >= self._next_line_s:
            logger.error("what=redis_unreachable REDIS_URL=%s error=%s for_s=%d", self._address, trouble, now_s - self._began_s)
            self._next_line_s = now_s + _OUTAGE_LINE_S

    def over(self, now_s: float, shard: int = 0) -> None:
        """It was reached."""
        if shard in self._away:
            self._away.discard(shard)
            if not self._away:
                metrics.REDIS_AWAY_S.set(0)
                logger.warning("what=redis_reachable REDIS_URL=%s after_s=%.1f", self._address, now_s - self._began_s)


def without_password(url: str) -> str:
    """The address as it may stand in a log line: no user, no password, no query, where a password may be too."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


async def once(action: Callable[[], Awaitable[T]]) -> T:
    """What ``action`` returns; it is tried once, within the client's time-outs: one for each thing that it waits for.

    A cancellation is never lost in it: ``asyncio.wait_for`` of Python 3.11, which a client may use,
    returns a result that is there at the same moment, and forgets that its task was to end.
    """
    task = asyncio.current_task()
    assert task is not None
    cancelled = task.cancelling()
    try:
        answer = await action()
    except _TROUBLE as trouble:
        raise BusUnavailable(_why(trouble)) from trouble
    except RuntimeError as trouble:
        # uvloop's word for a connection that broke before anything was written to it; the client does not know it.
        if not str(trouble).endswith("the handler is closed"):
            raise
        raise BusUnavailable("ConnectionError") from trouble
    except exceptions.ResponseError as refusal:
        if not str(refusal).startswith(_REFUSALS):
            raise
        raise BusUnavailable(str(refusal).split(" ")[0]) from refusal
    if task.cancelling() > cancelled:
        raise asyncio.CancelledError
    return answer


async def promptly(action: Callable[[], Awaitable[T]], limit_s: float = WRITE_LIMIT_S) -> T:
    """What ``action`` returns; it is tried once, and given up after ``limit_s``, whatever it waits for."""

    async def limited() -> T:
        async with asyncio.timeout(limit_s):
            return await action()

    return await once(limited)


async def take_leave(*clients: Redis) -> None:
    """Close their connections. A server that does not take its leave, or a machine that has no time for it, is not waited for."""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await asyncio.gather(*(client.aclose() for client in clients))
    finally:
        for client in clients:
            if isinstance(client.connection_pool, StraightPool):
                client.connection_pool.let_go()


def _why(trouble: BaseException) -> str:
    """In one word what is wrong. Of a certificate that is not believed it says why: that mends itself by no waiting."""
    cause: BaseException | None = trouble
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            why = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else cause.reason
            return f"{type(cause).__name__}({why})".replace(" ", "_")
        cause = cause.__cause__ or cause.__context__
    return type(trouble).__name__


async def insistently(action: Callable[[], Awaitable[T]]) -> T:
    """What ``action`` returns; it may be done twice without harm, and is tried again for 10 s in all."""
    clock, backoff = asyncio.get_running_loop().time, Backoff()
    give_up_at = clock() + RETRIES_LIMIT_S - WRITE_LIMIT_S
    while True:
        try:
            return await promptly(action)
        except BusUnavailable:
            pause_s = backoff.pause_s
            if clock() + pause_s > give_up_at:
                raise
            await asyncio.sleep(pause_s)


@cache
def script_texts() -> Mapping[str, str]:
    """The Lua scripts in ``common/scripts``, by the names of their files, each with the prelude in front."""
    folder = Path(__file__).parent / "scripts"
    prelude = (folder / "prelude.lua").read_text()
    return {path.stem: f"{prelude}\n{path.read_text()}" for path in sorted(folder.glob("*.lua")) if path.stem != "prelude"}


class Scripts:
    """The scripts, run by their digests; a server that does not know one gets its text: it restarted, or was a replica."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = client
        self._texts = script_texts()
        self._digests = {name: hashlib.sha1(text.encode()).hexdigest() for name, text in self._texts.items()}

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Value]) -> Any:
        """The script's answer."""
        try:
            return await self._client.evalsha(self._digests[name], len(keys), *keys, *args)
        except exceptions.NoScriptError:
            return await self._client.eval(self._texts[name], len(keys), *keys, *args)


# What a stream entry looks like

Fields = dict[bytes, bytes]
Entry = tuple[bytes, Fields]


def fields_of(message: Message, audio: bytes) -> dict[Any, Any]:
    """An entry's fields: ``m`` the message, ``a`` the sound where there is any."""
    return {b"m": encode(message), b"a": audio} if audio else {b"m": encode(message)}


def kept_actions(asked: Sequence[Action]) -> bytes:
    """What a reply asks for, as it is kept with its sentences."""
    return msgspec.msgpack.encode(asked) if asked else b""


def entries_of(answer: Any) -> list[Entry]:
    """The entries in the answer to a read of one stream."""
    return [entry for _, entries in answer or () for entry in entries]


def output_keys(keys: Keys, tag: str, outputs: Sequence[Output]) -> list[str]:
    """The stream that each output goes to, and behind them the boot id of the shard, as ``prelude.lua`` wants it."""
    return [*(stream_of(keys, output) for output in outputs), streams.boot(tag)]


def output_args(outputs: Sequence[Output], settling_ms: int) -> list[Value]:
    """What ``prelude.lua`` wants to know of outputs."""
    args: list[Value] = [settling_ms]
    for output in outputs:
        maxlen = streams.REPLIES_MAXLEN if output.to is None else streams.WORK_MAXLEN
        args += [int(output.to is None), maxlen, encode(output.message), output.audio]
    return args


def stream_of(keys: Keys, output: Output) -> str:
    """Where it goes."""
    head = output.message.head
    tag = keys.tag(head.call)
    return streams.replies(tag, head.gateway) if output.to is None else streams.work(tag, output.to)
