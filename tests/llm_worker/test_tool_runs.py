"""What may run, and what the model hears of it, over the bus in memory."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import pytest

from common.agents.agent import Limit
from common.bus import Delivery, ToolRun, TurnClosed
from common.effects import LIMIT, Effects
from common.errors import BusUnavailable
from common.messages import Head, ToolEnded, ToolStarted, Transcript
from llm_worker import tool_runs
from llm_worker.tool_runs import RaisedPast, ToolRuns
from llm_worker.tools import Occasion, Tool, ToolFailed
from llm_worker.vendors.base import ToolCall, ToolResult
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run

CALL, GATEWAY = "call-1", "gateway-1"
TURN = 1
T = TypeVar("T")


class Nothing(msgspec.Struct):
    word: str = ""


@dataclass
class Desk:
    """A tool that can be looked at, on a bus with a committed turn 1."""

    takes_s: float = 1.0
    error: Exception | None = None
    bus: MemoryBus = field(default_factory=MemoryBus)
    effects: Effects = field(default_factory=Effects)
    uses: list[tuple[str, float]] = field(default_factory=list)
    """What was used, and when."""
    ended: list[float] = field(default_factory=list)

    group: asyncio.TaskGroup | None = None

    def begin(self, wish: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Something that goes on beside the scene."""
        assert self.group is not None
        return self.group.create_task(wish)

    async def use(self, taken: Nothing, occasion: Occasion) -> str:
        self.uses.append((taken.word, now_s()))
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        self.ended.append(now_s())
        return f"result {taken.word}"

    def runs(self, *, turn: int = TURN, entry: str = "1-0", found: dict[str, str] | None = None, times: int = 1000) -> ToolRuns:
        """The tools of a delivery, each of which may be used so often."""
        head = Head(call=CALL, turn=turn, gateway=GATEWAY, language="en")
        tools = {name: Tool(name, "", Nothing, effects, 5.0, self.use) for name, effects in (("look_up", "none"), ("book", "once"))}  # type: ignore[arg-type]
        given, limits = Delivery(entry, Transcript(head=head, utterance=turn, text="x")), dict.fromkeys(tools, Limit(times=times))
        return ToolRuns(self.bus, given, tools, self.effects, limits, found=found or {})

    async def reach_turn(self, turn: int, *, committed: bool = True) -> None:
        await self.bus.close_turn(CALL, TurnClosed(turn - 1, "interrupted"), 1)
        if committed:
            await self.bus.commit_turn(CALL, turn, "", 1)
            self.effects.committed(CALL, turn)

    async def told(self) -> list[type]:
        """The kinds of what the gateway was told, two of them."""
        replies = self.bus.replies(GATEWAY)
        return [type((await anext(replies)).message) for _ in range(2)]


def now_s() -> float:
    return asyncio.get_running_loop().time()


def call(name: str = "book", arguments: str = '{"word":"a"}') -> ToolCall:
    return ToolCall("c1", name, arguments)


def at(desk: Desk, scene: Callable[[], Awaitable[ToolResult | list[ToolResult] | None]], *, committed: bool = True) -> object:
    """What comes of a scene in which shielded work may run to its end."""

    async def play() -> object:
        await desk.bus.take_call(CALL, GATEWAY, "stream-1", "en")
        await desk.bus.publish("asr", Transcript(head=Head(call=CALL, turn=0, gateway=GATEWAY), utterance=0, text=""))
        await desk.reach_turn(TURN, committed=committed)
        async with asyncio.TaskGroup() as group:
            desk.group = group
            desk.effects.begin(group, lambda: None)
            return await scene()

    return run(play())


def used(desk: Desk, given: ToolCall) -> object:
    return at(desk, lambda: desk.runs().use(given))


# --- What the model hears


@pytest.mark.parametrize("name", ["look_up", "book"])
def test_the_result_is_told(name: str) -> None:
    assert used(Desk(), call(name)) == ToolResult("result a", ok=True)


