"""The transcriptions vendor, with the official client against a server over real sockets."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from asr_worker.vendors.openai import OpenAITranscriber
from common.audio import mulaw_to_pcm, silence
from common.config import Settings
from common.errors import ConfigError, VendorError
from tests.vendors.openai_server import OpenAIServer, Request, Reset, Script, Stall, answer, refusal

HEARD = answer(200, {"text": " Please try again. "})
AUDIO = silence(500) + bytes(range(256)) * 8


@asynccontextmanager
async def transcriber(*scripts: Script, key: str = "", read_s: float = 30.0) -> AsyncIterator[tuple[OpenAITranscriber, OpenAIServer]]:
    async with OpenAIServer(*scripts) as server:
        vendor = OpenAITranscriber(Settings(asr_base_url=server.url, openai_api_key=key, asr_model="m1"), read_s=read_s)
        try:
            yield vendor, server
        finally:
            await vendor.close()


async def request_of(*, language: str = "en", key: str = "") -> Request:
    async with transcriber(HEARD, key=key) as (vendor, server):
        await vendor.transcribe(AUDIO, language=language, turn=1)
        return server.requests[0]


async def failure_of(script: Script, read_s: float = 30.0) -> VendorError:
    async with transcriber(script, read_s=read_s) as (vendor, _):
        with pytest.raises(VendorError) as failed:
            await vendor.transcribe(AUDIO, language="en", turn=1)
        return failed.value


# --- What is asked


async def test_the_words_come_back() -> None:
    async with transcriber(HEARD) as (vendor, _):
        assert await vendor.transcribe(AUDIO, language="en", turn=1) == "Please try again."


@pytest.mark.parametrize("told", [{"type": "duration", "seconds": None}, {"type": "tokens", "input_tokens": None}, {}, None, 5])
async def test_the_words_come_back_however_little_is_told_of_their_price(told: object) -> None:
    async with transcriber(answer(200, {"text": "hello", "usage": told})) as (vendor, _):
        assert await vendor.transcribe(AUDIO, language="en", turn=1) == "hello"


async def test_the_upload_goes_to_the_transcriptions() -> None:
    assert (await request_of()).path == "/v1/audio/transcriptions"


async def test_the_upload_is_linear_sound_at_8_khz() -> None:
    upload = (await request_of()).form()["file"]
    with wave.open(io.BytesIO(upload)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)


async def test_the_upload_holds_the_whole_sound() -> None:
    upload = (await request_of()).form()["file"]
    with wave.open(io.BytesIO(upload)) as file:
        assert file.readframes(file.getnframes()) == mulaw_to_pcm(AUDIO)


@pytest.mark.parametrize(("language", "told"), [("he-IL", b"he"), ("en", b"en")])
async def test_the_language_is_told_without_its_region(language: str, told: bytes) -> None:
    assert (await request_of(language=language)).form()["language"] == told


async def test_the_model_is_the_configured_one() -> None:
    assert (await request_of()).form()["model"] == b"m1"


async def test_the_key_is_sent() -> None:
    assert (await request_of(key="sk-1")).headers["authorization"] == "Bearer sk-1"


async def test_a_server_of_ones_own_needs_no_key() -> None:
    assert (await request_of()).headers["authorization"] == "Bearer none"


async def test_sound_too_short_for_a_word_is_not_sent() -> None:
    async with transcriber(HEARD) as (vendor, server):
        assert (await vendor.transcribe(silence(80), language="en", turn=1), server.requests) == ("", [])


async def test_a_connection_is_used_again() -> None:
    async with transcriber(HEARD) as (vendor, _):
        await vendor.warm_up()
        assert await vendor.transcribe(AUDIO, language="en", turn=1) == "Please try again."


# --- How it fails


@pytest.mark.parametrize(
    ("script", "kind", "retryable"),
    [
        (refusal(401), "http_401", False),
        (refusal(400), "http_400", False),
        (refusal(404), "http_404", False),
        (refusal(429), "http_429", True),
        (refusal(429, code="insufficient_quota"), "insufficient_quota", False),
        (refusal(500), "http_500", True),
        (refusal(503), "http_503", True),
        ([Reset()], "connection", True),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{", Reset()], "connection", True),
        ([b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n{{{"], "bad_answer", True),
        (answer(200, {"words": []}), "bad_answer", False),
        ([b"nonsense\r\n\r\n", Reset()], "connection", True),
    ],
)
async def test_a_failure_is_told_by_its_kind(script: Script, kind: str, retryable: bool) -> None:
    failure = await failure_of(script)
    assert (failure.kind, failure.retryable) == (kind, retryable)


@pytest.mark.parametrize("script", [[Stall()], [b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{", Stall()]])
async def test_a_server_that_stalls_is_given_up(script: Script) -> None:
    failure = await failure_of(script, read_s=0.1)
    assert (failure.kind, failure.retryable) == ("timeout", True)


async def test_a_failure_is_not_retried_behind_our_back() -> None:
    async with transcriber(refusal(500)) as (vendor, server):
        with pytest.raises(VendorError):
            await vendor.transcribe(AUDIO, language="en", turn=1)
        assert len(server.requests) == 1


async def test_a_failure_does_not_quote_the_server() -> None:
    assert "secret" not in str(await failure_of(refusal(400, "bad upload: secret words")))


async def test_a_server_that_is_not_there_is_a_failed_connection() -> None:
    async with OpenAIServer(HEARD) as server:
        url = server.url
    vendor = OpenAITranscriber(Settings(asr_base_url=url))
    with pytest.raises(VendorError, match="openai: connection"):
        await vendor.transcribe(AUDIO, language="en", turn=1)
    await vendor.close()


# --- Warming up


async def test_a_refused_key_is_the_operators_fault() -> None:
    async with transcriber(refusal(401)) as (vendor, _):
        with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
            await vendor.warm_up()


async def test_a_server_without_a_list_of_models_is_warm() -> None:
    async with transcriber(refusal(404)) as (vendor, server):
        await vendor.warm_up()
        assert server.requests[0].path == "/v1/models"


async def test_a_server_that_lists_nonsense_is_warm() -> None:
    page = [b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"]
    async with transcriber(page) as (vendor, server):
        await vendor.warm_up()
        assert len(server.requests) == 1


async def test_a_server_that_answers_a_page_has_no_words() -> None:
    failure = await failure_of([b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"])
    assert (failure.kind, failure.retryable) == ("bad_answer", False)


async def test_a_server_that_is_not_there_is_not_warm() -> None:
    async with OpenAIServer(HEARD) as server:
        url = server.url
    vendor = OpenAITranscriber(Settings(asr_base_url=url))
    with pytest.raises(VendorError, match="openai: connection"):
        await vendor.warm_up()
    await vendor.close()


async def test_a_server_that_fails_is_not_warm() -> None:
    async with transcriber(refusal(500)) as (vendor, _):
        with pytest.raises(VendorError, match="http_500"):
            await vendor.warm_up()
