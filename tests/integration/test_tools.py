"""Tools over Redis (R11): interrupted, drafted, and left behind by a worker that died."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from common.config import Settings
from common.messages import ReplyEnded, ToolEnded, ToolStarted
from llm_worker.built_in import tools_of
from llm_worker.tool_runs import UNKNOWN
from llm_worker.tools import Occasion, Tool, Toolbox
from llm_worker.vendors.base import ToolCall
from llm_worker.vendors.openai import OpenAIModel
from llm_worker.vendors.scripted import ScriptedModel
from tests.integration.pipeline import CALL, LIMIT_S, Pipeline, Server, pipeline
from tests.integration.vendors import Mind
from tests.vendors.openai_server import OpenAIServer, completion, tool_completion

BOOK = ToolCall("c1", "book", '{"at":"ten"}')
LOOK_UP = ToolCall("c1", "look_up", '{"at":"ten"}')


class Booking(msgspec.Struct):
    at: str


class Office:
    """Tools that wait until they may go on, and count."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.booked: list[str] = []
        self.uses = 0

    @property
    def tools(self) -> Toolbox:
        """``book`` has effects, ``look_up`` has none."""
        return {
            "book": Tool("book", "", Booking, "once", 10.0, self._use),
            "look_up": Tool("look_up", "", Booking, "none", 10.0, self._use),
        }

    async def _use(self, booking: Booking, occasion: Occasion) -> str:
        self.uses += 1
        self.begun.set()
        await self.may_end.wait()
        self.booked.append(booking.at)
        return f"booked for {booking.at}"


async def asked(pipe: Pipeline, turn: int = 1, *, committed: bool = True) -> None:
    """The caller's words are at the LLM stage."""
    await pipe.close_turn(turn - 1)
    if committed:
        await pipe.gateway.commit_turn(CALL, turn, "book ten", pipe.fence)
    await pipe.say_text(turn, "book ten")


async def ended(pipe: Pipeline, turn: int) -> None:
    """The reply is complete."""
    await pipe.until(lambda: pipe.all(ReplyEnded, turn) != [])


async def within_limit(wish: Coroutine[Any, Any, Any]) -> None:
    async with asyncio.timeout(LIMIT_S):
        await wish


async def test_a_reply_has_what_its_tool_answered(server: Server) -> None:
    office = Office()
    office.may_end.set()
    async with pipeline(server) as pipe:
        pipe.start_llm(Mind("One moment. ", BOOK, "It is {result}."), office.tools)
        await asked(pipe)
        await ended(pipe, 1)
        assert pipe.texts(1) == ["One moment.", "It is booked for ten."]


async def test_the_gateway_hears_of_beginning_and_end(server: Server) -> None:
    office = Office()
    office.may_end.set()
    async with pipeline(server) as pipe:
        pipe.start_llm(Mind(BOOK, "Done."), office.tools)
        await asked(pipe)
        await ended(pipe, 1)
        told = pipe.all(ToolStarted, 1)[0], pipe.all(ToolEnded, 1)[0]
        assert (told[0].effects, told[0].timeout_s, told[1].ok) == (True, 10.0, True)


# --- Interrupted


async def interrupted(pipe: Pipeline, office: Office, mind: Mind) -> None:
    """The caller interrupts while the tool runs, and asks again in turn 2; the tool still runs."""
    pipe.start_llm(mind, office.tools)
    await asked(pipe)
    await within_limit(office.begun.wait())
    await pipe.close_turn(1, caller="book ten", how="interrupted")
    await pipe.gateway.commit_turn(CALL, 2, "and now?", pipe.fence)
    await pipe.say_text(2, "and now?")


async def test_an_interrupted_tool_ends_and_the_next_prompt_has_its_result(server: Server) -> None:
    office, mind = Office(), Mind(BOOK, "Well.")
    async with pipeline(server) as pipe:
        await interrupted(pipe, office, mind)
        await ended(pipe, 2)
        office.may_end.set()
        await pipe.until(lambda: pipe.all(ToolEnded, 1) != [])
        await asked(pipe, 3)
        await ended(pipe, 3)
        used = mind.prompts[-1].used
        assert ([(each.outcome, each.result) for each in used], office.booked) == ([("done", "booked for ten")], ["ten"])


async def test_an_interrupted_reply_says_nothing(server: Server) -> None:
    office = Office()
    async with pipeline(server) as pipe:
        await interrupted(pipe, office, Mind(BOOK, "Turn {turn}: {result}"))
        await ended(pipe, 2)
        office.may_end.set()
        await pipe.until(lambda: pipe.all(ToolEnded, 1) != [])
        assert pipe.texts(1) == []


async def test_the_next_turn_is_told_that_it_still_runs(server: Server) -> None:
    office, mind = Office(), Mind(BOOK, "Well.")
    async with pipeline(server) as pipe:
        await interrupted(pipe, office, mind)
        await ended(pipe, 2)
        assert [(each.name, each.arguments, each.outcome) for each in mind.prompts[1].used] == [("book", '{"at":"ten"}', "runs")]