def test_an_unknown_tool_is_told_with_those_there_are() -> None:
    assert used(Desk(), call("fly")) == ToolResult("error: there is no tool 'fly'; there are: look_up, book", ok=False)


def test_arguments_that_do_not_fit_are_told() -> None:
    result = used(Desk(), call(arguments="{word"))
    assert isinstance(result, ToolResult)
    assert (result.ok, result.text.startswith("error: the arguments are not valid, nothing was done: JSON is malformed")) == (False, True)


def test_garbage_uses_nothing() -> None:
    desk = Desk()
    used(desk, call(arguments="{word"))
    assert desk.uses == []


@pytest.mark.parametrize("name", ["look_up", "book"])
def test_a_tool_that_did_nothing_says_why(name: str) -> None:
    assert used(Desk(error=ToolFailed("closed on Sundays")), call(name)) == ToolResult(
        "error: nothing was done: closed on Sundays", ok=False
    )


@pytest.mark.parametrize(("name", "text"), [("look_up", tool_runs.FAILED), ("book", tool_runs.UNKNOWN)])
def test_a_bug_leaves_open_what_an_effect_did(name: str, text: str) -> None:
    assert used(Desk(error=KeyError("x")), call(name)) == ToolResult(text, ok=False)


def test_a_bugs_own_words_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "torim")
    used(Desk(error=KeyError("Dana")), call("look_up"))
    assert ("error=KeyError" in caplog.text, "Dana" in caplog.text) == (True, False)


@pytest.mark.parametrize(("name", "text"), [("look_up", tool_runs.FAILED), ("book", tool_runs.UNKNOWN)])
def test_a_tool_that_takes_too_long_is_broken_off(name: str, text: str) -> None:
    desk = Desk(takes_s=5.1)
    assert (used(desk, call(name)), desk.ended) == (ToolResult(f"{text} It took too long.", ok=False), [])


def test_a_result_of_any_length_is_cut() -> None:
    result = used(Desk(), call(arguments='{"word":"' + "x" * 5000 + '"}'))
    assert isinstance(result, ToolResult)
    assert len(result.text) == 2000


# --- What the gateway hears


@pytest.mark.parametrize("name", ["look_up", "book"])
def test_beginning_and_end_are_told(name: str) -> None:
    desk, kinds = Desk(), list[type]()

    async def scene() -> None:
        await desk.runs().use(call(name))
        kinds.extend(await desk.told())

    at(desk, scene)
    assert kinds == [ToolStarted, ToolEnded]


# --- Drafts


def test_a_draft_looks_things_up_at_once() -> None:
    desk = Desk()
    at(desk, lambda: desk.runs().use(call("look_up")), committed=False)
    assert desk.uses == [("a", 0.0)]


def test_a_draft_acts_once_it_is_committed() -> None:
    desk = Desk()

    async def scene() -> ToolResult:
        wish = desk.begin(desk.runs().use(call()))
        await asyncio.sleep(2)
        await desk.bus.commit_turn(CALL, TURN, "", 1)
        desk.effects.committed(CALL, TURN)
        return await wish

    assert (at(desk, scene, committed=False), desk.uses) == (ToolResult("result a", ok=True), [("a", 2.0)])


def test_a_draft_that_is_raised_past_does_nothing() -> None:
    desk = Desk()

    async def scene() -> None:
        async def go_on_talking() -> None:
            await asyncio.sleep(2)
            await desk.reach_turn(TURN + 1)

        desk.begin(go_on_talking())
        with pytest.raises(RaisedPast):
            await desk.runs().use(call())

    at(desk, scene, committed=False)
    assert desk.uses == []


def test_a_draft_that_nobody_commits_does_nothing() -> None:
    desk = Desk()
    assert (at(desk, lambda: desk.runs().use(call()), committed=False), desk.uses) == (ToolResult(tool_runs.NOT_COMMITTED, ok=False), [])


