"""``python -m tests.bench.load.soak``, or ``make soak``: calls come and go, and what is left behind is counted.

So many places on the line; at each a call of 20-70 s after the other, which says things, is answered, cuts in, and hangs up, in the
middle of anything. Every five seconds the memory of each process is noted, its descriptors, and what is in Redis. What the callers
were answered is counted as well: a house that serves nobody does not grow.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from common import catalogue, models, streams
from common.config import Settings
from common.streams import STAGES
from tests.bench.load import soaked
from tests.bench.load.callers import Callers, Line
from tests.bench.load.ends import ends
from tests.bench.load.left import left_of
from tests.bench.load.processes import descriptors, run, usage
from tests.bench.load.result import new_result
from tests.bench.load.servers import house
from tests.bench.load.soaked import Sample, Served, Soak
from tests.e2e.gateway_process import ROOT
from tests.servers import real_server

_KIND, _NEVER = re.compile(r"CA[0-9a-f]{32}|[0-9a-f]{12,}|(?<=:)\d+"), -1
_EVERY_S, _TOLD_EVERY = 5.0, 12
_REST_S = 30.0
_CALL_S = (20.0, 70.0)
_PAUSE_S = (0.2, 2.0)


class Churn:
    """Calls that come and go."""

    def __init__(self, port: int, places: int, seed: int) -> None:
        self.callers = Callers(port, seed)
        self.lost = 0
        self.served = Served()
        self.ended_at = dict[str, float]()
        """When each call was over."""
        self._places = places
        self._chance = random.Random(seed)
        self._ending = asyncio.Event()

    async def run(self, seconds: float) -> None:
        """So long, and until the last call is over."""
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(self.callers.speak())
            async with asyncio.TaskGroup() as calling:
                for place in range(self._places):
                    calling.create_task(self._call_on(place))
                    await asyncio.sleep(_PAUSE_S[0])
                await asyncio.sleep(seconds)
                self._ending.set()
            speaking.cancel()

    async def _call_on(self, place: int) -> None:
        while not self._ending.is_set():
            line = await self.callers.call(place)
            await self._wait(self._chance.uniform(*_CALL_S))
            self.lost += line.gone
            self._end(line)
            await asyncio.sleep(self._chance.uniform(*_PAUSE_S))

    def _end(self, line: Line) -> None:
        line.hang_up()
        self.ended_at[line.call] = now = time.monotonic()
        self.served = self.served.with_call(line.talker.said, now)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()


async def soak(folder: Path, out: Path, redis_url: str, minutes: float, places: int) -> Soak:
    """One soak; what was seen so far is in ``out`` once a minute, and all of it before the house closes."""
    about = new_result("soak")
    async with AsyncExitStack() as stack:
        around = await stack.enter_async_context(house(folder, redis_url))
        around.link_models()
        server = await stack.enter_async_context(around.gateway(VAD="silero"))
        client = await stack.enter_async_context(Redis.from_url(redis_url))
        processes = {"gateway": server.pid, **{f"{stage}_worker": pid for stage, pid in around.workers.items()}}
        churn, began, samples = Churn(server.port, places, seed=1), time.monotonic(), list[Sample]()

        async def look() -> Sample:
            live = sum(not line.gone for line in churn.callers.lines)
            return await sample(client, processes, time.monotonic() - began, live)

        def so_far(after: Sample) -> Soak:
            known = Soak(about.at, about.machine, places, churn.callers.placed, churn.lost, before, samples, after, about.commit)
            return replace(known, served=churn.served)

        before = await look()
        async with asyncio.TaskGroup() as tasks:
            churning = tasks.create_task(churn.run(60 * minutes))
            while not churning.done():
                samples.append(await look())
                if len(samples) % _TOLD_EVERY == 0:
                    soaked.save(so_far(samples[-1]), out)
                    sys.stderr.write(f"{soaked.in_a_line(samples[-1])}, {churn.callers.placed} placed, {churn.lost} lost\n")
                await asyncio.wait({churning}, timeout=_EVERY_S)
        await asyncio.sleep(_REST_S)
        found = so_far(await look())
        names = [name.decode() async for name in client.scan_iter(count=1000)]
        told = ends(server.log.read_text(encoding="utf-8"))
        found = replace(found, ends=told, left=left_of(names, churn.ended_at, time.monotonic()))
        soaked.save(found, out)
        return found


async def sample(client: "Redis", processes: Mapping[str, int], at_s: float, calls: int) -> Sample:
    """One look."""
    memory = {name: round(usage(pid).memory_mb, 3) for name, pid in processes.items()}
    told: Any = await client.info("memory")
    return Sample(
        at_s=round(at_s, 2),
        calls=calls,
        memory_mb=memory | {"redis": round(told["used_memory"] / 2**20, 3)},
        descriptors={name: descriptors(pid) for name, pid in processes.items()},
        keys=await client.dbsize(),
        endless=await endless(client),
        consumers={stage: len(await client.xinfo_consumers(streams.work("{s0}", stage), streams.GROUP)) for stage in STAGES},
    )


async def endless(client: "Redis") -> dict[str, int]:
    """How many keys of each kind never expire."""
    names = [name async for name in client.scan_iter(count=1000)]
    async with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.ttl(name)
        expiries = await pipe.execute()
    return dict(Counter(_KIND.sub("*", name.decode()) for name, ttl in zip(names, expiries, strict=True) if ttl == _NEVER))


def main() -> int:
    """Soak, tell, draw."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (%(default)s)")
    parser.add_argument("--hours", type=float, help="how long, instead")
    parser.add_argument("--places", type=int, default=20, help="calls at a time (%(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / ".run" / "soak", help="folder for figures and picture (%(default)s)")
    options = parser.parse_args()
    minutes = 60 * options.hours if options.hours else options.minutes
    models.ensure(catalogue.SILERO, Settings().torim_cache)  # rather now than once the house is up
    with real_server() as server, tempfile.TemporaryDirectory(prefix="torim-soak-") as folder:
        found = run(soak(Path(folder), options.out, server.url, minutes, options.places))
    sys.stdout.write("\n".join(soaked.told(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
