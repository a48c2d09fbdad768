"""Workers of every stage as they are in a bad house: they die with work in their hands, or freeze for longer than anybody waits.

Two posts a stage. Who dies is replaced after a while, on the second post sometimes never. A frozen worker does
nothing at the bus, neither work nor renewals, and goes on afterwards as if nothing had been.
"""

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from common.bus import WorkerBus
from common.config import Settings
from common.effects import Effects
from common.messages import Stage
from common.worker import Handler, run_worker
from tests.sim.memory_bus import MemoryBus
from tests.sim.troubles import Troubles

_SLOTS = 4

NewWorker = Callable[[], tuple[Handler, Effects | None]]
"""A worker that has just started: its handler, and its effects."""


class Link:
    """A worker's way to the bus: shut while it is frozen."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._thawed = asyncio.Event()
        self._thawed.set()

    def __getattr__(self, name: str) -> Any:
        """The bus's method; what is asked through it waits while the worker is frozen, and so does the answer."""
        method = getattr(self._bus, name)
        if name in ("news", "server_now_s", "shards"):
            return method

        async def ask(*args: Any, **more: Any) -> Any:
            await self._thawed.wait()
            answer = await method(*args, **more)
            await self._thawed.wait()
            return answer

        return ask

    async def freeze(self, seconds: float) -> None:
        """Do nothing for a while."""
        self._thawed.clear()
        await asyncio.sleep(seconds)
        self._thawed.set()


@dataclass(frozen=True, slots=True)
class Staff:
    """All posts of a house."""

    bus: MemoryBus
    rng: random.Random
    troubles: Troubles
    settings: Settings
    dies: bool
    freezes: bool
    lossless: bool = False
    """Whether only the first post's workers die, and none of them at once after another: two deaths may be too much for a word."""

    async def man(self, stage: Stage, new_worker: NewWorker) -> None:
        """Both posts of a stage, for ever."""
        async with asyncio.TaskGroup() as posts:
            posts.create_task(self._post(stage, "a", new_worker, leaves=0.0, dies=self.dies))
            posts.create_task(self._post(stage, "b", new_worker, leaves=0.3, dies=self.dies and not self.lossless))

    async def _post(self, stage: Stage, post: str, new_worker: NewWorker, leaves: float, *, dies: bool) -> None:
        least_s = 5.0 if self.lossless else 1.0
        for number in itertools.count():
            with suppress(TimeoutError):
                async with asyncio.timeout(self.rng.uniform(least_s, 15.0) if dies else None), asyncio.TaskGroup() as life:
                    link = Link(self.bus)
                    handler, effects = new_worker()
                    bus = cast("WorkerBus", link)
                    life.create_task(
                        run_worker(stage, bus, handler, _SLOTS, self.settings, name=f"{stage}-{post}{number}", effects=effects)
                    )
                    if self.freezes:
                        life.create_task(self._freeze(stage, link))
            away_s = self.rng.choice((0.0, self.rng.uniform(0.0, 4.0)))
            self.troubles.happen(f"{stage} worker died", away_s)
            if self.rng.random() < leaves:
                return
            await asyncio.sleep(away_s)

    async def _freeze(self, stage: Stage, link: Link) -> None:
        while True:
            await asyncio.sleep(self.rng.uniform(1.0, 20.0))
            lasts_s = self.rng.uniform(0.5, 4.0)
            self.troubles.happen(f"{stage} worker froze", lasts_s)
            await link.freeze(lasts_s)
