"""A call in words, over a real bus: asked for by a gateway, made by an LLM worker, for nobody's turn."""

import asyncio
from pathlib import Path

from common.agents.in_use import in_use
from common.config import Settings
from common.errors import VendorError
from gateway.summaries import Summaries
from gateway.turn.events import CloseTurn
from tests.common.agents.files import snapshot
from tests.integration.pipeline import GATEWAY, LIMIT_S, fake_server, pipeline
from tests.integration.vendors import Mind

TURNS = [CloseTurn(1, "replied", "hours?", "At nine.")]
DOWN = VendorError("fake", "http_400", retryable=False)


async def summed_up(folder: Path, mind: Mind) -> list[str]:
    """What comes back for two calls."""
    agent = in_use(snapshot(folder), Settings())
    async with pipeline(fake_server()) as pipe:
        summaries = Summaries(pipe.gateway, GATEWAY)
        pipe.on_reply = summaries.worker_reported
        pipe.start_llm(mind)
        async with asyncio.timeout(LIMIT_S):
            return [await summaries.of(agent, TURNS) for _ in range(2)]


async def test_every_call_gets_its_summary(tmp_path: Path) -> None:
    mind = Mind("Asked for ", "the hours.")
    assert await summed_up(tmp_path, mind) == ["Asked for the hours."] * 2
    assert [prompt.text for prompt in mind.prompts] == ["Caller: hours?\nBot: At nine."] * 2


async def test_where_the_model_fails_there_is_none_and_the_next_has_one(tmp_path: Path) -> None:
    assert await summed_up(tmp_path, Mind(DOWN, "Asked for the hours.")) == ["", "Asked for the hours."]
