"""What more workers bring, and what a hop costs: ``python -m tests.bench.scaling [--docs]``.

**Throughput**: a stage always has a quarter more work than it can do at a time. A piece takes its scripted vendor as long as one far away
might, so a worker does at most its slots a while. Told are pieces a second with 1, 2 and 4 workers, each a process. Only what was done
counts: where something failed, or nothing came of it, the run ends without a row.

**Hops**: one worker a stage, vendors that take no time, utterances of a second that arrive by chance at a rising rate. Told is how long
after its publication the gateway has the transcript (two hops), the first sentence (three) and the first sound (four).

The machine's load is told with it: on a shared one only ratios mean anything.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import quantiles

from redis.asyncio import Redis

from common import streams
from common.messages import Head, Message, ReplyEnded, Sentence, SpeechChunk, Stage, StageFailed, Transcript, Utterance
from common.redis_bus import RedisGatewayBus
from common.streams import STAGES
from tests.bench.kept import Bench, Kept
from tests.e2e.gateway_process import ROOT
from tests.servers import real_server

GATEWAY = "bench"
WORKERS = (1, 2, 4)
RATES = (5, 10, 20, 40, 80)
_ROUNDS = 8
"""So often every slot is filled."""
_MORE = 1.25
"""Pieces on their way for each slot: enough that none waits, and none waits for long."""
_ARRIVALS_S = 10.0
_SECOND = b"\xff" * 8_000
_SLOW = {"SCRIPTED_ASR_DELAY_MS": 500, "SCRIPTED_LLM_FIRST_TOKEN_MS": 1_000, "TONE_FIRST_AUDIO_MS": 500}
"""A worker has four times the slots for a model. What waits behind a full one is begun before it is too late."""
SCRIPTED: dict[str, str | int] = {
    "ASR_VENDOR": "scripted",
    "LLM_VENDOR": "scripted",
    "TTS_VENDOR": "tone",
    "SCRIPTED_LLM_REPLY": "this is one short answer.",
    "SCRIPTED_LLM_TOKENS_PER_S": 100_000,
    "TONE_REAL_TIME_FACTOR": 0,
    "TONE_MS_PER_CHAR": 20,
}
_SLOTS: dict[Stage, int] = {"asr": 16, "llm": 64, "tts": 16}
"""Of the scripted vendors' workers."""
_LIMIT_S = 20.0
_ON_THE_WAY = ("Transcript", "Sentence", "SpeechChunk")
Times = tuple[float, float]
"""p50 and p95, in ms."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """What so many workers of a stage do."""

    stage: Stage
    workers: int
    per_s: float
    times_one: float
    """That to what one worker does."""


@dataclass(frozen=True, slots=True)
class Hops:
    """From the publication of an utterance until something of it is back."""

    per_s: int
    """Utterances."""
    transcript_ms: Times
    sentence_ms: Times
    sound_ms: Times


@dataclass(frozen=True, slots=True)
class Scaling:
    """All of it."""

    throughput: list[Throughput]
    hops: list[Hops]


class Replies:
    """What comes back to the gateway, and when."""

    def __init__(self, bus: RedisGatewayBus) -> None:
        self.bus = bus
        self.failed = set[str]()
        """Calls in which a stage gave up."""
        self._came: dict[tuple[str, str], asyncio.Future[float]] = {}
        """When the first message of a kind came for a call; "end": the last one of all."""

    async def read(self) -> None:
        """Note all that comes, for ever."""
        async for delivery in self.bus.replies(GATEWAY):
            message, call = delivery.message, delivery.message.head.call
            self._note(call, type(message).__name__)
            if isinstance(message, StageFailed):
                self.failed.add(call)
                sys.stderr.write(f"{call}: {message.stage} failed: {message.error}\n")
            if isinstance(message, Transcript | ReplyEnded | StageFailed) or (isinstance(message, SpeechChunk) and message.last):
                self._note(call, "end")

    def _note(self, call: str, kind: str) -> None:
        came = self.came(call, kind)
        if not came.done():
            came.set_result(asyncio.get_running_loop().time())

    def came(self, call: str, kind: str) -> "asyncio.Future[float]":
        """When it came."""
        return self._came.setdefault((call, kind), asyncio.get_running_loop().create_future())


@asynccontextmanager
async def workers(url: str, counts: dict[Stage, int], **settings: str | int) -> AsyncIterator[None]:
    """So many worker processes of each stage, warm."""
    environ = {"PATH": os.defpath, "REDIS_URL": url, **{name: str(value) for name, value in {**SCRIPTED, **settings}.items()}}
    modules = [f"{stage}_worker" for stage, count in counts.items() for _ in range(count)]
    quiet = asyncio.subprocess.DEVNULL
    started = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", module, cwd=ROOT, env=environ, stdout=quiet, stderr=quiet)
        for module in modules
    ]
    try:
        await warm(url, len(modules))
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
            await process.wait()


async def warm(url: str, count: int) -> None:
    """Wait until so many workers beat."""
    async with Redis.from_url(url) as client, asyncio.timeout(_LIMIT_S):
        while len(await client.keys(streams.worker_alive("*"))) < count:  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.05)


def piece(stage: Stage, call: str) -> tuple[Message, bytes]:
    """Something for a stage to do."""
    head = Head(call=call, turn=0, gateway=GATEWAY, language="en")
    match stage:
        case "asr":
            return Utterance(head=head, utterance=1, piece="segment"), _SECOND  # a segment goes no further
        case "llm":
            return Transcript(head=head, utterance=1, text="hello"), b""
        case "tts":
            return Sentence(head=head, text="this is one short answer."), b""


async def throughput(url: str, replies: Replies, stage: Stage, count: int) -> float:
    """Pieces a second that so many workers do."""
    pieces, free = _ROUNDS * count * _SLOTS[stage], asyncio.Semaphore(int(_MORE * count * _SLOTS[stage]))

    async def go_through(call: str) -> None:
        async with free:
            await replies.bus.publish(stage, *piece(stage, call))
            async with asyncio.timeout(_LIMIT_S):
                await replies.came(call, "end")
        if call in replies.failed:
            raise RuntimeError(f"{call}: {stage} failed")

    async with workers(url, {stage: count}, **_SLOW):
        began_s = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as going:
            for number in range(pieces):
                going.create_task(go_through(f"{stage}-{count}-{number}"))
        return pieces / (asyncio.get_running_loop().time() - began_s)


async def hops(replies: Replies, name: str, rate: int) -> Hops:
    """Each place on the way, at so many utterances a second."""
    clock, published, chance = asyncio.get_running_loop().time, dict[str, float](), random.Random(rate)
    ends_s = clock() + _ARRIVALS_S
    async with asyncio.TaskGroup() as publishing:
        while clock() < ends_s:
            call = f"hops-{name}-{len(published)}"
            published[call] = clock()
            message = Utterance(head=Head(call=call, turn=0, gateway=GATEWAY, language="en"), utterance=1)
            publishing.create_task(replies.bus.publish("asr", message, _SECOND))
            await asyncio.sleep(chance.expovariate(rate))
    async with asyncio.timeout(_LIMIT_S):
        return Hops(rate, *[_times([await replies.came(call, kind) - at for call, at in published.items()]) for kind in _ON_THE_WAY])


def _times(spans_s: Sequence[float]) -> Times:
    cuts = quantiles([*spans_s, *spans_s], n=20)
    return round(1000 * cuts[9], 1), round(1000 * cuts[18], 1)


@asynccontextmanager
async def _gateway() -> AsyncIterator[tuple[str, Replies]]:
    """A gateway on a server of its own, since a stage leaves work for the next one."""
    with real_server() as server:
        replies = Replies(RedisGatewayBus(server.url))
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(replies.read())
            yield server.url, replies
            reading.cancel()
        await replies.bus.close()


async def measure() -> Scaling:
    """Throughput, then hops."""
    found = Scaling([], [])
    for stage in STAGES:
        async with _gateway() as (url, replies):
            done = [await throughput(url, replies, stage, count) for count in WORKERS]
        rows = (Throughput(stage, count, round(per_s, 1), round(per_s / done[0], 2)) for count, per_s in zip(WORKERS, done, strict=True))
        found.throughput.extend(rows)
    async with _gateway() as (url, replies), workers(url, dict.fromkeys(STAGES, 1)):
        await hops(replies, "first", RATES[0])  # what connects and loads at first is no hop
        found.hops.extend([await hops(replies, f"{rate}", rate) for rate in RATES])
    return found


def told(kept: Kept[Scaling]) -> Iterator[str]:
    """Both tables."""
    yield f"Measured with `.venv/bin/python -m tests.bench.scaling` on {kept.where}. Each piece takes its vendor half a second,"
    yield "the LLM's one second (first token) in four times the slots:"
    yield ""
    yield _row("pieces a second (to one worker)", *(f"{count} worker{'s'[: count - 1]}" for count in WORKERS))
    yield _rule(1 + len(WORKERS))
    for stage in STAGES:
        of_stage = [each for each in kept.found.throughput if each.stage == stage]
        yield _row(stage.upper(), *(f"{each.per_s:.0f}" + f" ({each.times_one:.2f})" * (each.workers > 1) for each in of_stage))
    yield ""
    yield "Vendors that take no time, one worker a stage; p50 / p95 in ms from the publication of a second of sound, until the gateway"
    yield "has it:"
    yield ""
    yield _row("utterances a second", "transcript (2 hops)", "first sentence (3)", "first sound (4)")
    yield _rule(4)
    for each in kept.found.hops:
        yield _row(str(each.per_s), *(f"{p50:.1f} / {p95:.1f}" for p50, p95 in (each.transcript_ms, each.sentence_ms, each.sound_ms)))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return f"|{'---|' * columns}"


def figures(found: Scaling) -> dict[str, float]:
    """What is compared."""
    done = {f"{each.stage}, {each.workers} workers: pieces a second": each.per_s for each in found.throughput}
    return done | {f"{each.per_s} utterances a second: first sound p50, ms": each.sound_ms[0] for each in found.hops}


BENCH = Bench("scaling", Kept[Scaling], told, figures)

if __name__ == "__main__":
    BENCH.report(lambda: asyncio.run(measure()), BENCH.parser(__doc__).parse_args())
