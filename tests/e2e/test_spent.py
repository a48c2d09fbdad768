"""A limit of spending is reached in the middle of a call, over real processes: the bot says so behind its next reply, and hangs up."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.placed import Placed, place
from tests.servers import real_server
from tests.vendors.openai_server import OpenAIServer
from tests.vendors.openai_service import OpenAIService

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
LIMIT_USD = 0.000001
"""Less than any answer of the model costs."""


@dataclass(frozen=True)
class Calls:
    """Of a caller who would ask three things, and what the one after them sees."""

    first: Placed
    second: str


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """Both."""
    return asyncio.run(_place(tmp_path_factory.mktemp("spent")))


async def _place(folder: Path) -> Calls:
    async with OpenAIServer(OpenAIService()) as mind:
        with ExitStack() as stack:
            url = stack.enter_context(real_server()).url
            settings = SCRIPTED | {"LLM_VENDOR": "openai", "LLM_BASE_URL": mind.url, "SCRIPTED_ASR_TEXT": "question {turn}"}
            running = house(folder, url, SPEND_PER_DAY_USD=f"{LIMIT_USD:f}", LLM_MODEL="gpt-6-luna", **settings)
            made: House = await asyncio.to_thread(stack.enter_context, running)
            asks = ("--gap", "6", "--wav", HELLO, "--wav", HELLO, "--wav", HELLO)  # longer than until it is looked again what was spent
            first = await asyncio.to_thread(place, made, folder / "first.wav", *asks)
            return Calls(first, (await asyncio.to_thread(made.call))["timeline"])


def test_the_reply_after_it_is_the_last_one(calls: Calls) -> None:
    assert (len(calls.first.result["turns"]), "over: Hangup" in calls.first.result["timeline"]) == (3, True)


def test_that_it_is_over_is_heard_behind_that_reply(calls: Calls) -> None:
    assert ("SPENT" in calls.first.events, [tone.turn for tone in calls.first.tones][-2:]) == (True, [2, 0])


def test_who_calls_then_is_told_at_once(calls: Calls) -> None:
    assert "over: Say We cannot help you any further today." in calls.second
