"""What every bus keeps of tools with effects (R11): once, in a committed turn, and never forgotten by raising it."""

import asyncio

import msgspec
import pytest_asyncio

from common.bus import Output, PastTurn, ToolRun, ToolStart, TurnClosed
from common.messages import ToolEnded, ToolStarted
from tests.contract.house import CALL, GATEWAY, House, head, next_reply, transcript, until

RUN = ToolRun(id="a", turn=1, entry="1-0", name="book", arguments='{"at":"ten"}', started_s=100.0, timeout_s=5.0)
STARTED = ToolStart("started")


def told(message: ToolStarted | ToolEnded) -> list[Output]:
    return [Output(None, message)]


def started(turn: int = 1) -> ToolStarted:
    return ToolStarted(head=head(turn), name="book", timeout_s=5.0, effects=True)


def again(**changes: object) -> ToolRun:
    """The same call of the tool, wished for once more."""
    return msgspec.structs.replace(RUN, id="b", entry="2-0", **changes)


async def reach_turn(house: House, turn: int, *, committed: bool = True) -> None:
    """End the turns before, and commit this one."""
    await house.gateway.close_turn(CALL, TurnClosed(turn - 1, "replied"), house.fence)
    if committed:
        await house.gateway.commit_turn(CALL, turn, "", house.fence)


async def tools_of(house: House) -> list[ToolRun]:
    return [run for past in await house.two.history(CALL) for run in past.tools]


# Whether it may run


async def test_a_tool_starts_in_a_committed_turn(a_house: House) -> None:
    await reach_turn(a_house, 1)
    assert await a_house.one.tool_start(CALL, RUN, []) == STARTED


async def test_a_draft_starts_no_tool(a_house: House) -> None:
    await reach_turn(a_house, 1, committed=False)
    assert await a_house.one.tool_start(CALL, RUN, []) == ToolStart("uncommitted")


async def test_a_draft_that_is_committed_starts_it(a_house: House) -> None:
    await reach_turn(a_house, 1, committed=False)
    await a_house.one.tool_start(CALL, RUN, [])
    await a_house.gateway.commit_turn(CALL, 1, "", a_house.fence)
    assert await a_house.one.tool_start(CALL, RUN, []) == STARTED


async def test_a_draft_that_was_raised_past_starts_no_tool(a_house: House) -> None:
    await reach_turn(a_house, 1, committed=False)
    await a_house.one.tool_start(CALL, RUN, [])
    await reach_turn(a_house, 2)
    assert await a_house.one.tool_start(CALL, RUN, []) == ToolStart("stale")


async def test_a_turn_that_is_not_reached_starts_no_tool(a_house: House) -> None:
    assert await a_house.one.tool_start(CALL, RUN, []) == ToolStart("uncommitted")