# --- Once


def test_two_deliveries_at_once_make_one_call() -> None:
    desk = Desk()

    async def scene() -> list[ToolResult]:
        return list(await asyncio.gather(desk.runs(entry="1-0").use(call()), desk.runs(entry="2-0").use(call())))

    assert (at(desk, scene), len(desk.uses)) == ([ToolResult("result a", ok=True)] * 2, 1)


def test_two_deliveries_at_once_do_no_more_than_one_may() -> None:
    desk = Desk()

    async def scene() -> list[ToolResult]:
        wishes = [desk.runs(entry=f"{word}-0", times=1).use(call(arguments=f'{{"word":"{word}"}}')) for word in ("1", "2")]
        return list(await asyncio.gather(*wishes))

    refused = "error: not allowed, nothing was done: it was used 1 times in this call, and may not be again"
    assert (at(desk, scene), len(desk.uses)) == ([ToolResult("result 1", ok=True), ToolResult(refused, ok=False)], 1)


def test_two_deliveries_at_once_do_as_much_as_both_may() -> None:
    desk = Desk()

    async def scene() -> list[ToolResult]:
        wishes = [desk.runs(entry=f"{word}-0", times=2).use(call(arguments=f'{{"word":"{word}"}}')) for word in ("1", "2")]
        return list(await asyncio.gather(*wishes))

    assert at(desk, scene) == [ToolResult(f"result {word}", ok=True) for word in ("1", "2")]


def test_two_deliveries_that_wait_for_the_commit_make_one_call() -> None:
    desk = Desk()

    async def scene() -> None:
        wishes = [desk.begin(desk.runs(entry=entry).use(call())) for entry in ("1-0", "2-0")]
        await asyncio.sleep(1)
        await desk.bus.commit_turn(CALL, TURN, "", 1)
        desk.effects.committed(CALL, TURN)
        await asyncio.wait(wishes)

    at(desk, scene, committed=False)
    assert len(desk.uses) == 1


def test_the_same_words_in_another_spelling_are_the_same_call() -> None:
    desk = Desk()

    async def scene() -> None:
        for arguments in ("{}", '{ "word" : "" }'):
            await desk.runs().use(call(arguments=arguments))

    at(desk, scene)
    assert len(desk.uses) == 1


def test_other_arguments_are_another_call() -> None:
    desk = Desk()

    async def scene() -> None:
        for word in "ab":
            await desk.runs().use(call(arguments=f'{{"word":"{word}"}}'))

    at(desk, scene)
    assert len(desk.uses) == 2


def test_looking_up_again_is_allowed() -> None:
    desk = Desk()

    async def scene() -> None:
        for _ in range(2):
            await desk.runs().use(call("look_up"))

    at(desk, scene)
    assert len(desk.uses) == 2


def test_a_second_delivery_uses_the_result() -> None:
    desk = Desk()

    async def scene() -> ToolResult:
        await desk.runs().use(call())
        return await desk.runs().use(call())

    assert (at(desk, scene), len(desk.uses)) == (ToolResult("result a", ok=True), 1)


def in_later_turns(desk: Desk, *turns: int) -> list[str]:
    """What a model is told that calls the same in turn 1 and in each of these."""
    told: list[str] = []

    async def scene() -> None:
        told.append((await desk.runs().use(call())).text)
        for turn in turns:
            await desk.reach_turn(turn)
            told.append((await desk.runs(turn=turn).use(call())).text)

    at(desk, scene)
    return told


def test_what_did_nothing_is_tried_again_once_the_caller_spoke_again() -> None:
    desk = Desk(error=ToolFailed("closed"))
    assert (in_later_turns(desk, 2, 3), len(desk.uses)) == (["error: nothing was done: closed"] * 3, 3)