async def test_the_same_call_is_refused_while_it_runs(server: Server) -> None:
    office = Office()
    async with pipeline(server) as pipe:
        await interrupted(pipe, office, Mind(BOOK, "{result}"))
        await ended(pipe, 2)
        assert ("still runs" in " ".join(pipe.texts(2)), office.uses) == (True, 1)


# --- A worker that dies: nothing of it is written or handed back


async def test_a_tool_whose_worker_died_is_not_run_again(server: Server) -> None:
    office = Office()
    async with pipeline(server) as pipe:
        first = pipe.start_llm(Mind(BOOK, "{result}"), office.tools)
        await asked(pipe)
        await within_limit(office.begun.wait())
        first.cancel()
        pipe.start_llm(Mind(BOOK, "{result}"), office.tools)
        await ended(pipe, 1)
        assert (office.uses, " ".join(pipe.texts(1))) == (1, UNKNOWN)


async def test_the_model_of_the_second_attempt_knows_what_the_first_began(server: Server) -> None:
    office, second = Office(), Mind("Nobody knows.")
    async with pipeline(server) as pipe:
        first = pipe.start_llm(Mind(BOOK, "{result}"), office.tools)
        await asked(pipe)
        await within_limit(office.begun.wait())
        first.cancel()
        pipe.start_llm(second, office.tools)
        await ended(pipe, 1)
        assert [each.outcome for each in second.prompts[0].used] == ["unknown"]


@pytest.mark.parametrize("call", [BOOK, LOOK_UP], ids=lambda call: call.name)
async def test_a_second_attempt_uses_the_result_of_the_first(server: Server, call: ToolCall) -> None:
    office, thinking = Office(), asyncio.Event()
    office.may_end.set()
    async with pipeline(server) as pipe:
        first = pipe.start_llm(Mind(call, thinking, "Never said."), office.tools)
        await asked(pipe)
        await pipe.until(lambda: pipe.all(ToolEnded, 1) != [])
        first.cancel()
        pipe.start_llm(Mind(call, "It is {result}."), office.tools)
        await ended(pipe, 1)
        assert (pipe.texts(1), office.uses) == (["It is booked for ten."], 1)


async def test_sentences_before_a_tool_are_said_once_over_two_attempts(server: Server) -> None:
    office = Office()
    async with pipeline(server) as pipe:
        first = pipe.start_llm(Mind("One moment. ", LOOK_UP, "It is {result}."), office.tools)
        await asked(pipe)
        await within_limit(office.begun.wait())
        first.cancel()
        office.may_end.set()
        pipe.start_llm(Mind("One moment. ", LOOK_UP, "It is {result}."), office.tools)
        await ended(pipe, 1)
        assert pipe.texts(1) == ["One moment.", "It is booked for ten."]


# --- Drafts


async def test_a_draft_books_nothing_before_it_is_committed(server: Server) -> None:
    office = Office()
    office.may_end.set()
    async with pipeline(server) as pipe:
        pipe.start_llm(Mind(LOOK_UP, BOOK, "{result}."), office.tools)
        await asked(pipe, committed=False)
        await pipe.until(lambda: pipe.all(ToolEnded, 1) != [])
        before = office.uses
        await pipe.gateway.commit_turn(CALL, 1, "book ten", pipe.fence)
        await ended(pipe, 1)
        assert (before, office.uses, pipe.texts(1)) == (1, 2, ["booked for ten."])


async def test_a_draft_that_is_raised_past_books_nothing(server: Server) -> None:
    office, mind = Office(), Mind(LOOK_UP, BOOK, "{result}.")
    office.may_end.set()
    async with pipeline(server) as pipe:
        pipe.start_llm(mind, office.tools)
        await asked(pipe, committed=False)
        await pipe.until(lambda: pipe.all(ToolEnded, 1) != [])
        await asked(pipe, 2)
        await ended(pipe, 2)
        assert [(told.head.turn, told.name) for turn in (1, 2) for told in pipe.all(ToolStarted, turn)] == [
            (1, "look_up"),
            (2, "look_up"),
            (2, "book"),
        ]


# --- The vendors


async def test_the_rules_tell_the_time(server: Server) -> None:
    settings = Settings(scripted_llm_tokens_per_s=10_000)
    async with pipeline(server, settings) as pipe:
        pipe.start_llm(ScriptedModel(settings), tools_of(settings))
        await pipe.say_text(1, "what time is it?")
        await ended(pipe, 1)
        assert re.fullmatch(r"It is \d\d:\d\d\.", pipe.texts(1)[0])


async def test_a_model_behind_http_books_once_and_tells_the_result(server: Server) -> None:
    office = Office()
    office.may_end.set()
    async with OpenAIServer(tool_completion(("book", '{"at": "ten"}'), said="One moment."), completion("It is", " booked.")) as model:
        vendor = OpenAIModel(Settings(llm_base_url=model.url))
        async with pipeline(server) as pipe:
            pipe.start_llm(vendor, office.tools)
            await asked(pipe)
            await ended(pipe, 1)
        await vendor.close()
    told = [(message["role"], message["content"]) for message in model.requests[1].json["messages"][2:]]
    assert (pipe.texts(1), office.booked, told) == (
        ["One moment.", "It is booked."],
        ["ten"],
        [("assistant", "One moment."), ("tool", "booked for ten")],
    )
