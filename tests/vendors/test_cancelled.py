"""Who is cancelled in the middle of a request leaves none open at the vendor, which would work on, and bill it, to its end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from asr_worker.vendors.openai import OpenAITranscriber
from common.audio import silence
from common.config import Settings
from common.lineup import Vendor
from common.vendor_stream import closing
from llm_worker.vendors.base import Prompt
from llm_worker.vendors.openai import OpenAIModel
from tests.vendors import google_server
from tests.vendors.google_server import GoogleServer
from tests.vendors.openai_server import STREAM_HEAD, OpenAIServer, Script, Stall, http_chunk, texts, tool_completion
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.google import GoogleVoice, unary
from tts_worker.vendors.openai import OpenAIVoice

GONE_S = 30.0
"""Far more than a closed connection takes to be seen."""
HEARD = [STREAM_HEAD, http_chunk(b'data: {"type":"transcript.text.delta","delta":"hi"}\n\n')]
SPOKEN = [STREAM_HEAD.replace(b"text/event-stream", b"audio/pcm"), http_chunk(bytes(9600))]

Asked = tuple[Vendor, Coroutine[Any, Any, object]]
"""A vendor, and a request of it for all of an answer."""


def transcript(url: str) -> Asked:
    vendor = OpenAITranscriber(Settings(asr_base_url=url))
    return vendor, vendor.transcribe(silence(300) + bytes(range(256)) * 8, language="en", turn=1)


def reply(url: str) -> Asked:
    vendor = OpenAIModel(Settings(llm_base_url=url))
    return vendor, drained(vendor.reply(Prompt("when do you open?", "en", 1)))


def speech(url: str) -> Asked:
    vendor = OpenAIVoice(Settings(tts_openai_base_url=url))
    return vendor, drained(vendor.synthesise(SpeechRequest("We open at nine.", "en")))


def google_stream(url: str) -> Asked:
    vendor = GoogleVoice(Settings(tts_base_url=url))
    return vendor, drained(vendor.synthesise(SpeechRequest("We open at nine.", "en")))


def google_in_one_piece(url: str) -> Asked:
    vendor = unary(Settings(tts_base_url=url))
    return vendor, drained(vendor.synthesise(SpeechRequest("We open at nine.", "en")))


async def drained(answer: AsyncIterator[object]) -> None:
    async with closing(answer) as pieces:
        async for _ in pieces:
            pass


async def cancelled(asked: Asked, stalled: asyncio.Event, seen: asyncio.Event) -> None:
    """Cancel the request once the server is at its stall; the vendor's connections stay open until the server has seen it."""
    vendor, request = asked
    async with asyncio.timeout(GONE_S):
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(request)
            await stalled.wait()
            asking.cancel()
        await seen.wait()
    await vendor.close()


@pytest.mark.parametrize("ask", [transcript, reply, speech])
async def test_a_request_that_is_cancelled_before_its_answer_hangs_up(ask: Callable[[str], Asked]) -> None:
    async with OpenAIServer([Stall()]) as server:
        await cancelled(ask(server.url), server.stalled, server.hung_up)
        assert server.hung_up.is_set()


@pytest.mark.parametrize(
    ("ask", "begun"),
    [(transcript, HEARD), (reply, texts("We open")), (reply, tool_completion(("book", '{"at":"ten"}'))[:3]), (speech, SPOKEN)],
    ids=["a transcript", "words", "a call of a tool", "speech"],
)
async def test_an_answer_that_is_cancelled_in_its_middle_hangs_up(ask: Callable[[str], Asked], begun: Script) -> None:
    async with OpenAIServer([*begun, Stall()]) as server:
        await cancelled(ask(server.url), server.stalled, server.hung_up)
        assert server.hung_up.is_set()


@pytest.mark.parametrize(
    ("ask", "begun"),
    [(google_stream, []), (google_stream, [b"\x7f" * 800]), (google_in_one_piece, [])],
    ids=["before its sound", "in its middle", "in one piece"],
)
async def test_a_synthesis_of_google_that_is_cancelled_ends_at_the_server(
    ask: Callable[[str], Asked], begun: list[google_server.Step]
) -> None:
    async with GoogleServer([*begun, google_server.Stall()]) as server:
        await cancelled(ask(server.url), server.stalled, server.cancelled)
        assert server.cancelled.is_set()
