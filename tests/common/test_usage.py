"""Bills of vendors' clients: what is added up, and who is told."""

import asyncio
from functools import partial

import pytest

from common import usage
from common.bus import Delivery, Output, WorkerBus
from common.errors import BusUnavailable, VendorError
from common.messages import Head, Message, Use, Used, Utterance

HEAD = Head(call="CA1", turn=1, gateway="gw1")
PROBE = Delivery("1-0", Utterance(head=HEAD, utterance=1, piece="probe"), b"")
USE = Use(vendor="v", model="m", seconds=1)


class FakeBus:
    """Takes what is sent, or can't."""

    def __init__(self, *, away: bool = False) -> None:
        self.sent: list[Message] = []
        self._away = away

    async def send(self, output: Output) -> bool:
        if self._away:
            raise BusUnavailable("away")
        self.sent.append(output.message)
        return True


async def ask_and(delivery: Delivery, bus: WorkerBus, then: Exception | None = None) -> None:
    with usage.asked("v", "m", seconds=1):
        pass
    if then is not None:
        raise then


def test_a_request_that_was_answered_is_billed_with_what_was_told() -> None:
    with usage.collected() as uses, usage.asked("v", "m", seconds=1) as bill:
        bill.output_tokens = 4
    assert uses == [Use(vendor="v", model="m", seconds=1, output_tokens=4)]


def test_a_request_that_failed_before_its_answer_costs_nothing() -> None:
    with usage.collected() as uses, pytest.raises(VendorError), usage.asked("v", "m"):
        raise VendorError("v", "http_500", retryable=True)
    assert uses == []


def test_an_answer_that_broke_off_is_billed() -> None:
    def half() -> None:
        with usage.asked("v", "m", characters=5) as bill:
            bill.answered = True
            raise VendorError("v", "half_stream", retryable=True)

    with usage.collected() as uses, pytest.raises(VendorError):
        half()
    assert uses == [Use(vendor="v", model="m", characters=5)]


def test_a_request_that_nobody_waits_for_any_more_is_billed() -> None:
    with usage.collected() as uses, pytest.raises(asyncio.CancelledError), usage.asked("v", "m", characters=5):
        raise asyncio.CancelledError
    assert len(uses) == 1


def test_what_is_asked_outside_of_an_entry_is_nobodys() -> None:
    with usage.asked("v", "m") as bill:
        bill.characters = 3
    assert bill.use.characters == 3


@pytest.mark.parametrize(("text", "about"), [("", 0), ("Good morning", 3), ("שלום", 2)])
def test_tokens_are_estimated_by_script(text: str, about: int) -> None:
    assert usage.tokens(text) == about


# An entry's uses


async def test_the_gateway_is_told_what_an_entry_used() -> None:
    bus = FakeBus()
    await usage.metered("asr", ask_and)(PROBE, bus)  # type: ignore[arg-type]
    assert bus.sent == [Used(head=HEAD, stage="asr", uses=(USE,), piece="probe")]


async def test_the_gateway_is_told_of_an_attempt_that_failed() -> None:
    bus = FakeBus()
    with pytest.raises(VendorError):
        await usage.metered("asr", partial(ask_and, then=VendorError("v", "half_stream", retryable=True)))(PROBE, bus)  # type: ignore[arg-type]
    assert len(bus.sent) == 1


async def test_the_gateway_is_told_of_work_that_was_stopped() -> None:
    bus, asked = FakeBus(), asyncio.Event()

    async def ask_for_ever(delivery: Delivery, bus: WorkerBus) -> None:
        with usage.asked("v", "m", seconds=1):
            asked.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        task: asyncio.Task[None] = tasks.create_task(usage.metered("asr", ask_for_ever)(PROBE, bus))  # type: ignore[arg-type]
        await asked.wait()
        task.cancel()
    assert (task.cancelled(), len(bus.sent)) == (True, 1)


async def test_an_entry_that_used_nothing_is_not_told_of() -> None:
    async def idle(delivery: Delivery, bus: WorkerBus) -> None: ...

    bus = FakeBus()
    await usage.metered("asr", idle)(PROBE, bus)  # type: ignore[arg-type]
    assert bus.sent == []


async def test_a_redis_that_is_away_loses_it_and_the_work_is_done_all_the_same() -> None:
    await usage.metered("asr", ask_and)(PROBE, FakeBus(away=True))  # type: ignore[arg-type]


async def test_a_task_of_an_entry_is_billed_to_it() -> None:
    async def in_a_task(delivery: Delivery, bus: WorkerBus) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask_and(delivery, bus))

    bus = FakeBus()
    await usage.metered("tts", in_a_task)(PROBE, bus)  # type: ignore[arg-type]
    assert len(bus.sent) == 1
