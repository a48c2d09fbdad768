"""``python -m tests.chaos.mortal_worker STAGE SEED``: a worker on a bus that can be told to kill it (kill -9).

    USR1    at the next entry that it gets: it was read, and nothing else was done
    USR2    at its next commit: before it, while it is on its way to Redis, or when Redis did it and nobody knows

These moments are too short to be hit from outside. Nothing else is different from ``python -m <stage>_worker``; the real
code has no such doors. An entry's workers die once: one that holds a second delivery lives on.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Collection, Coroutine, Sequence
from functools import partial
from typing import Any, NoReturn, cast

from asr_worker.vendors import VENDORS as ASR_VENDORS
from asr_worker.worker import AsrWorker
from common import service
from common.bus import Delivery, Emitted, Output, Renewal
from common.config import Settings
from common.effects import Effects
from common.messages import Stage
from common.redis_bus import RedisWorkerBus
from common.vendors import choose_vendors
from common.worker import Handler, run_worker
from llm_worker.built_in import tools_of
from llm_worker.vendors import VENDORS as LLM_VENDORS
from llm_worker.worker import LlmWorker
from tests.chaos.deaths import Death, is_a_turn
from tts_worker.vendors import VENDORS as TTS_VENDORS
from tts_worker.worker import TtsWorker

_MOMENTS = ("before", "within", "after")
_ON_ITS_WAY_S = 0.003
_REGISTRIES = {"asr": ASR_VENDORS, "llm": LLM_VENDORS, "tts": TTS_VENDORS}


class MortalBus(RedisWorkerBus):
    """A worker's bus over Redis, at which the worker may die."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(url)
        self.armed = ""
        """The phase in which to die at the next chance."""
        self._random = random.Random(seed)
        self._again: set[str] = set()
        """Entries in its hands that came as a second delivery."""

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        """An entry whose worker fell silent, if there is one."""
        delivery = await super().reclaim(stage, worker, shard, silence_s=silence_s, held=held)
        self._again |= {delivery.id} if delivery is not None else set()
        return delivery

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        """Say that these are still worked on; hear what became of them."""
        self._again &= {delivery.id for delivery in deliveries}
        return await super().renew(stage, worker, deliveries, shard)

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        """The next unread entry."""
        delivery = await super().take(stage, worker, shard, held=held)
        if delivery is not None and self._may_die("reading", delivery):
            _die("reading", "read", stage, delivery)
        return delivery

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Acknowledge and send the outputs."""
        if self._may_die("commit", delivery):
            moment = self._random.choice(_MOMENTS)
            if moment != "before":
                await self._begin(super().commit(stage, delivery, outputs, reply), wholly=moment == "after")
            _die("commit", moment, stage, delivery)
        return await super().commit(stage, delivery, outputs, reply)

    async def _begin(self, committing: Coroutine[Any, Any, bool], *, wholly: bool) -> None:
        """Commit, or get it on its way and wait for no answer."""
        limit_s = None if wholly else self._random.uniform(0, _ON_ITS_WAY_S)
        await asyncio.wait([asyncio.get_running_loop().create_task(committing)], timeout=limit_s)

    def _may_die(self, phase: str, delivery: Delivery) -> bool:
        return self.armed == phase and delivery.attempt == 1 and is_a_turn(delivery.message) and not self._again


def _die(phase: str, moment: str, stage: Stage, delivery: Delivery) -> NoReturn:
    head = delivery.message.head
    os.write(sys.stdout.fileno(), f"\n{Death(phase, moment, stage, head.call, head.turn)}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives it")


def _worker(stage: Stage, settings: Settings) -> tuple[Any, int, Handler, Effects | None]:
    """As each stage's own ``__main__`` has it: vendor, slots, handler, effects."""
    name = choose_vendors(settings)[stage].name
    registered = _REGISTRIES[stage][name]
    vendor = registered.make(settings)
    match stage:
        case "asr":
            return vendor, registered.slots, AsrWorker(vendor, name, settings).handle, None
        case "llm":
            worker = LlmWorker(vendor, name, settings, tools_of(settings))
            return vendor, registered.slots, worker.handle, worker.effects
        case _:
            return vendor, registered.slots, TtsWorker(vendor, name).handle, None


async def _work(stage: Stage, seed: int, settings: Settings, draining: asyncio.Event) -> None:
    vendor, slots, handler, effects = _worker(stage, settings)
    bus, loop = MortalBus(settings.redis_url, seed), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, partial(setattr, bus, "armed", "reading"))
    loop.add_signal_handler(signal.SIGUSR2, partial(setattr, bus, "armed", "commit"))
    try:
        await vendor.warm_up()
        second_bus = partial(RedisWorkerBus, settings.redis_url)
        await run_worker(stage, bus, handler, slots, settings, draining, effects=effects, second_bus=second_bus)
    finally:
        await vendor.close()
        await bus.close()


def main(arguments: Sequence[str]) -> int:
    """Work until killed."""
    stage, seed = cast("Stage", arguments[0]), int(arguments[1])
    return service.run(f"{stage}_worker", partial(_work, stage, seed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
