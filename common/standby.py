"""Renews what a worker holds while its event loop is too busy to: a thread with a bus of its own.

The loop renews four times a second, and hears with it what became of its entries. A handler that holds the loop up would
lose them to the next worker. So a thread looks for signs of life of the loop, and renews where there are none; what
became of the entries the loop hears by itself once it goes on.

    loop    r . r . r . [ a handler computes ........ ] r . r
    thread  . . . . . . . . R . R . R . R . R . R . R . . . .

Rules:

- Signs are counted, no clock is asked: a process that stood still as a whole missed looks as well as signs, and its loop comes first.
- A loop without a sign of life for as long as a handler may take hangs: its entries are somebody else's then.
- It is the loop's own renewal, with the owner guard: what another worker took over is not taken back.
- Code that does not let go of Python's lock stops this thread, too: a C extension is expected to.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from common.bus import WorkerBus
from common.errors import BusUnavailable
from common.messages import Stage
from common.rhythm import Rhythm
from common.worker_shard import Shard

JOIN_LIMIT_S = 0.5
"""How long the thread is waited for: it may be asking a server that does not answer, and ends with its process in any case."""

logger = logging.getLogger("torim.common")


class SignsOfLife:
    """Whether a loop is too busy, as its signs of life tell whoever looks."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._most_looks = round(rhythm.handler_limit_s / rhythm.look_s)
        self._given = self._seen = 0
        self._looks_without = 0

    def give(self) -> None:
        """For the loop, twice between two looks."""
        self._given += 1

    def missing(self) -> bool:
        """For who looks: whether there was none since the last look, and the loop is not given up yet."""
        given = self._given
        self._looks_without = self._looks_without + 1 if given == self._seen else 0
        self._seen = given
        return 0 < self._looks_without <= self._most_looks


class Standby:
    """One a worker."""

    def __init__(self, make_bus: Callable[[], WorkerBus], stage: Stage, worker: str, shards: Sequence[Shard], rhythm: Rhythm) -> None:
        """``make_bus`` is called in the thread, whose loop its connections belong to."""
        self._make_bus = make_bus
        self._stage: Stage = stage
        self._worker = worker
        self._shards = shards
        self._look_s = rhythm.look_s
        self._signs = SignsOfLife(rhythm)
        self._ended = threading.Event()
        self._told = False
        """Whether the log knows that the thread stands in."""

    async def stand_by(self) -> None:
        """Have the thread look, and give signs of life, until this is cancelled; the thread ends with it."""
        thread = threading.Thread(target=self._look, name="standby", daemon=True)
        thread.start()
        try:
            while True:
                self._signs.give()
                await asyncio.sleep(self._look_s / 2)
        finally:
            self._ended.set()
            await asyncio.to_thread(thread.join, JOIN_LIMIT_S)

    # The thread

    def _look(self) -> None:
        with asyncio.Runner() as runner:
            bus = self._make_bus()
            while not self._ended.wait(self._look_s):
                missing = self._signs.missing()
                self._told = self._told and missing
                if missing:
                    runner.run(self._stand_in(bus))
            runner.run(bus.close())

    async def _stand_in(self, bus: WorkerBus) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for shard in self._shards:
                    group.create_task(self._renew(bus, shard))
        except Exception:
            logger.exception("worker=%s what=standby_failed", self._worker)  # the thread goes on: the next look may do better

    async def _renew(self, bus: WorkerBus, shard: Shard) -> None:
        deliveries = [held.delivery for held in list(shard.held.values())]  # a copy in one step: the loop may change it meanwhile
        if deliveries and not self._told:
            self._told = True
            logger.info("worker=%s what=loop_busy held=%d", self._worker, len(deliveries))
        try:
            await bus.renew(self._stage, self._worker, deliveries, shard.number)
        except BusUnavailable as trouble:
            logger.warning("worker=%s shard=%d what=standby_unreachable error=%s", self._worker, shard.number, trouble)
