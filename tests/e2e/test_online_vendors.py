"""A call over real processes with OpenAI's and Google's clients, which talk to small local servers in the true protocols."""

import asyncio
import io
import wave
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import house
from tests.e2e.placed import Placed, place
from tests.servers import real_server
from tests.vendors.google_server import GoogleServer
from tests.vendors.openai_server import OpenAIServer, Request, answer, hang_up_completion
from tts_worker.tones import tone

pytestmark = pytest.mark.e2e

SPOKEN = (9, 3)
"""Turn and sentence in whose tones everything is spoken."""


@dataclass(frozen=True)
class Answered:
    """A call, and what the vendors were asked."""

    placed: Placed
    uploads: list[Request]
    prompts: list[Request]
    said: list[str]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """A caller says hello, and a model says goodbye and hangs up."""
    return asyncio.run(_place(tmp_path_factory.mktemp("online")))


async def _place(folder: Path) -> Answered:
    async with (
        OpenAIServer(answer(200, {"text": "Hello, goodbye."})) as ears,
        OpenAIServer(hang_up_completion("We are closed", " today. Good", "bye!")) as mind,
        GoogleServer([tone(*SPOKEN, length_ms=400)]) as voice,
    ):
        with ExitStack() as stack:
            url = stack.enter_context(real_server()).url
            settings = {"OPENAI_API_KEY": "sk-test", "ASR_BASE_URL": ears.url, "LLM_BASE_URL": mind.url, "LANGUAGE": "en"}
            running = house(folder, url, TTS_VENDOR="google", TTS_BASE_URL=voice.url, GREETING="Good morning!", **settings)
            made = await asyncio.to_thread(stack.enter_context, running)
            hello = RECORDINGS / "short_en_hello.wav"
            placed = await asyncio.to_thread(place, made, folder / "call.wav", "--wav", hello, "--gap", "2")
        uploads = [request for request in ears.requests if request.path == "/v1/audio/transcriptions"]
        prompts = [request for request in mind.requests if request.path == "/v1/chat/completions"]
        return Answered(placed, uploads, prompts, [request.input.text for request in voice.streamed if request.input.text])


def test_the_call_is_answered(call: Answered) -> None:
    assert call.placed.result["code"] == 0


def test_the_callers_voice_is_uploaded_once(call: Answered) -> None:
    assert len(call.uploads) == 1


def test_the_upload_is_as_long_as_the_callers_words(call: Answered) -> None:
    with wave.open(io.BytesIO(call.uploads[0].form()["file"])) as file:
        assert file.getnframes() / file.getframerate() > 0.6


def test_the_key_goes_to_the_vendor(call: Answered) -> None:
    assert call.uploads[0].headers["authorization"] == "Bearer sk-test"


def test_the_model_is_asked_what_the_recogniser_heard(call: Answered) -> None:
    assert call.prompts[0].json["messages"][-1]["content"] == "Hello, goodbye."


def test_the_model_knows_the_greeting_that_was_heard(call: Answered) -> None:
    assert call.prompts[0].json["messages"][0]["content"].endswith("Good morning!")


def test_the_voice_speaks_the_models_sentences(call: Answered) -> None:
    assert call.said[-2:] == ["We are closed today.", "Goodbye!"]


def test_the_sentences_are_heard(call: Answered) -> None:
    assert [(heard.turn, heard.sentence) for heard in call.placed.tones[-2:]] == [SPOKEN, SPOKEN]


def test_the_model_hangs_up(call: Answered) -> None:
    assert "over: Hangup" in call.placed.result["timeline"]
