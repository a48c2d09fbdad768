"""What a call writes to Redis leaves in order, or is dropped for a stated reason."""

import asyncio
from collections.abc import Awaitable, Callable

from common.errors import BusUnavailable, NotOwner
from gateway.outbox import CAPACITY, Outbox
from tests import virtual_clock


def never() -> None:
    """Nobody else has the call."""
    raise AssertionError("not refused")


class Written:
    """Writes that are noted; some fail first."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def write(self, name: str, failures: int = 0, takes_s: float = 0.0) -> Callable[[], Awaitable[None]]:
        left = iter(range(failures))

        async def act() -> None:
            await asyncio.sleep(takes_s)
            if next(left, None) is not None:
                raise BusUnavailable("TimeoutError")
            self.names.append(name)

        return act


def written_by(fill: Callable[[Outbox, Written], None]) -> list[str]:
    """What an outbox wrote that ``fill`` put something into."""
    written = Written()

    async def main() -> None:
        outbox = Outbox("CA1", never)
        fill(outbox, written)
        outbox.close()
        await outbox.run()

    virtual_clock.run(main())
    return written.names


def test_writes_leave_in_the_order_they_came() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put("close_turn", written.write("history of turn 1", takes_s=3))
        outbox.put("publish_asr", written.write("utterance 2"))

    assert written_by(fill) == ["history of turn 1", "utterance 2"]


def test_an_owed_write_is_tried_until_it_is_done() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put("close_turn", written.write("history", failures=5), owed=True)

    assert written_by(fill) == ["history"]


def test_the_history_comes_before_the_next_utterance_however_long_redis_stalls() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put("close_turn", written.write("history of turn 1", failures=20, takes_s=10), owed=True)
        outbox.put("publish_asr", written.write("utterance 2"))

    assert written_by(fill) == ["history of turn 1", "utterance 2"]


def test_another_write_is_given_up_when_redis_is_away() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put("record", written.write("event", failures=1))
        outbox.put("close_turn", written.write("history"))

    assert written_by(fill) == ["history"]


def test_what_is_not_wanted_any_more_is_skipped() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put("publish_asr", written.write("utterance of a turn that is over"), wanted=lambda: False)

    assert written_by(fill) == []


def test_a_full_outbox_drops_and_counts() -> None:
    outbox, written = Outbox("CA1", never), Written()
    for number in range(CAPACITY + 3):
        outbox.put("record", written.write(str(number)))
    assert outbox.dropped == 3


def test_a_full_outbox_drops_what_is_not_owed() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put("record", written.write("event"))
        for number in range(CAPACITY):
            outbox.put("close_turn", written.write(f"history {number}"), owed=True)

    assert written_by(fill) == [f"history {number}" for number in range(CAPACITY)]


def test_an_outbox_full_of_what_is_owed_is_bounded_all_the_same() -> None:
    outbox, written = Outbox("CA1", never), Written()
    for number in range(CAPACITY + 3):
        outbox.put("close_turn", written.write(str(number)), owed=True)
    assert outbox.dropped == 3


def test_a_write_that_comes_later_leaves_too() -> None:
    written = Written()

    async def main() -> None:
        outbox = Outbox("CA1", never)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outbox.run())
            await asyncio.sleep(5)
            outbox.put("record", written.write("late"))
            outbox.close()

    virtual_clock.run(main())
    assert written.names == ["late"]


def test_a_call_that_another_stream_has_is_told_and_writes_nothing_more() -> None:
    written, told = Written(), list[str]()

    async def refused() -> None:
        raise NotOwner("close_turn")

    async def main() -> None:
        outbox = Outbox("CA1", lambda: told.append("refused"))
        outbox.put("one", written.write("one"))
        outbox.put("close_turn", refused, owed=True)
        outbox.put("two", written.write("two"), owed=True)
        outbox.close()
        await outbox.run()

    virtual_clock.run(main())
    assert (written.names, told) == (["one"], ["refused"])


def test_a_write_that_waits_for_redis_ends_once_it_is_not_wanted() -> None:
    written, wanted = Written(), [True]

    async def main() -> None:
        outbox = Outbox("CA1", never)
        outbox.put("take_call", written.write("take_call", takes_s=10.0), owed=True, wanted=lambda: wanted[0])
        outbox.put("record", written.write("record"))
        outbox.close()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outbox.run())
            await asyncio.sleep(1.0)
            wanted.clear()
            wanted.append(False)
            outbox.stop_unwanted()

    virtual_clock.run(main())
    assert written.names == ["record"]


def test_a_write_that_is_wanted_goes_on() -> None:
    written = Written()

    async def main() -> None:
        outbox = Outbox("CA1", never)
        outbox.put("take_call", written.write("take_call", takes_s=10.0), owed=True)
        outbox.close()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outbox.run())
            await asyncio.sleep(1.0)
            outbox.stop_unwanted()

    virtual_clock.run(main())
    assert written.names == ["take_call"]


def test_what_may_wait_is_written_behind_all_others_and_once() -> None:
    def fill(outbox: Outbox, written: Written) -> None:
        outbox.put_last("record", written.write("events"))
        outbox.put("close_turn", written.write("history"))
        outbox.put_last("record", written.write("events"))
        outbox.put("publish_asr", written.write("utterance"))

    assert written_by(fill) == ["history", "utterance", "events"]
