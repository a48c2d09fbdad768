"""Calls through the whole pipeline in one process, over fakeredis and over a real server."""

from pathlib import Path

from tests.integration.pipeline import Server
from tests.integration.whole import exchange

TWO_SENTENCES = "this is what is said in turn {turn}. and that comes after it."


async def test_s08_a_call_is_greeted(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path) as house:
        caller = house.ring()
        await caller.until(lambda: bool(caller.heard))
        caller.hang_up()
    assert [tone.turn for tone in caller.heard] == [0]


async def test_s04_an_utterance_gets_one_reply(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, greeting="", scripted_llm_reply=TWO_SENTENCES) as house:
        caller = house.ring()
        caller.say()
        await caller.until(lambda: (1, 1) in caller.sentences)
        caller.hang_up()
    assert caller.sentences == [(1, 0), (1, 1)]


async def test_s05_an_interrupted_reply_gives_way_to_the_next(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, greeting="", scripted_llm_reply=TWO_SENTENCES) as house:
        caller = house.ring()
        caller.say()
        await caller.until(lambda: (1, 0) in caller.sentences)
        caller.say()
        await caller.until(lambda: (2, 1) in caller.sentences)
        caller.hang_up()
    assert [turn for turn, _ in caller.sentences] in ([1, 2, 2], [1, 1, 2, 2])


async def test_a_goodbye_is_heard_before_the_bot_hangs_up(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, greeting="", scripted_asr_text="goodbye") as house:
        caller = house.ring()
        caller.say()
        await caller.until(lambda: caller.line.closed)
    assert caller.sentences[0] == (1, 0)


async def test_two_calls_are_answered_each_for_itself(server: Server, tmp_path: Path) -> None:
    async with exchange(server, tmp_path, greeting="", scripted_llm_reply=TWO_SENTENCES) as house:
        callers = [house.ring("CA1"), house.ring("CA2")]
        for caller in callers:
            caller.say()
        for caller in callers:
            await caller.until(lambda caller=caller: (1, 1) in caller.sentences)  # type: ignore[misc]
            caller.hang_up()
    assert [caller.sentences for caller in callers] == [[(1, 0), (1, 1)]] * 2
