"""How many steps a second a worker does whose vendor takes no time: what a stage's hop costs where nothing else does."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

from common.messages import Stage
from common.redis_bus import RedisGatewayBus
from common.streams import STAGES
from tests.bench.load.processes import MEASURED_CORE, running, usage
from tests.bench.load.result import Steps
from tests.bench.scaling import GATEWAY, SCRIPTED, Replies, piece, warm
from tests.servers import real_server

_PIECES = 2_000
_AT_ONCE = 48


async def measure_steps(folder: Path) -> list[Steps]:
    """One worker of each stage in turn, alone on its core."""
    return [await _of_stage(stage, folder) for stage in STAGES]


async def _of_stage(stage: Stage, folder: Path) -> Steps:
    environment = {name: str(value) for name, value in SCRIPTED.items()}
    with real_server() as server:
        async with AsyncExitStack() as stack:
            log = folder / f"{stage}_steps.log"
            worker = await stack.enter_async_context(running(MEASURED_CORE, log, f"{stage}_worker", REDIS_URL=server.url, **environment))
            await warm(server.url, 1)
            replies = Replies(RedisGatewayBus(server.url))
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(replies.read())
                took_s, cpu_s = await _drive(replies, stage, worker.pid)
                reading.cancel()
            await replies.bus.close()
    return Steps(stage, _PIECES, round(_PIECES / took_s), round(_PIECES / cpu_s))


async def _drive(replies: Replies, stage: Stage, pid: int) -> tuple[float, float]:
    """Have all pieces done; seconds that it took, and seconds of the worker's CPU."""
    clock, free = asyncio.get_running_loop().time, asyncio.Semaphore(_AT_ONCE)

    async def go_through(call: str) -> None:
        async with free:
            await replies.bus.publish(stage, *piece(stage, call))
            await asyncio.shield(replies.came(call, "end"))

    began_s, before = clock(), usage(pid)
    await asyncio.gather(*(go_through(f"{GATEWAY}-{stage}-{number}-{os.getpid()}") for number in range(_PIECES)))
    return clock() - began_s, usage(pid).cpu_s - before.cpu_s
