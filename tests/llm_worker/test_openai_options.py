"""What models refuse beside an answer, over real sockets: it is asked for once, and then something less."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from common.config import Settings
from common.errors import VendorError
from llm_worker.vendors.base import Piece, Prompt
from llm_worker.vendors.openai import OpenAIModel
from llm_worker.vendors.openai_options import Options
from tests.vendors.openai_server import Answering, OpenAIServer, Request, Script, answer, completion, refusal
from tests.vendors.openai_service import OpenAIService

PROMPT = Prompt("when do you open?", "en", 1)
NO_TOOLS = refusal(400, "m1 does not support tools")
EFFORTS = ["none", "minimal", "low"]


@asynccontextmanager
async def model(*scripts: Script | Answering, name: str = "m1") -> AsyncIterator[tuple[OpenAIModel, OpenAIServer]]:
    async with OpenAIServer(*scripts) as server:
        vendor = OpenAIModel(Settings(llm_base_url=server.url, llm_model=name))
        try:
            yield vendor, server
        finally:
            await vendor.close()


async def pieces(vendor: OpenAIModel, prompt: Prompt = PROMPT) -> list[Piece]:
    return [piece async for piece in vendor.reply(prompt)]


async def asked(*scripts: Script | Answering, name: str = "m1", replies: int = 1) -> list[Any]:
    """All requests that it takes to get so many replies."""
    async with model(*scripts, name=name) as (vendor, server):
        assert [await pieces(vendor) for _ in range(replies)] == [["Yes."]] * replies
        return [request.json for request in server.requests]


def thinker(*takes: str) -> Answering:
    """A model that takes these efforts, and no other."""

    def complete(request: Request) -> Script:
        effort = request.json.get("reasoning_effort")
        if effort is None or effort in takes:
            return completion("Yes.")
        listed = ", ".join(f"'{each}'" for each in (*takes, "medium"))
        return refusal(400, f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. Supported: {listed}.")

    return complete


# --- What is left out


def forbidden(name: str, value: Any) -> Script:
    """A server that is built on pydantic refuses a field that it does not know."""
    told = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": value}
    return answer(422, {"detail": [told]})


@pytest.mark.parametrize(
    ("option", "refused"),
    [
        ("tools", NO_TOOLS),
        ("tools", forbidden("tools", [])),
        ("stream_options", refusal(400, "unknown field stream_options")),
        ("stream_options", answer(422, {"detail": "stream_options: extra fields not permitted"})),
        ("stream_options", forbidden("stream_options", {"include_usage": True})),
        ("max_completion_tokens", forbidden("max_completion_tokens", 4000)),
        ("max_completion_tokens", refusal(400, "max_tokens is too large: 4000. The context of this model has 2048 tokens.")),
        ("max_completion_tokens", refusal(400, "You requested 4600 tokens (600 in the messages, 4000 in the completion).")),
    ],
)
async def test_what_a_model_refuses_it_is_not_asked_for_again(option: str, refused: Script) -> None:
    assert [option in each for each in await asked(refused, completion("Yes."), replies=2)] == [True, False, False]


async def test_each_thing_that_is_refused_is_left_out_by_itself() -> None:
    refusals = forbidden("stream_options", {}), forbidden("max_completion_tokens", 4000)
    assert asked_last(await asked(*refusals, completion("Yes."))) == {"tools"}


def asked_last(requests: list[dict[str, Any]]) -> set[str]:
    return set(requests[-1]) - {"model", "messages", "stream"}


async def test_another_model_is_asked_for_what_the_first_refused() -> None:
    async with model(NO_TOOLS, completion("Yes.")) as (vendor, server):
        await pieces(vendor)
        await pieces(vendor, replace(PROMPT, model="m2"))
        assert "tools" in server.requests[2].json


async def test_what_a_refusal_quotes_of_the_caller_counts_nothing() -> None:
    async with model(forbidden("messages", "which tools do you have?")) as (vendor, _):
        with pytest.raises(VendorError, match="http_422"):
            await pieces(vendor)


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_of_anything_else_is_a_failure(status: int) -> None:
    async with model(refusal(status, "the messages make no sense")) as (vendor, server):
        with pytest.raises(VendorError, match=f"http_{status}"):
            await pieces(vendor)
        assert len(server.requests) == 1


async def test_a_model_that_would_never_end_has_an_end() -> None:
    assert (await asked(completion("Yes.")))[0]["max_completion_tokens"] == 4000


# --- Models that think


@pytest.mark.parametrize(
    ("name", "effort"),
    [
        ("gpt-6-luna", "none"), ("gpt-5.6-luna", "none"), ("openai/gpt-5.1", "none"), ("o4-mini", "none"), ("openai/o3", "none"),
        ("gpt-4o-mini", None), ("openai/gpt-4.1", None), ("m1", None), ("phi-o1", None),
    ],
)  # fmt: skip
async def test_a_model_that_thinks_before_it_speaks_is_told_not_to(name: str, effort: str | None) -> None:
    async with model(OpenAIService(), name=name) as (vendor, server):
        await pieces(vendor)
        assert server.requests[0].json.get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("takes", "efforts"), [(["none"], EFFORTS[:1]), (["minimal", "low"], EFFORTS[:2]), (["low"], EFFORTS), ([], [*EFFORTS, None])]
)
async def test_a_model_that_must_think_is_told_to_think_as_little_as_it_can(takes: list[str], efforts: list[str | None]) -> None:
    requests = await asked(thinker(*takes), name="gpt-5-mini", replies=2)
    assert [each.get("reasoning_effort") for each in requests] == [*efforts, efforts[-1]]


async def test_that_a_model_thinks_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    await asked(thinker("low"), name="gpt-5-mini")
    assert [record.getMessage() for record in caplog.records if record.name == "torim.llm_worker"] == [
        "model=gpt-5-mini what=model_thinks effort=minimal see=docs/vendors.md",
        "model=gpt-5-mini what=model_thinks effort=low see=docs/vendors.md",
    ]


async def test_who_asked_meanwhile_takes_no_step_back() -> None:
    options = Options()
    late = options.of("o3", [])
    for effort in EFFORTS:
        options.refused("o3", {"reasoning_effort": effort}, f"reasoning_effort does not support '{effort}'")
    options.refused("o3", late, "reasoning_effort does not support 'none'")
    assert "reasoning_effort" not in options.of("o3", [])


async def test_a_model_that_takes_tools_only_where_it_does_not_think_answers_without() -> None:
    with_reasoning = "Function tools with reasoning_effort are not supported for gpt-6-astra in /v1/chat/completions."
    refusals = refusal(400, "Unsupported value: 'reasoning_effort' does not support 'none' with this model."), refusal(400, with_reasoning)
    requests = await asked(*refusals, completion("Yes."), name="gpt-6-astra")
    assert [(each.get("reasoning_effort"), "tools" in each) for each in requests] == [
        ("none", True),
        ("minimal", True),
        ("minimal", False),
    ]
