"""What holds the gateway together."""

from collections.abc import AsyncIterator

import pytest

from common.bus import Delivery
from common.messages import Head, ReplyEnded
from gateway.composition import _connect
from gateway.switchboard import Switchboard
from tests.sim.memory_bus import MemoryBus


def ended(call: str) -> Delivery:
    return Delivery("1-0", ReplyEnded(head=Head(call=call, turn=1), sentences=0))


class FakeBus(MemoryBus):
    """Has two messages."""

    async def replies(self, gateway: str, shard: int = 0) -> AsyncIterator[Delivery]:
        for call in ("bad", "good"):
            yield ended(call)


class FakeBoard(Switchboard):
    """Has a bug that one call meets."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def worker_reported(self, delivery: Delivery) -> None:
        if delivery.message.head.call == "bad":
            raise ValueError("a bug")
        self.heard.append(delivery.message.head.call)


async def test_a_bug_in_what_takes_a_message_costs_that_message_alone(caplog: pytest.LogCaptureFixture) -> None:
    board = FakeBoard()
    await _connect(FakeBus(), "gw1", 0, board)
    assert board.heard == ["good"]
    assert "bug=message message=ReplyEnded call=bad" in caplog.text