def test_what_did_nothing_is_not_tried_again_in_the_same_turn() -> None:
    desk = Desk(error=ToolFailed("closed"))

    async def scene() -> list[ToolResult]:
        return [await desk.runs().use(call()) for _ in range(2)]

    assert (at(desk, scene), len(desk.uses)) == ([ToolResult("error: nothing was done: closed", ok=False)] * 2, 1)


@pytest.mark.parametrize("error", [None, KeyError("x")])
def test_what_was_done_or_may_have_been_is_never_tried_again(error: Exception | None) -> None:
    desk = Desk(error=error)
    assert (len(set(in_later_turns(desk, 2, 3))), len(desk.uses)) == (1, 1)


def known(desk: Desk, *, turn: int = TURN, entry: str = "1-0", ago_s: float = 0.0, later_turn: int | None = None) -> object:
    """What a delivery of entry 1-0 hears of a run that a dead worker left behind."""

    async def scene() -> ToolResult:
        left = ToolRun(id="left", turn=turn, entry=entry, name="book", arguments='{"word":"a"}', started_s=now_s() - ago_s, timeout_s=5.0)
        await desk.bus.tool_start(CALL, left, [])
        if later_turn is not None:
            await desk.reach_turn(later_turn)
        return await desk.runs(turn=later_turn or TURN).use(call())

    return at(desk, scene)


def test_a_second_delivery_without_a_result_does_not_know_the_outcome() -> None:
    desk = Desk()
    assert (known(desk), desk.uses) == (ToolResult(tool_runs.UNKNOWN, ok=False), [])


def test_a_call_that_still_runs_is_refused_in_the_next_turn() -> None:
    desk = Desk()
    assert (known(desk, later_turn=2), desk.uses) == (ToolResult(tool_runs.STILL_RUNS, ok=False), [])


def test_a_call_whose_time_is_up_has_an_unknown_outcome_in_the_next_turn() -> None:
    assert known(Desk(), ago_s=11.0, later_turn=2) == ToolResult(tool_runs.UNKNOWN, ok=False)


def test_another_entrys_worker_that_died_is_not_waited_for_for_ever() -> None:
    assert known(Desk(), entry="2-0") == ToolResult(tool_runs.UNKNOWN, ok=False)


def test_a_run_whose_record_is_gone_has_an_unknown_outcome() -> None:
    desk = Desk()

    async def scene() -> ToolResult:
        await desk.runs().use(call())
        desk.bus.server.store.calls[CALL].tools.clear()
        return await desk.runs().use(call())

    assert at(desk, scene) == ToolResult(tool_runs.UNKNOWN, ok=False)


# --- How often


def words_used(desk: Desk, name: str, *replies: str, times: int) -> list[str]:
    """What a tool was used with that the model of each reply calls with each letter in turn."""

    async def scene() -> None:
        for letters in replies:
            runs = desk.runs(times=times)
            for letter in letters:
                await runs.use(call(name, f'{{"word":"{letter}"}}'))

    at(desk, scene)
    return [word for word, _ in desk.uses]


def test_what_only_looks_something_up_is_used_so_often_in_a_call() -> None:
    assert words_used(Desk(), "look_up", "ab", "cbd", times=2) == ["a", "b", "b"]


def test_what_is_looked_for_in_vain_counts() -> None:
    assert words_used(Desk(error=ToolFailed("wrong")), "look_up", "abc", times=2) == ["a", "b"]


def test_that_it_may_not_look_again_is_told() -> None:
    desk = Desk()

    async def scene() -> list[ToolResult]:
        runs = desk.runs(times=1)
        return [await runs.use(call("look_up", f'{{"word":"{letter}"}}')) for letter in "ab"]

    refused = ToolResult("error: not allowed, nothing was done: it was used 1 times in this call, and may not be again", ok=False)
    assert at(desk, scene) == [ToolResult("result a", ok=True), refused]