async def test_a_turn_that_is_raised_past_between_looking_and_starting_starts_no_tool(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.gateway.publish("llm", transcript(turn=1))
    delivery = await until(lambda: a_house.one.take("llm", "one"))
    assert not await a_house.one.done("llm", delivery)
    await reach_turn(a_house, 2)
    assert await a_house.one.tool_start(CALL, RUN, []) == ToolStart("stale")


async def test_a_call_that_is_over_starts_no_tool(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.gateway.close_call(CALL, a_house.fence)
    assert await a_house.one.tool_start(CALL, RUN, []) == ToolStart("stale")


async def test_a_call_that_the_server_forgot_starts_no_tool_before_it_is_known_again(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.forget()
    assert await a_house.one.tool_start(CALL, RUN, []) == ToolStart("uncommitted")


# Once


async def test_of_two_deliveries_at_once_one_starts_the_tool(a_house: House) -> None:
    await reach_turn(a_house, 1)
    answers = await asyncio.gather(a_house.one.tool_start(CALL, RUN, []), a_house.two.tool_start(CALL, again(), []))
    assert sorted(answer.answer for answer in answers) == ["known", "started"]


async def test_who_comes_second_hears_of_the_first(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    assert await a_house.two.tool_start(CALL, again(), []) == ToolStart("known", RUN)


async def test_who_comes_second_hears_its_result(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    ended = msgspec.structs.replace(RUN, outcome="done", result="booked")
    await a_house.one.tool_end(CALL, ended, [])
    assert await a_house.two.tool_start(CALL, again(), []) == ToolStart("known", ended)


async def test_the_same_call_in_the_next_turn_is_known(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    await reach_turn(a_house, 2)
    assert await a_house.two.tool_start(CALL, again(turn=2), []) == ToolStart("known", RUN)


async def test_other_arguments_are_another_call(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    assert await a_house.two.tool_start(CALL, again(arguments='{"at":"nine"}'), []) == STARTED


async def test_who_does_not_know_of_a_run_starts_no_other(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [], None, 0)
    other = again(arguments='{"at":"nine"}')
    assert [await a_house.two.tool_start(CALL, other, [], None, known) for known in (0, 1)] == [ToolStart("behind"), STARTED]


async def test_a_start_whose_answer_was_lost_may_be_asked_again(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    assert await a_house.one.tool_start(CALL, RUN, []) == STARTED


# What is told


@pytest_asyncio.fixture
async def listening(a_house: House) -> House:
    """A house whose gateway's stream for replies is there."""
    await a_house.gateway.publish("asr", transcript())
    return a_house


async def test_a_start_is_told_to_the_gateway_with_it(listening: House) -> None:
    await reach_turn(listening, 1)
    await listening.one.tool_start(CALL, RUN, told(started()))
    assert (await next_reply(listening.gateway.replies(GATEWAY))).message == started()


async def test_a_tool_that_may_not_start_is_not_told(listening: House) -> None:
    await reach_turn(listening, 1, committed=False)
    await listening.one.tool_start(CALL, RUN, told(started()))
    await listening.one.send(Output(None, ToolEnded(head=head(1), name="other", ok=True)))
    assert isinstance((await next_reply(listening.gateway.replies(GATEWAY))).message, ToolEnded)


async def test_a_start_that_was_asked_again_is_told_once(listening: House) -> None:
    await reach_turn(listening, 1)
    for _ in range(2):
        await listening.one.tool_start(CALL, RUN, told(started()))
    await listening.one.tool_end(CALL, RUN, told(ToolEnded(head=head(1), name="book", ok=True)))
    replies = listening.gateway.replies(GATEWAY)
    assert [type((await next_reply(replies)).message) for _ in range(2)] == [ToolStarted, ToolEnded]


async def test_a_run_that_failed_gives_its_place_to_one_other(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    failed = msgspec.structs.replace(RUN, outcome="failed", result="closed")
    await a_house.one.tool_end(CALL, failed, [])
    await reach_turn(a_house, 2)
    second, third = (msgspec.structs.replace(again(turn=2), id=id_) for id_ in ("second", "third"))
    assert await a_house.one.tool_start(CALL, second, [], failed) == STARTED
    assert await a_house.two.tool_start(CALL, third, [], failed) == ToolStart("known", second)


# The history


async def test_a_tool_that_runs_stands_in_the_history(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    assert await tools_of(a_house) == [RUN]


async def test_its_result_stands_in_the_history_of_its_turn(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    ended = msgspec.structs.replace(RUN, outcome="done", result="booked")
    await a_house.one.tool_end(CALL, ended, [])
    await a_house.gateway.close_turn(CALL, TurnClosed(1, "replied", "book ten", "Booked."), a_house.fence)
    assert await a_house.two.history(CALL) == [PastTurn(1, "book ten", "Booked.", tools=(ended,))]


async def test_a_result_is_written_though_its_turn_was_raised_past(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    await a_house.gateway.close_turn(CALL, TurnClosed(1, "interrupted", "book ten", ""), a_house.fence)
    ended = msgspec.structs.replace(RUN, outcome="done", result="booked")
    await a_house.one.tool_end(CALL, ended, [])
    assert await a_house.two.history(CALL) == [PastTurn(1, "book ten", "", tools=(ended,))]


async def test_a_superseded_turns_tool_stands_in_the_history_alone(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    await a_house.gateway.close_turn(CALL, TurnClosed(1, "superseded"), a_house.fence)
    assert await a_house.two.history(CALL) == [PastTurn(1, "", "", tools=(RUN,))]


async def test_tools_of_a_turn_stand_in_the_order_of_their_start(a_house: House) -> None:
    await reach_turn(a_house, 1)
    runs = [again(arguments=f"{number}", started_s=float(number)) for number in (3, 1, 2)]
    for number, run in enumerate(runs):
        await a_house.one.tool_start(CALL, msgspec.structs.replace(run, id=str(number)), [])
    assert [run.arguments for run in await tools_of(a_house)] == ["1", "2", "3"]


async def test_a_result_may_come_after_the_call(a_house: House) -> None:
    await reach_turn(a_house, 1)
    await a_house.one.tool_start(CALL, RUN, [])
    await a_house.gateway.close_call(CALL, a_house.fence)
    ended = msgspec.structs.replace(RUN, outcome="done", result="booked")
    await a_house.one.tool_end(CALL, ended, [])
    assert await tools_of(a_house) == [ended]


# What was looked up for a reply


async def found(house: House, turn: int = 1) -> dict[str, str]:
    return dict((await house.two.emitted(CALL, turn)).found)


async def test_who_goes_on_with_a_reply_knows_what_was_found(a_house: House) -> None:
    await a_house.one.keep_found(CALL, 1, "look {}", "מקום פנוי", [])
    await a_house.one.keep_found(CALL, 1, "ask {}", "nothing", [])
    assert await found(a_house) == {"look {}": "מקום פנוי", "ask {}": "nothing"}


async def test_of_what_was_found_twice_the_first_stands(a_house: House) -> None:
    for answer in ("free", "taken"):
        await a_house.one.keep_found(CALL, 1, "look {}", answer, [])
    assert await found(a_house) == {"look {}": "free"}


async def test_what_was_found_is_of_its_turn(a_house: House) -> None:
    await a_house.one.keep_found(CALL, 1, "look {}", "free", [])
    assert await found(a_house, turn=2) == {}


async def test_that_it_was_found_is_told_with_it(listening: House) -> None:
    ended = ToolEnded(head=head(1), name="look", ok=True)
    await listening.one.keep_found(CALL, 1, "look {}", "free", told(ended))
    assert (await next_reply(listening.gateway.replies(GATEWAY))).message == ended


# How often something is looked up


async def test_so_many_different_things_may_be_looked_up_by_whomever(a_house: House) -> None:
    workers = a_house.one, a_house.two
    answers = [await workers[at % 2].may_look(CALL, "find", what, 2) for at, what in enumerate("abacb")]
    assert answers == [True, True, True, False, True]


async def test_each_tool_of_each_call_is_counted_by_itself(a_house: House) -> None:
    asked = [(CALL, "find"), (CALL, "ask"), ("call-2", "find")]
    assert [await a_house.one.may_look(call, name, f"{call} {name}", 1) for call, name in asked] == [True, True, True]
