"""A call that goes from one gateway to another, or from one stream to the next, over fakeredis and over a real server (R12)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from common import streams
from common.bus import PastTurn
from tests.integration.pipeline import Server
from tests.integration.whole import Caller, Exchange, another_gateway, exchange

GREETING, REPEAT = (0, 0), (0, 1)
TWO_SENTENCES = "this is what is said in turn {turn}. and that comes after it."


@asynccontextmanager
async def two_gateways(server: Server, folder: Path, **settings: str | int) -> AsyncIterator[tuple[Exchange, Exchange]]:
    chosen: dict[str, Any] = {"scripted_llm_reply": TWO_SENTENCES, "language": "en"} | settings
    async with exchange(server, folder, **chosen) as one, another_gateway(server, folder) as other:
        yield one, other


def all_heard(caller: Caller) -> list[tuple[int, int]]:
    """(turn, sentence), phrases included."""
    return [(tone.turn, tone.sentence) for tone in caller.heard]


async def is_over(server: Server) -> bool:
    """Whether the call's hash says so."""
    bus = server.gateway()
    try:
        return await bus.reconnect("CA1") == "over"
    finally:
        await bus.close()


async def answered(caller: Caller) -> None:
    """Hear the whole answer, whichever turn it has."""
    await caller.until(lambda: any(sentence == 1 for _, sentence in caller.sentences))


async def half_answered(house: Exchange) -> Caller:
    """A caller who has heard the first sentence of an answer."""
    caller = house.ring()
    await caller.until(lambda: GREETING in all_heard(caller))
    caller.say()
    await caller.until(lambda: (1, 0) in caller.sentences)
    return caller


def heard_of_answers(caller: Caller) -> list[int]:
    """Which sentences were heard; -1 for a phrase."""
    return [sentence if turn else -1 for turn, sentence in all_heard(caller)]


async def history(server: Server) -> list[PastTurn]:
    bus = server.worker()
    try:
        return await bus.history("CA1")
    finally:
        await bus.close()


# From gateway to gateway


async def test_a_call_that_is_taken_over_while_nobody_speaks_goes_on_without_a_greeting(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path) as (one, other):
        before = one.ring()
        await before.until(lambda: GREETING in all_heard(before))
        after = other.ring(again=1)
        await before.until(lambda: before.line.closed)
        after.say()
        await answered(after)
        after.hang_up()
    assert (all_heard(before), heard_of_answers(after)) == ([GREETING], [0, 1])


async def test_a_question_whose_words_nobody_knows_is_asked_for(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path, scripted_asr_delay_ms=2_000) as (one, other):
        before = one.ring()
        await before.until(lambda: GREETING in all_heard(before))
        before.say()
        await _in_hash(server, b"open")
        after = other.ring(again=1)
        await after.until(lambda: REPEAT in all_heard(after))
        after.hang_up()
    assert all_heard(after) == [REPEAT]


async def test_a_question_whose_words_are_known_is_answered_by_the_other(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path, scripted_llm_first_token_ms=500) as (one, other):
        before = one.ring()
        before.say()
        await _in_hash(server, b"text")
        after = other.ring(again=1)
        await answered(after)
        after.hang_up()
    assert before.sentences == []
    assert heard_of_answers(after) == [0, 1]


async def test_a_question_whose_answer_was_cut_off_is_answered_from_the_start(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path) as (one, other):
        await half_answered(one)
        after = other.ring(again=1)
        await answered(after)
        after.hang_up()
    assert heard_of_answers(after) == [0, 1]


async def test_the_question_is_in_the_history_once(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path) as (one, other):
        await half_answered(one)
        after = other.ring(again=1)
        await answered(after)
        after.say()
        await after.until(lambda: len(after.sentences) > 2)
        after.hang_up()
        await after.until(lambda: after.line.closed)
    assert [past.caller for past in await history(server) if past.caller] == ["utterance of turn 1", "utterance of turn 3"]


async def test_the_gateway_that_lost_a_call_closes_its_line_and_the_call_goes_on(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path) as (one, other):
        before = one.ring()
        await before.until(lambda: GREETING in all_heard(before))
        after = other.ring(again=1)
        await before.until(lambda: before.line.closed)
        assert not await is_over(server)
        after.hang_up()
        await after.until(lambda: after.line.closed)
        assert await is_over(server)


async def test_a_call_goes_back_and_forth(server: Server, tmp_path: Path) -> None:
    async with two_gateways(server, tmp_path) as (one, other):
        callers = [one.ring()]
        await callers[0].until(lambda: GREETING in all_heard(callers[0]))
        for again, house in enumerate((other, one, other), 1):
            callers.append(house.ring(again=again))
            await callers[-2].until(lambda: callers[-2].line.closed)
        callers[-1].say()
        await answered(callers[-1])
        callers[-1].hang_up()
    assert [heard_of_answers(caller) for caller in callers] == [[-1], [], [], [0, 1]]


# From stream to stream of one gateway


async def test_a_second_stream_of_a_call_has_it_and_the_first_closes_in_peace(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, language="en", scripted_llm_reply=TWO_SENTENCES) as house:
        before = house.ring()
        await before.until(lambda: GREETING in all_heard(before))
        after = house.ring()
        await before.until(lambda: before.line.closed)
        after.say()
        await answered(after)
        assert not await is_over(server)
        after.hang_up()
    assert heard_of_answers(after) == [0, 1]


async def test_a_line_that_died_is_taken_up_again_where_it_was(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, greeting="", scripted_llm_reply=TWO_SENTENCES) as house:
        before = house.ring()
        before.say()
        await before.until(lambda: (1, 0) in before.sentences)
        before.lose_line()
        await before.until(lambda: before.line.closed)
        after = house.ring(again=1)
        await answered(after)
        after.hang_up()
    assert heard_of_answers(after) == [0, 1]


async def test_what_a_call_leaves_whose_line_died_and_did_not_come_back_is_gone_soon(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, language="en") as house:
        caller = house.ring()
        await caller.until(lambda: GREETING in all_heard(caller))
        caller.lose_line()
        await caller.until(lambda: caller.line.closed)
        bus = server.gateway()
        lives_s = await bus._links[0].writer.ttl(streams.ALONE.call_hash("CA1"))
        await bus.close()
    assert 0 < lives_s <= streams.CLOSED_CALL_TTL_S


async def _in_hash(server: Server, field: bytes) -> None:
    """Wait until the call's hash has a field."""
    bus = server.gateway()
    found: Any = {}
    while field not in found:
        found = await bus._links[0].writer.hgetall(streams.ALONE.call_hash("CA1"))
    await bus.close()
