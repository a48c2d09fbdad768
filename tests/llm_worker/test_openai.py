"""The chat completions vendor, with the official client against a server over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from common import usage
from common.config import Settings
from common.errors import KeyRefused, VendorError
from common.lineup import LIMIT_S
from common.messages import Collect, Use
from common.vendor_stream import Working, closing
from llm_worker.tools import Occasion, Tool
from llm_worker.vendors.base import ActionRequest, Piece, Prompt, ToolCall
from llm_worker.vendors.openai import OpenAIModel, second
from llm_worker.vendors.openai_answer import CALL_S
from tests.vendors.openai_server import (
    DONE,
    END_OF_BODY,
    ERROR_EVENT,
    STREAM_HEAD,
    OpenAIServer,
    Reset,
    Script,
    Stall,
    Step,
    answer,
    completion,
    cut_completion,
    event,
    hang_up_completion,
    http_chunk,
    refusal,
    refusing_completion,
    texts,
    tool_completion,
)
from tests.vendors.openai_service import OpenAIService


class Booking(msgspec.Struct):
    at: str


async def book(booking: Booking, occasion: Occasion) -> str:
    return "booked"


BOOK = Tool("book", "Books a table.", Booking, "once", 5.0, book)
PROMPT = Prompt("when do you open?", "en", 1)
GONE_S = 30.0
"""Far more than a closed connection takes to be seen."""


@asynccontextmanager
async def model(
    *scripts: Script | OpenAIService, read_s: float = 30.0, instructions: str = "", name: str = "m1"
) -> AsyncIterator[tuple[OpenAIModel, OpenAIServer]]:
    async with OpenAIServer(*scripts) as server:
        vendor = OpenAIModel(Settings(llm_base_url=server.url, llm_model=name, llm_instructions=instructions), read_s=read_s)
        try:
            yield vendor, server
        finally:
            await vendor.close()


async def pieces(vendor: OpenAIModel, prompt: Prompt = PROMPT) -> list[Piece]:
    """What is said and done; signs of life are neither."""
    return [piece async for piece in vendor.reply(prompt) if not isinstance(piece, Working)]


async def signs(*script: Step) -> list[Piece]:
    """All that comes of a stream, signs of life included."""
    async with model(script) as (vendor, _):
        return [piece async for piece in vendor.reply(PROMPT)]


async def replied(*scripts: Script) -> list[Piece]:
    async with model(*scripts) as (vendor, _):
        return await pieces(vendor)


async def asked(instructions: str = "") -> Any:
    async with model(completion("Yes."), instructions=instructions) as (vendor, server):
        await pieces(vendor)
        return server.requests[0].json


async def failure_of(script: Script, read_s: float = 30.0) -> tuple[list[Piece], VendorError]:
    """What came before the failure, and the failure."""
    got: list[Piece] = []

    async def listen(vendor: OpenAIModel) -> None:
        async for piece in vendor.reply(PROMPT):
            if not isinstance(piece, Working):
                got.append(piece)  # noqa: PERF401 - extend would lose what came before the failure

    async with model(script, read_s=read_s) as (vendor, _):
        with pytest.raises(VendorError) as failed:
            await listen(vendor)
    return got, failed.value


# --- What it costs


async def test_usage_is_asked_for_and_what_is_told_is_billed() -> None:
    service = OpenAIService()
    async with model(service) as (vendor, server):
        with usage.collected() as uses:
            await pieces(vendor)
        assert server.requests[0].json["stream_options"] == {"include_usage": True}
    bill = service.bills["m1"]
    assert uses == [Use(vendor="openai", model="m1", input_tokens=bill.input_tokens, output_tokens=bill.output_tokens)]


async def test_what_a_server_does_not_tell_is_estimated() -> None:
    async with model(completion("We open", " at nine.")) as (vendor, _):
        with usage.collected() as uses:
            await pieces(vendor)
    assert [(use.estimated, use.output_tokens) for use in uses] == [(True, 5)]


@pytest.mark.parametrize("told", ["{}", '{"total_tokens": 9}', '{"prompt_tokens": null, "completion_tokens": null}'])
async def test_what_a_server_tells_by_half_is_estimated(told: str) -> None:
    half = http_chunk(f'data: {{"choices": [], "usage": {told}}}\n\n'.encode())
    async with model([*texts("We open", " at nine."), half, event({}, "stop"), http_chunk(DONE) + END_OF_BODY]) as (vendor, _):
        with usage.collected() as uses:
            await pieces(vendor)
    assert [(use.estimated, use.output_tokens) for use in uses] == [(True, 5)]


async def test_a_stream_that_was_stopped_is_billed_by_an_estimate_of_what_was_sent() -> None:
    service = OpenAIService()
    async with model(service) as (vendor, _):
        with usage.collected() as uses:
            async with closing(vendor.reply(PROMPT)) as stream:
                await anext(stream)
    (use,) = uses
    assert use.estimated
    assert use.input_tokens == pytest.approx(service.bills["m1"].input_tokens, rel=0.02)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_of_what_broke_off_the_thought_and_the_call_are_billed_too(name: str) -> None:
    thought, call = event({name: "They want ten."}), tool_completion(("book", '{"at":"ten"}'))[2:-2]
    async with model([*texts(""), thought, *call, Reset()]) as (vendor, _):
        with usage.collected() as uses, pytest.raises(VendorError):
            await pieces(vendor)
    (use,) = uses
    written = ("They want ten.", "book", '{"at"', ':"ten', '"}')
    assert (use.estimated, use.output_tokens) == (True, sum(map(usage.tokens, written)))


# --- The stream


async def test_what_a_model_thinks_aloud_before_its_answer_is_not_said() -> None:
    assert await replied(completion("<thi", "nk>They want the hours.</think>\n\n", "We open", " at nine.")) == ["We open", " at nine."]


async def test_what_may_have_been_a_thought_is_said_at_the_end() -> None:
    assert await replied(completion("<th")) == ["<th"]


async def test_the_text_comes_in_the_models_pieces() -> None:
    assert await replied(completion("We open", " at nine.")) == ["We open", " at nine."]


async def test_hebrew_comes_whole() -> None:
    assert await replied(completion("שלום", " לכם")) == ["שלום", " לכם"]


async def test_a_text_comes_before_the_stream_ends() -> None:
    async with model([*texts("We open"), Stall()]) as (vendor, _), closing(vendor.reply(PROMPT)) as stream:
        assert await anext(stream) == "We open"


async def test_what_a_model_says_in_refusing_is_said() -> None:
    assert await replied(refusing_completion("I'm sorry,", " I can't.")) == ["I'm sorry,", " I can't."]


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call"])
async def test_an_answer_that_came_to_its_end_is_whole(finish: str) -> None:
    assert await replied(cut_completion(finish, "At nine.")) == ["At nine."]


async def test_a_call_of_hang_up_is_an_action_after_the_words() -> None:
    assert await replied(hang_up_completion("Goodbye.")) == ["Goodbye.", ActionRequest("hang_up")]


@pytest.mark.parametrize(
    ("arguments", "digits"),
    [('{"digits":9}', 9), ("{}", 0), ('{"digits":"9"}', 0), ('{"digits":1000}', 0), ('{"digits":true}', 0), ("nine", 0), ("[9]", 0)],
)
async def test_keys_are_collected_by_an_action(arguments: str, digits: int) -> None:
    said = await replied(tool_completion(("collect_digits", arguments), said="Your number?"))
    [words, asked] = said
    assert (words, asked) == ("Your number?", ActionRequest("collect", collect=Collect(digits=digits)))
    assert isinstance(asked, ActionRequest)
    assert asked.collect is not None
    assert type(asked.collect.digits) is int  # true equals 1 here, and cannot be read where it arrives


async def test_a_call_of_a_tool_comes_whole_after_the_words() -> None:
    assert await replied(tool_completion(("book", '{"at":"ten"}'), said="Yes.")) == ["Yes.", ToolCall("call_0", "book", '{"at":"ten"}')]


async def test_several_calls_come_in_their_order() -> None:
    said = await replied(tool_completion(("book", '{"at":"ten"}'), ("look_up", "{}")))
    assert said == [ToolCall("call_0", "book", '{"at":"ten"}'), ToolCall("call_1", "look_up", "{}")]


async def test_calls_that_come_whole_at_one_index_are_told_apart_by_their_ids() -> None:
    calls = [{"index": 0, "id": id_, "type": "function", "function": {"name": "book", "arguments": "{}"}} for id_ in "ab"]
    script = [STREAM_HEAD, *(event({"tool_calls": [call]}) for call in calls), event({}, "tool_calls"), http_chunk(DONE) + END_OF_BODY]
    assert await replied(script) == [ToolCall("a", "book", "{}"), ToolCall("b", "book", "{}")]


async def test_a_call_without_an_id_is_given_one() -> None:
    call = {"index": 0, "function": {"name": "book", "arguments": "{}"}}
    script = [STREAM_HEAD, event({"tool_calls": [call]}), event({}, "stop"), http_chunk(DONE) + END_OF_BODY]
    assert await replied(script) == [ToolCall("call_0", "book", "{}")]


async def test_a_call_without_a_name_is_none() -> None:
    script = [*texts("No."), event({"tool_calls": [{"index": 0, "id": "c"}]}), event({}, "tool_calls"), http_chunk(DONE) + END_OF_BODY]
    assert await replied(script) == ["No."]


async def test_hanging_up_beside_a_tool_comes_behind_it() -> None:
    assert await replied(tool_completion(("hang_up", "{}"), ("book", "{}"))) == [ToolCall("call_1", "book", "{}"), ActionRequest("hang_up")]


async def test_a_call_that_broke_off_is_not_made() -> None:
    whole = tool_completion(("book", '{"at":"ten"}'))
    got, failure = await failure_of([*whole[:3], END_OF_BODY])
    assert (got, failure.kind) == ([], "half_stream")


async def test_each_piece_of_a_calls_arguments_is_a_sign_of_life() -> None:
    said = await signs(*tool_completion(("book", '{"at":"ten"}'), said="Yes."))
    assert said == ["Yes.", *4 * [Working(CALL_S, on="book")], ToolCall("call_0", "book", '{"at":"ten"}')]


async def test_a_thought_is_a_sign_of_life() -> None:
    assert await signs(*completion("<think>They want", " the hours.</think>", "At nine.")) == [*2 * [Working(LIMIT_S)], "At nine."]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_a_thought_beside_the_answer_is_a_sign_of_life(name: str) -> None:
    thought = event({name: "They want the hours."})
    script = [STREAM_HEAD, thought, event({"content": "At nine."}, "stop"), http_chunk(DONE) + END_OF_BODY]
    assert await signs(*script) == [Working(LIMIT_S), "At nine."]


async def test_a_chunk_that_tells_nothing_is_no_sign_of_life() -> None:
    assert await signs(*texts(""), *completion("At nine.")[1:]) == ["At nine."]


async def test_a_chunk_without_choices_is_no_end() -> None:
    usage = http_chunk(b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n')
    assert await replied([*texts("We "), usage, event({"content": "open."}, "stop"), http_chunk(DONE) + END_OF_BODY]) == ["We ", "open."]


@pytest.mark.parametrize("delta", ["", '"delta": null, '])
async def test_a_chunk_that_only_tells_what_azures_filter_found_is_no_end(delta: str) -> None:
    found = http_chunk(f'data: {{"choices": [{{{delta}"index": 0, "finish_reason": null, "content_filter_offsets": {{}}}}]}}\n\n'.encode())
    assert await replied([*texts("We "), found, event({"content": "open."}, "stop"), http_chunk(DONE) + END_OF_BODY]) == ["We ", "open."]


async def test_half_an_emoji_is_not_said() -> None:
    halves = http_chunk(b'data: {"choices": [{"index": 0, "delta": {"content": "Hi \\ud83d"}, "finish_reason": null}]}\n\n')
    assert await replied([*texts(""), halves, event({"content": "there."}, "stop"), http_chunk(DONE) + END_OF_BODY]) == ["Hi ", "there."]


async def test_a_connection_serves_the_next_reply_too() -> None:
    async with model(completion("One."), completion("Two.")) as (vendor, _):
        assert (await pieces(vendor), await pieces(vendor)) == (["One."], ["Two."])


# --- What is asked


async def test_a_stream_is_asked_for() -> None:
    assert (await asked())["stream"] is True


async def test_the_model_is_the_configured_one() -> None:
    assert (await asked())["model"] == "m1"


async def test_actions_are_offered() -> None:
    assert [tool["function"]["name"] for tool in (await asked())["tools"]] == ["hang_up", "collect_digits"]


async def test_an_action_that_is_not_allowed_is_not_offered() -> None:
    async with model(completion("Yes.")) as (vendor, server):
        await pieces(vendor, replace(PROMPT, actions=("collect_digits",)))
        assert [tool["function"]["name"] for tool in server.requests[0].json["tools"]] == ["collect_digits"]


async def test_tools_are_offered_with_what_they_take() -> None:
    async with model(completion("Yes.")) as (vendor, server):
        await pieces(vendor, replace(PROMPT, tools=(BOOK,)))
        assert server.requests[0].json["tools"][2] == {
            "type": "function",
            "function": {
                "name": "book",
                "description": "Books a table.",
                "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
            },
        }


async def test_the_callers_words_come_last() -> None:
    assert (await asked())["messages"][-1] == {"role": "user", "content": "when do you open?"}


async def test_the_operators_instructions_replace_ours() -> None:
    assert (await asked("Sell shoes in {language}."))["messages"][0] == {"role": "system", "content": "Sell shoes in English."}


async def test_the_second_vendor_has_a_model_of_its_own() -> None:
    async with OpenAIServer(OpenAIService()) as server:
        vendor = second(Settings(llm_base_url=server.url, llm_2_model="m2"))
        await pieces(vendor, replace(PROMPT, model="big"))
        await vendor.close()
        assert server.requests[0].json["model"] == "m2"


async def test_who_is_to_do_something_else_is_told_that_and_offered_no_tools() -> None:
    async with model(completion("Asked for the hours.")) as (vendor, server):
        await pieces(vendor, replace(PROMPT, text="Caller: hours?", task="Sum it up."))
        asked = server.requests[0].json
    assert asked["messages"] == [{"role": "system", "content": "Sum it up."}, {"role": "user", "content": "Caller: hours?"}]
    assert "tools" not in asked


# --- How it fails


@pytest.mark.parametrize(
    ("script", "kind", "retryable"),
    [
        (refusal(401), "http_401", False),
        (refusal(400), "http_400", False),
        (refusal(429), "http_429", True),
        (refusal(429, code="insufficient_quota"), "insufficient_quota", False),
        (refusal(500), "http_500", True),
        ([Reset()], "connection", True),
        (answer(200, {"id": "c"}), "half_stream", True),
    ],
)
async def test_a_refusal_is_told_by_its_kind(script: Script, kind: str, retryable: bool) -> None:
    _, failure = await failure_of(script)
    assert (failure.kind, failure.retryable) == (kind, retryable)


@pytest.mark.parametrize(
    ("rest", "kind"),
    [
        ([Reset()], "connection"),
        ([END_OF_BODY], "half_stream"),
        ([http_chunk(DONE) + END_OF_BODY], "half_stream"),
        ([ERROR_EVENT + END_OF_BODY], "error_event"),
        ([event({}, "length"), http_chunk(DONE) + END_OF_BODY], "length"),
        ([http_chunk(b"data: {{{\n\n") + END_OF_BODY], "bad_answer"),
        ([Stall()], "timeout"),
    ],
)
async def test_a_stream_that_breaks_off_fails_after_its_words(rest: Script, kind: str) -> None:
    got, failure = await failure_of([*texts("We open"), *rest], read_s=0.2 if kind == "timeout" else 30.0)
    assert (got, failure.kind, failure.retryable) == (["We open"], kind, True)


async def test_what_the_server_takes_away_is_not_asked_for_again() -> None:
    got, failure = await failure_of(cut_completion("content_filter", "We open", " at"))
    assert (got, failure.kind, failure.retryable, failure.blame) == (["We open", " at"], "content_filter", False, "request")


async def test_an_account_that_is_empty_in_mid_stream_is_told_as_that() -> None:
    empty = http_chunk(b'data: {"error": {"message": "quota", "type": "e", "param": null, "code": "insufficient_quota"}}\n\n')
    _, failure = await failure_of([*texts("We open"), empty + END_OF_BODY])
    assert (failure.kind, failure.retryable) == ("insufficient_quota", False)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
async def test_a_call_whose_arguments_were_cut_is_not_made(finish: str) -> None:
    got, failure = await failure_of([*tool_completion(("book", '{"at":"ten"}'))[:3], *cut_completion(finish)[-2:]])
    assert (got, failure.kind) == ([], finish)


@pytest.mark.parametrize(
    "finish", ["abort", "error", "insufficient_system_resource", "model_context_window_exceeded", "SAFETY", "max_tokens"]
)
async def test_an_ending_that_nobody_knows_is_none_and_its_call_is_not_made(finish: str) -> None:
    got, failure = await failure_of([*tool_completion(("book", '{"at":"ten"}'), said="Yes.")[:-2], *cut_completion(finish)[-2:]])
    assert (got, failure.kind, failure.retryable, failure.blame) == (["Yes."], "bad_ending", True, "vendor")


async def test_a_server_that_says_nothing_is_given_up() -> None:
    _, failure = await failure_of([Stall()], read_s=0.1)
    assert failure.kind == "timeout"


async def test_a_failure_is_not_retried_behind_our_back() -> None:
    async with model(refusal(500)) as (vendor, server):
        with pytest.raises(VendorError):
            await pieces(vendor)
        assert len(server.requests) == 1


async def test_a_refused_key_is_the_operators_fault() -> None:
    async with model(refusal(401)) as (vendor, _):
        with pytest.raises(KeyRefused, match="OPENAI_API_KEY"):
            await vendor.warm_up()


async def test_the_second_accounts_key_is_told_by_its_own_name() -> None:
    async with OpenAIServer(refusal(401)) as server:
        vendor = second(Settings(openai_2_base_url=server.url))
        with pytest.raises(KeyRefused, match=r"OPENAI_2_API_KEY, else OPENAI_API_KEY: refused by 127\.0\.0\.1"):
            await vendor.warm_up()
        await vendor.close()


async def test_a_key_that_may_not_list_models_may_answer(caplog: pytest.LogCaptureFixture) -> None:
    async with model(refusal(403)) as (vendor, _):
        await vendor.warm_up()
    assert "vendor=openai what=models_not_listed host=127.0.0.1 error=http_403" in caplog.text


# --- Closing


async def test_a_stream_that_is_closed_hangs_up_at_the_server() -> None:
    async with model([STREAM_HEAD, event({"content": "We open"}), Stall()]) as (vendor, server):
        async with closing(vendor.reply(PROMPT)) as stream:
            await anext(stream)
        async with asyncio.timeout(GONE_S):
            assert await server.hung_up.wait()
