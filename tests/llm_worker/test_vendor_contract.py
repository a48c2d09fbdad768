"""What every LLM vendor promises, over all of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
import pytest_asyncio

from common.config import Settings
from common.vendor_stream import Working, closing
from llm_worker.built_in import tools_of
from llm_worker.vendors import VENDORS
from llm_worker.vendors.base import ActionRequest, Exchange, Model, Piece, Prompt, Round, ToolCall, ToolResult
from tests.vendors.openai_server import OpenAIServer, completion, hang_up_completion, tool_completion

PROMPT = Prompt("Okay, goodbye.", "en", 2, (Exchange("", "Hello!"), Exchange("hi", "")))


@pytest_asyncio.fixture(params=["scripted", "openai"])
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[Model]:
    """Each vendor in turn, warm; each says goodbye and hangs up."""
    async with OpenAIServer(hang_up_completion("Thank you.", " Goodbye!")) as server:
        model: Model = VENDORS[request.param].make(Settings(llm_base_url=server.url, scripted_llm_tokens_per_s=10_000))
        await model.warm_up()
        yield model
        await model.close()


@pytest_asyncio.fixture(params=["scripted", "openai"])
async def clerk(request: pytest.FixtureRequest) -> AsyncIterator[Model]:
    """Each vendor in turn; each looks the time up, and then tells it."""
    async with OpenAIServer(tool_completion(("look_up_time", '{"what":"time"}')), completion("It is", " 18:06.")) as server:
        model: Model = VENDORS[request.param].make(Settings(llm_base_url=server.url, scripted_llm_tokens_per_s=10_000))
        yield model
        await model.close()


async def pieces(vendor: Model, prompt: Prompt = PROMPT) -> list[Piece]:
    """What is said and done: signs of life are neither."""
    return [piece async for piece in vendor.reply(prompt) if not isinstance(piece, Working)]


def text(said: list[Piece]) -> str:
    return "".join(piece for piece in said if isinstance(piece, str))


def test_every_vendor_that_the_settings_take_is_registered() -> None:
    assert set(VENDORS) == set(get_args(get_type_hints(Settings)["llm_vendor"])) - {"auto"}


async def test_a_reply_comes_in_pieces(vendor: Model) -> None:
    assert len(await pieces(vendor)) > 1


async def test_the_pieces_are_the_text(vendor: Model) -> None:
    assert text(await pieces(vendor)).endswith(" Goodbye!")


async def test_what_is_to_be_done_comes_after_the_words(vendor: Model) -> None:
    assert [piece for piece in await pieces(vendor) if not isinstance(piece, str)] == [ActionRequest("hang_up")]


async def test_the_words_come_first(vendor: Model) -> None:
    assert isinstance((await pieces(vendor))[0], str)


async def test_a_second_attempt_is_taken(vendor: Model) -> None:
    prompt = Prompt(PROMPT.text, "en", 2, PROMPT.history, spoken=("Thank you for calling.",))
    assert text(await pieces(vendor, prompt)).strip().endswith("Goodbye!")


async def test_a_tool_is_called_and_the_reply_goes_on_with_its_result(clerk: Model) -> None:
    asked = Prompt("What time is it?", "en", 2, tools=tuple(tools_of(Settings()).values()))
    (call,) = await pieces(clerk, asked)
    assert isinstance(call, ToolCall)
    answered = replace(asked, rounds=(Round("", (call,), (ToolResult("18:06", ok=True),)),))
    assert "18:06" in text(await pieces(clerk, answered))


async def test_two_replies_at_once_do_not_mix(vendor: Model) -> None:
    one, two = await asyncio.gather(pieces(vendor), pieces(vendor))
    assert one == two


async def test_a_reply_that_is_left_early_leaves_the_vendor_well(vendor: Model) -> None:
    async with closing(vendor.reply(PROMPT)) as stream:
        await anext(stream)
    assert text(await pieces(vendor)).endswith(" Goodbye!")


async def test_closing_twice_does_no_harm(vendor: Model) -> None:
    await vendor.close()
    await vendor.close()
