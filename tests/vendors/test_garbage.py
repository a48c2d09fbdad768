"""Answers that are readable and yet none, from a server over a real socket: each is told as one failure, and the next vendor answers."""

import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from asr_worker.lineup import Transcribers
from asr_worker.vendors.openai import OpenAITranscriber
from common.audio import silence
from common.config import Settings
from common.lineup import Lineup
from llm_worker.lineup import Models
from llm_worker.vendors.base import Prompt
from llm_worker.vendors.openai import OpenAIModel
from tests.vendors.openai_server import DONE, END_OF_BODY, STREAM_HEAD, OpenAIServer, Script, document, http_chunk
from tests.vendors.openai_service import OpenAIService
from tts_worker.lineup import Voices
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.openai import OpenAIVoice

Ask = Callable[[str, str], Coroutine[Any, Any, str]]
"""Asks the server at the first address, and behind it the one at the second, and says what came."""
NONE_AT_ALL: list[Any] = [None, [], 5, "words", {}, [None], {"text": None}, {"type": None}, {"choices": None}, {"choices": [{}]}]
NONE_AT_ALL += [{"choices": [None]}, {"choices": [{"delta": None}]}, {"choices": 5}, {"usage": 5}, {"type": "transcript.text.done"}]


async def heard(first: str, second: str) -> str:
    vendors = [(name, OpenAITranscriber(Settings(asr_base_url=url))) for name, url in (("openai", first), ("openai_2", second))]
    ears = Transcribers(Lineup("asr", vendors))
    said = await ears.transcribe(silence(500), language="en", turn=1)
    await ears.close()
    return said


async def replied(first: str, second: str) -> str:
    minds = Models(
        Lineup("llm", [(name, OpenAIModel(Settings(llm_base_url=url))) for name, url in (("openai", first), ("openai_2", second))])
    )
    said = "".join([piece async for piece in minds.reply(Prompt("when do you open?", "en", 1)) if isinstance(piece, str)])
    await minds.close()
    return said


async def spoken(first: str, second: str) -> str:
    vendors = [(name, OpenAIVoice(Settings(tts_openai_base_url=url))) for name, url in (("openai", first), ("local", second))]
    voices = Voices(Lineup("tts", vendors, may_be_empty=False))
    sound = [piece async for piece in voices.synthesise(SpeechRequest("Hello!", "en")) if isinstance(piece, bytes)]
    await voices.close()
    return f"{len(b''.join(sound))} bytes"


GOOD: dict[Ask, str] = {heard: "hello there", replied: "We open at nine.", spoken: "4000 bytes"}


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if " after_ms=" in record.getMessage()]


async def came_of(ask: Ask, script: Script) -> str:
    async with OpenAIServer(script) as bad, OpenAIServer(OpenAIService()) as good:
        return await ask(bad.url, good.url)


def as_document(answer: object) -> Script:
    return document(200, "application/json", json.dumps(answer).encode())


def as_event(answer: object) -> Script:
    return [STREAM_HEAD, http_chunk(b"data: " + json.dumps(answer).encode() + b"\n\n"), http_chunk(DONE) + END_OF_BODY]


@pytest.mark.parametrize("answer", NONE_AT_ALL, ids=repr)
@pytest.mark.parametrize("script", [as_document, as_event])
@pytest.mark.parametrize("ask", list(GOOD))
async def test_json_that_is_no_answer_goes_to_the_next_vendor(
    ask: Ask, script: Callable[[object], Script], answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="torim")
    assert await came_of(ask, script(answer)) == GOOD[ask]
    assert [
        line.startswith(("stage=asr vendor=openai ", "stage=llm vendor=openai ", "stage=tts vendor=openai ")) for line in told(caplog)
    ] == [True]


HEADS = [b"content-type: application/json", b"content-type: text/event-stream", b"content-type: audio/pcm"]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("ask", list(GOOD))
async def test_a_body_that_cannot_be_unpacked_goes_to_the_next_vendor(ask: Ask, head: bytes, caplog: pytest.LogCaptureFixture) -> None:
    packed = b"HTTP/1.1 200 OK\r\n" + head + b"\r\ncontent-encoding: gzip\r\ncontent-length: 6\r\n\r\n\x1f\x8b{{{{"
    assert await came_of(ask, [packed]) == GOOD[ask]
    assert len(told(caplog)) == 1