def test_an_effect_that_did_nothing_does_not_count_in_its_own_reply_either() -> None:
    desk = Desk(error=ToolFailed("full at that hour"))
    assert words_used(desk, "book", "ab", times=1) == ["a", "b"]


# --- Looked up by an earlier attempt

ASKED = 'look_up {"word":"a"}'


def test_what_an_earlier_attempt_found_is_told_without_looking() -> None:
    desk = Desk()
    told = at(desk, lambda: desk.runs(found={ASKED: "seven"}).use(call("look_up")))
    assert (told, desk.uses) == (ToolResult("seven", ok=True), [])


def test_it_is_told_once_so_that_a_look_behind_an_effect_sees_what_that_changed() -> None:
    desk = Desk()

    async def scene() -> list[ToolResult]:
        runs = desk.runs(found={ASKED: "seven"})
        return [await runs.use(call("look_up")) for _ in range(2)]

    assert at(desk, scene) == [ToolResult("seven", ok=True), ToolResult("result a", ok=True)]


def test_behind_an_effect_of_this_turn_nothing_is_told_that_was_found_before_it() -> None:
    desk = Desk()

    async def scene() -> ToolResult:
        runs = desk.runs(found={ASKED: "free"})
        await runs.use(call("book"))
        return await runs.use(call("look_up"))

    assert at(desk, scene) == ToolResult("result a", ok=True)


def test_what_was_found_is_kept_for_who_goes_on() -> None:
    desk = Desk()
    used(desk, call("look_up"))
    assert run(desk.bus.emitted(CALL, TURN)).found == {ASKED: "result a"}


def test_what_was_not_found_is_looked_for_again() -> None:
    desk = Desk(error=ToolFailed("closed"))
    used(desk, call("look_up"))
    assert run(desk.bus.emitted(CALL, TURN)).found == {}


# --- Shielded


def interrupted_after(desk: Desk, seconds: float, name: str) -> None:
    async def scene() -> None:
        wish = desk.begin(desk.runs().use(call(name)))
        await asyncio.sleep(seconds)
        await desk.reach_turn(TURN + 1)
        wish.cancel()

    at(desk, scene)


def test_an_interruption_does_not_stop_a_tool_with_effects() -> None:
    desk = Desk()
    interrupted_after(desk, 0.5, "book")
    assert desk.ended == [1.0]


def test_an_interruption_stops_one_without() -> None:
    desk = Desk()
    interrupted_after(desk, 0.5, "look_up")
    assert desk.ended == []


def test_a_result_that_comes_after_the_interruption_is_in_the_history() -> None:
    desk = Desk()
    interrupted_after(desk, 0.5, "book")
    past = run(desk.bus.history(CALL))
    assert [(turn.turn, tool.outcome, tool.result) for turn in past for tool in turn.tools] == [(TURN, "done", "result a")]


def test_there_is_a_limit_to_what_is_done_at_once() -> None:
    desk = Desk()

    async def scene() -> ToolResult:
        full = [desk.begin(desk.effects.shielded(lambda: asyncio.sleep(1))) for _ in range(LIMIT)]
        await asyncio.sleep(0)
        result = await desk.runs().use(call())
        await asyncio.wait(full)
        return result

    assert (at(desk, scene), desk.uses) == (ToolResult(tool_runs.BUSY, ok=False), [])


# --- Trouble with the bus


def test_a_start_that_could_not_be_asked_for_fails_the_attempt() -> None:
    desk = Desk()

    async def scene() -> None:
        desk.bus.unreachable = True
        with pytest.raises(BusUnavailable):
            await desk.runs().use(call())

    at(desk, scene)
    assert desk.uses == []


def test_a_result_that_could_not_be_written_is_told_all_the_same() -> None:
    desk = Desk()

    async def scene() -> ToolResult:
        wish = desk.begin(desk.runs().use(call()))
        await asyncio.sleep(0.5)
        desk.bus.unreachable = True
        return await wish

    assert at(desk, scene) == ToolResult("result a", ok=True)
