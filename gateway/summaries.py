"""Calls in words, as LLM workers sum them up: asked for once a call is over, and waited for not for long.

It is work of no call: it has a name of its own on the bus, so no turn makes it stale and no caller waits for it.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator

from common.agents.in_use import InUse
from common.bus import Delivery, GatewayBus
from common.errors import BusUnavailable
from common.messages import Head, StageFailed, Summarise, Summary
from gateway.turn.events import CloseTurn

LIMIT_S = 20.0
AT_ONCE = 4
"""Of one gateway. Where many calls end at once, by a cut network or a drain, those that go on are answered before them; what is not summed
up in time has no summary."""
_LONGEST = 12_000
"""Letters of what was said; of a longer call its end is summed up."""

logger = logging.getLogger("torim.gateway")


class Summaries:
    """One gateway's."""

    def __init__(self, bus: GatewayBus, gateway: str, *, model: bool = True) -> None:
        """``model``: whether workers have one; rules sum nothing up, and are not asked."""
        self.key = f"summaries-{gateway}"
        """Their name on the bus, where a call has its own."""
        self._bus = bus
        self._gateway = gateway
        self._model = model
        self._asked = 0
        self._room = asyncio.Semaphore(AT_ONCE)
        self._open: dict[int, asyncio.Future[str]] = {}

    async def of(self, agent: InUse, turns: Iterable[CloseTurn]) -> str:
        """The call in words, in the agent's first language; "" if nobody sums it up in time."""
        said = "\n".join(_said(turns))[-_LONGEST:]
        if not said or not self._model:
            return ""
        self._asked += 1
        number, answer = self._asked, asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            async with asyncio.timeout(LIMIT_S), self._room:
                await self._ask(number, agent, said)
                return str(await answer)
        except (TimeoutError, BusUnavailable) as trouble:
            logger.warning("agent=%s what=no_summary error=%s", agent.snapshot.key, type(trouble).__name__)
            return ""
        finally:
            del self._open[number]

    async def _ask(self, number: int, agent: InUse, said: str) -> None:
        carried = agent.carried
        await self._bus.keep_agent(self.key, carried.reference, carried.data)
        language = agent.snapshot.agent.language
        head = Head(call=self.key, turn=number, gateway=self._gateway, language=language, agent=carried.reference)
        await self._bus.publish("llm", Summarise(head=head, text=said))

    def worker_reported(self, delivery: Delivery) -> None:
        """A worker has one, or gave up."""
        message = delivery.message
        answer = self._open.get(message.head.turn)
        if answer is None or answer.done():
            return
        match message:
            case Summary(text=text):
                answer.set_result(text)
            case StageFailed(error=error):
                logger.warning("what=no_summary error=%s", error)
                answer.set_result("")
            case _:
                pass


def _said(turns: Iterable[CloseTurn]) -> Iterator[str]:
    for turn in turns:
        if turn.caller:
            yield f"Caller: {turn.caller}"
        if turn.heard:
            yield f"Bot: {turn.heard}"
