"""A worker's bus, a fake in one thing: a step of it fails once, before it is done or when its answer is on the way.

Production code has no doors for faults; tests put this in the place of a worker's bus.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from common.bus import Delivery, Emitted, Output
from common.errors import BusUnavailable
from common.messages import Stage
from common.redis_bus import RedisWorkerBus
from common.redis_link import Connect, connect
from common.streams import Pace

Step = Literal["commit", "emit", "send"]
T = TypeVar("T")


@dataclass(slots=True)
class Fault:
    """What fails, once in a house."""

    step: Step
    stage: Stage
    done: bool
    """Whether the step is done, and only its answer lost."""
    first: int = 0
    """How many of these steps are done before."""
    happened: bool = False


class FailingBus(RedisWorkerBus):
    """One a worker; all of a house share the fault."""

    def __init__(self, url: str, fault: Fault, *, pace: Pace | None = None, connect: Connect = connect) -> None:
        super().__init__(url, pace=pace, connect=connect)
        self._fault = fault

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Acknowledge and send the outputs."""
        return await self._may_fail("commit", stage, lambda: RedisWorkerBus.commit(self, stage, delivery, outputs, reply))

    async def emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        """Send a sentence of a reply."""
        return await self._may_fail("emit", stage, lambda: RedisWorkerBus.emit(self, stage, delivery, reply, outputs))

    async def send(self, output: Output) -> bool:
        """Send a piece of sound."""
        return await self._may_fail("send", "tts", lambda: RedisWorkerBus.send(self, output))

    async def _may_fail(self, step: Step, stage: Stage, action: Callable[[], Awaitable[T]]) -> T:
        fault = self._fault
        if fault.happened or (fault.step, fault.stage) != (step, stage):
            return await action()
        if fault.first:
            fault.first -= 1
            return await action()
        fault.happened = True
        if fault.done:
            await action()
        raise BusUnavailable("fault")
