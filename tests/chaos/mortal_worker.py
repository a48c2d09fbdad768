"""``python -m tests.chaos.mortal_worker STAGE SEED``: a worker on a bus that can be told to kill it (kill -9), or to stop it.

    USR1, RTMIN   die, or stop, at the next entry that it gets: it was read, and nothing else was done
    USR2, RTMAX   at its next commit: before it, while it is on its way to Redis, or when Redis did it and nobody knows

These moments are too short to be hit from outside. An entry's workers are struck once: one that holds a second delivery lives on.
What it makes can be told by ear, as what its fellow makes (``marked_worker.py``). Beside that it is as the real one; the real code has
no such doors.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, cast

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
from tests.chaos.deaths import NO_ORDER, ORDERS, Halt, How, is_a_turn
from tests.chaos.marked_worker import mark
from tts_worker.vendors import VENDORS as TTS_VENDORS
from tts_worker.worker import TtsWorker

_MOMENTS = ("before", "within", "after")
_ON_ITS_WAY_S = 0.003
_REGISTRIES = {"asr": ASR_VENDORS, "llm": LLM_VENDORS, "tts": TTS_VENDORS}


class MortalBus(RedisWorkerBus):
    """A worker's bus over Redis, at which the worker may die, or stand still."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(url)
        self.order: tuple[str, How] | None = None
        """The phase in which to halt at the next chance, and how."""
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
        if delivery is not None and self._is_struck("reading", delivery):
            self._halt("read", stage, delivery)
        return delivery

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Acknowledge and send the outputs."""
        if not self._is_struck("commit", delivery):
            return await super().commit(stage, delivery, outputs, reply)
        moment = self._random.choice(_MOMENTS)
        if moment == "before":
            self._halt(moment, stage, delivery)
        committing = asyncio.get_running_loop().create_task(super().commit(stage, delivery, outputs, reply))
        if moment != "before":
            await asyncio.wait([committing], timeout=None if moment == "after" else self._random.uniform(0, _ON_ITS_WAY_S))
            self._halt(moment, stage, delivery)
        return await committing

    def _is_struck(self, phase: str, delivery: Delivery) -> bool:
        ordered = self.order is not None and self.order[0] == phase
        return ordered and delivery.attempt == 1 and is_a_turn(delivery.message) and not self._again

    def _halt(self, moment: str, stage: Stage, delivery: Delivery) -> None:
        """Die as ordered, or stand still until somebody lets this process go on."""
        assert self.order is not None, "nobody halts unasked"
        (phase, how), self.order = self.order, None
        head = delivery.message.head
        os.write(sys.stdout.fileno(), f"\n{Halt(how, phase, moment, stage, head.call, head.turn)}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL if how == "DIES" else signal.SIGSTOP)


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
    for order, number in (*ORDERS.items(), (None, NO_ORDER)):
        loop.add_signal_handler(number, partial(setattr, bus, "order", order))
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
    mark()
    return service.run(f"{stage}_worker", partial(_work, stage, seed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
