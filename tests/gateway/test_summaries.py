"""Calls in words: what a worker is asked, and what comes of its answer."""

import asyncio
from pathlib import Path

import pytest

from common.agents.in_use import InUse, in_use
from common.bus import Delivery
from common.config import Settings
from common.errors import BusUnavailable
from common.messages import Head, Message, Stage, StageFailed, Summarise, Summary
from gateway.summaries import AT_ONCE, LIMIT_S, Summaries
from gateway.turn.events import CloseTurn
from tests.common.agents.files import snapshot
from tests.virtual_clock import run

TURNS = [CloseTurn(0, "replied", "", "Hello!"), CloseTurn(1, "replied", "hours?", "At nine."), CloseTurn(2, "hung_up", "bye", "")]


class Asked:
    """A bus that keeps what is published; only what ``Summaries`` needs of one."""

    def __init__(self, *, away: bool = False) -> None:
        self.kept: list[tuple[str, str]] = []
        self.published: list[tuple[Stage, Message]] = []
        self._away = away

    async def keep_agent(self, call: str, reference: str, data: bytes) -> None:
        self.kept.append((call, reference))

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        if self._away:
            raise BusUnavailable("away")
        self.published.append((stage, message))


def agent(folder: Path) -> InUse:
    return in_use(snapshot(folder), Settings())


def answered(folder: Path, bus: Asked, *answers: Message, turns: list[CloseTurn] = TURNS) -> tuple[str, float]:
    """The summary, and after how long it was there."""

    async def main() -> tuple[str, float]:
        summaries = Summaries(bus, "gw1")  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(summaries.of(agent(folder), turns))
            await asyncio.sleep(1)
            for answer in answers:
                summaries.worker_reported(Delivery("1-0", answer))
        return waiting.result(), loop.time()

    return run(main())


HEAD = Head(call="summaries-gw1", turn=1, gateway="gw1")


def test_a_worker_is_asked_with_what_was_said_and_heard(tmp_path: Path) -> None:
    bus = Asked()
    answered(tmp_path, bus, Summary(head=HEAD, text="x"))
    [(stage, message)] = bus.published
    assert isinstance(message, Summarise)
    assert (stage, message.text) == ("llm", "Bot: Hello!\nCaller: hours?\nBot: At nine.\nCaller: bye")
    assert (message.head.call, message.head.language, message.head.turn) == ("summaries-gw1", "he", 1)


def test_the_worker_finds_the_agent(tmp_path: Path) -> None:
    bus = Asked()
    answered(tmp_path, bus, Summary(head=HEAD, text="x"))
    assert bus.kept == [("summaries-gw1", agent(tmp_path).carried.reference)]


def test_what_the_worker_says_is_the_summary(tmp_path: Path) -> None:
    assert answered(tmp_path, Asked(), Summary(head=HEAD, text="Asked for the hours.")) == ("Asked for the hours.", 1)


def test_an_answer_that_comes_twice_or_to_another_question_does_no_harm(tmp_path: Path) -> None:
    other = Summary(head=Head(call="summaries-gw1", turn=7), text="no")
    answers = (other, Summary(head=HEAD, text="one"), Summary(head=HEAD, text="two"))
    assert answered(tmp_path, Asked(), *answers) == ("one", 1)


def test_where_the_stage_gives_up_there_is_none(tmp_path: Path) -> None:
    assert answered(tmp_path, Asked(), StageFailed(head=HEAD, stage="llm", error="http_500")) == ("", 1)


def test_what_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    assert answered(tmp_path, Asked()) == ("", LIMIT_S)


def test_without_redis_there_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert answered(tmp_path, Asked(away=True)) == ("", 1)
    assert caplog.messages == ["agent=clinic what=no_summary error=BusUnavailable"]


def test_of_a_call_without_words_nobody_is_asked(tmp_path: Path) -> None:
    bus = Asked()
    assert (answered(tmp_path, bus, turns=[CloseTurn(1, "hung_up", "", "")])[0], bus.published) == ("", [])


def test_rules_sum_nothing_up_so_they_are_not_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bus = Asked()
    summaries = Summaries(bus, "gw1", model=False)  # type: ignore[arg-type]
    assert (run(summaries.of(agent(tmp_path), TURNS)), bus.published, caplog.messages) == ("", [], [])


def test_of_many_calls_that_end_at_once_the_stage_has_only_some_and_none_waits_longer_for_it(tmp_path: Path) -> None:
    bus = Asked()

    async def main() -> tuple[int, float]:
        summaries = Summaries(bus, "gw1")  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as tasks:
            for _ in range(3 * AT_ONCE):
                tasks.create_task(summaries.of(agent(tmp_path), TURNS))
            await asyncio.sleep(1)
            at_once = len(bus.published)
        return at_once, asyncio.get_running_loop().time()

    assert run(main()) == (AT_ONCE, LIMIT_S)


def test_one_that_is_answered_makes_room_for_the_next(tmp_path: Path) -> None:
    bus = Asked()

    async def main() -> list[str]:
        summaries = Summaries(bus, "gw1")  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(summaries.of(agent(tmp_path), TURNS)) for _ in range(AT_ONCE + 1)]
            for number in range(1, AT_ONCE + 2):
                await asyncio.sleep(1)
                summaries.worker_reported(Delivery("1-0", Summary(head=Head(call="summaries-gw1", turn=number), text=str(number))))
        return [each.result() for each in waiting]

    assert run(main()) == [str(number) for number in range(1, AT_ONCE + 2)]
