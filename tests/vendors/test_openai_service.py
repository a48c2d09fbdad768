"""The official client, as it is, against our OpenAI: answers that it takes, requests that are refused, and the bill."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, NotFoundError
from openai.types.chat import ChatCompletionChunk

from tests.vendors.openai_server import OpenAIServer
from tests.vendors.openai_service import Bill, OpenAIService, tokens

QUESTION: list[Any] = [{"role": "user", "content": "when do you open?"}]
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}


@asynccontextmanager
async def openai(service: OpenAIService) -> AsyncIterator[AsyncOpenAI]:
    async with OpenAIServer(service) as server, AsyncOpenAI(api_key="none", base_url=server.url, max_retries=0) as client:
        yield client


def upload(seconds: float) -> tuple[str, bytes]:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(round(seconds * 16_000)))
    return "a.wav", out.getvalue()


async def completed(client: AsyncOpenAI, messages: list[Any], **asked: Any) -> list[ChatCompletionChunk]:
    stream = await client.chat.completions.create(model="m", messages=messages, stream=True, **asked)
    return [chunk async for chunk in stream]


# --- Chat completions


async def test_a_reply_streams_in_the_models_pieces() -> None:
    async with openai(OpenAIService()) as client:
        chunks = await completed(client, QUESTION)
    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content] == ["We open", " at nine."]


async def test_usage_comes_last_where_it_is_asked_for_and_is_what_is_billed() -> None:
    service = OpenAIService()
    async with openai(service) as client:
        usage = (await completed(client, QUESTION, stream_options={"include_usage": True}))[-1].usage
    assert usage is not None
    assert service.bills["m"] == Bill(1, input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens)


async def test_a_tool_is_called_and_its_result_answered() -> None:
    async with openai(OpenAIService(calls=(("look_up", '{"day":1}'),))) as client:
        called = await completed(client, QUESTION, tools=[TOOL])
        told = [*QUESTION, {"role": "tool", "tool_call_id": "call_0", "content": "nine"}]
        answered = await completed(client, told, tools=[TOOL])
    assert (called[-1].choices[0].finish_reason, answered[-1].choices[0].finish_reason) == ("tool_calls", "stop")


# --- Transcriptions


async def test_whisper_1_bills_whole_seconds() -> None:
    service = OpenAIService()
    async with openai(service) as client:
        heard = await client.audio.transcriptions.create(file=upload(1.5), model="whisper-1")
    assert (heard.text, service.bills["whisper-1"].seconds) == ("hello there", 2)


async def test_whisper_1_tells_how_sure_it_is_of_speech() -> None:
    async with openai(OpenAIService(no_speech=0.7)) as client:
        heard = await client.audio.transcriptions.create(file=upload(1.5), model="whisper-1", response_format="verbose_json")
    assert heard.segments is not None
    assert heard.segments[0].no_speech_prob == 0.7


async def test_gpt_4o_transcribe_streams_words_and_then_the_whole() -> None:
    async with openai(OpenAIService()) as client:
        stream = await client.audio.transcriptions.create(file=upload(1), model="gpt-4o-transcribe", stream=True)
        kinds = [event.type async for event in stream]
    assert kinds == [*2 * ["transcript.text.delta"], "transcript.text.done"]


async def test_gpt_4o_transcribe_bills_tokens_of_sound_and_text() -> None:
    service = OpenAIService()
    async with openai(service) as client:
        await client.audio.transcriptions.create(file=upload(1.5), model="gpt-4o-transcribe", include=["logprobs"])
    assert service.bills["gpt-4o-transcribe"] == Bill(1, input_tokens=15, output_tokens=tokens("hello there"))


@pytest.mark.parametrize(
    ("model", "seconds", "kind"), [("none", 1, "json"), ("whisper-1", 0.05, "json"), ("gpt-4o-transcribe", 1, "verbose_json")]
)
async def test_what_openai_refuses_is_refused(model: str, seconds: float, kind: str) -> None:
    service = OpenAIService()
    async with openai(service) as client:
        with pytest.raises(BadRequestError):
            await client.audio.transcriptions.create(file=upload(seconds), model=model, response_format=kind)  # type: ignore[call-overload]
    assert not service.bills


async def test_the_diarising_model_takes_no_prompt_and_tells_no_likelihoods() -> None:
    async with openai(OpenAIService()) as client:
        with pytest.raises(BadRequestError):
            await client.audio.transcriptions.create(file=upload(1), model="gpt-4o-transcribe-diarize", prompt="Torim")
        with pytest.raises(BadRequestError):
            await client.audio.transcriptions.create(file=upload(1), model="gpt-4o-transcribe-diarize", include=["logprobs"])


# --- Speech


async def test_speech_comes_in_pieces_and_is_billed_by_letters() -> None:
    service = OpenAIService(speech=bytes(range(256)) * 50)
    async with openai(service) as client:
        asked = client.audio.speech.with_streaming_response
        async with asked.create(model="tts-1", voice="coral", input="Hello!", response_format="pcm") as answer:
            sound = b"".join([piece async for piece in answer.iter_bytes()])
    assert (sound, service.bills["tts-1"].characters) == (service.speech, 6)


async def test_a_text_that_is_too_long_is_refused() -> None:
    async with openai(OpenAIService()) as client:
        with pytest.raises(APIStatusError):
            await client.audio.speech.create(model="tts-1", voice="coral", input=4097 * "a", response_format="pcm")


async def test_a_path_that_openai_does_not_have_is_not_found() -> None:
    async with openai(OpenAIService()) as client:
        with pytest.raises(NotFoundError):
            await client.files.list()
