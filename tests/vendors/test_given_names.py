"""Names that settings and agents' files give and no vendor knows, told at the start; the official clients over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from asr_worker.vendors.openai import OpenAITranscriber
from asr_worker.vendors.openai import second as second_transcriber
from common.config import Settings
from common.lineup import Vendor
from llm_worker.vendors.openai import OpenAIModel
from llm_worker.vendors.openai import second as second_model
from tests.common.agents.files import CLINIC, write
from tests.vendors.google_server import GoogleServer
from tests.vendors.openai_server import OpenAIServer, Script, answer, refusal
from tests.vendors.openai_service import OpenAIService
from tts_worker.vendors.google import GoogleVoice, unary
from tts_worker.vendors.openai import OpenAIVoice

NOT_LISTED: Script = refusal(404)
EMPTY: Script = answer(200, {"object": "list", "data": []})


async def told(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is said of names while it warms up."""
    await vendor.warm_up()
    await vendor.close()
    return [record.getMessage() for record in caplog.records if "what=no_such" in record.getMessage()]


@asynccontextmanager
async def openai(folder: Path, listing: Any = None, **settings: str) -> AsyncIterator[Settings]:
    async with OpenAIServer(listing or OpenAIService()) as server:
        yield Settings(openai_base_url=server.url, agents_dir=folder, **settings)  # type: ignore[arg-type]


@asynccontextmanager
async def google(folder: Path, **settings: str) -> AsyncIterator[Settings]:
    async with GoogleServer([]) as server:
        yield Settings(tts_base_url=server.url, agents_dir=folder, tts_vendor="google", **settings)  # type: ignore[arg-type]


# --- Models


@pytest.mark.parametrize(
    ("vendor", "setting"),
    [
        (OpenAIModel, "LLM_MODEL"),
        (second_model, "LLM_2_MODEL"),
        (OpenAITranscriber, "ASR_MODEL"),
        (second_transcriber, "ASR_2_MODEL"),
        (OpenAIVoice, "TTS_OPENAI_MODEL"),
    ],
)
async def test_a_model_that_is_not_listed_is_told_with_the_setting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, vendor: Any, setting: str
) -> None:
    async with openai(tmp_path, **{setting.lower(): "gpt-lunna"}) as settings:
        assert await told(vendor(settings), caplog) == [f"what=no_such_model name=gpt-lunna see={setting}"]


async def test_models_that_are_listed_are_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with openai(tmp_path) as settings:
        for vendor in (OpenAIModel, second_model, OpenAITranscriber, OpenAIVoice):
            assert await told(vendor(settings), caplog) == []


@pytest.mark.parametrize(
    ("vendor", "key", "voice"), [(OpenAIModel, "llm", ""), (OpenAITranscriber, "asr", ""), (OpenAIVoice, "tts", 'voice = "coral"')]
)
async def test_an_agents_model_that_is_not_listed_is_told_with_file_and_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, vendor: Any, key: str, voice: str
) -> None:
    path = write(tmp_path, f'{CLINIC}{voice}\n[models]\n{key} = "gpt-lunna"')
    async with openai(tmp_path) as settings:
        assert await told(vendor(settings), caplog) == [f"what=no_such_model name=gpt-lunna see={path}:8"]


async def test_an_agents_model_is_not_held_against_a_vendor_that_takes_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, CLINIC + '[models]\nllm = "gpt-lunna"')
    async with openai(tmp_path) as settings:
        assert await told(second_model(settings), caplog) == []


async def test_a_model_of_googles_is_not_held_against_openais_list(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, CLINIC + 'voice = "he-IL-Chirp3-HD-Kore"\n[models]\ntts = "gemini-tts"')
    async with openai(tmp_path) as settings:
        assert await told(OpenAIVoice(settings), caplog) == []


@pytest.mark.parametrize("listing", [NOT_LISTED, EMPTY])
async def test_a_server_without_a_list_says_nothing_of_names(tmp_path: Path, caplog: pytest.LogCaptureFixture, listing: Script) -> None:
    async with openai(tmp_path, listing, llm_model="own") as settings:
        assert await told(OpenAIModel(settings), caplog) == []


async def test_a_model_may_be_listed_with_its_tag(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listing = answer(200, {"object": "list", "data": [{"id": "llama3.2:latest"}]})
    async with openai(tmp_path, listing, llm_model="llama3.2") as settings:
        assert await told(OpenAIModel(settings), caplog) == []


async def test_a_file_that_cannot_be_used_is_left_to_its_gateway(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, CLINIC.replace("female", "she") + '[models]\nllm = "gpt-lunna"')
    async with openai(tmp_path) as settings:
        assert await told(OpenAIModel(settings), caplog) == []


async def test_a_worker_without_agents_files_looks_at_the_settings_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with openai(tmp_path / "nowhere", llm_model="gpt-lunna") as settings:
        assert await told(OpenAIModel(settings), caplog) == ["what=no_such_model name=gpt-lunna see=LLM_MODEL"]


# --- Voices


@pytest.mark.parametrize(
    ("made", "setting", "voice"),
    [
        (GoogleVoice, "TTS_VOICE", "he-IL-Chirp3-HD-Nobody"),
        (GoogleVoice, "TTS_VOICE", "he-IL-Studio-O"),
        (unary, "TTS_UNARY_VOICE", "he-IL-Wavenet-Z"),
    ],
)
async def test_a_voice_that_is_not_listed_is_told_with_the_setting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, made: Any, setting: str, voice: str
) -> None:
    async with google(tmp_path, **{setting.lower(): voice}) as settings:
        assert await told(made(settings), caplog) == [f"what=no_such_voice name={voice} see={setting}"]


async def test_a_voice_is_told_that_the_language_of_calls_does_not_have(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with google(tmp_path, tts_voice="en-US-Studio-O") as settings:
        assert await told(GoogleVoice(settings), caplog) == ["what=no_such_voice name=he-IL-Studio-O see=TTS_VOICE"]


async def test_an_agents_voice_that_is_not_listed_is_told_with_file_and_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, CLINIC + 'voice = "he-US-Chirp3-HD-Kore"')
    async with google(tmp_path) as settings:
        assert await told(GoogleVoice(settings), caplog) == [f"what=no_such_voice name=he-US-Chirp3-HD-Kore see={path}:6"]


async def test_an_agents_language_that_the_voice_of_the_settings_does_not_speak_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, CLINIC.replace('["he", "en"]', '["xx", "en"]').replace("he =", "xx ="))
    async with google(tmp_path) as settings:
        assert await told(GoogleVoice(settings), caplog) == ["what=no_such_voice name=xx-XX-Chirp3-HD-Aoede see=TTS_VOICE"]


@pytest.mark.parametrize("voice", ["he-IL-Chirp3-HD-Kore", "coral"])
async def test_voices_that_are_listed_or_anothers_are_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, voice: str) -> None:
    write(tmp_path, CLINIC + f'voice = "{voice}"')
    async with google(tmp_path) as settings:
        assert await told(GoogleVoice(settings), caplog) == []


async def test_a_name_without_a_region_is_a_models_and_not_looked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with google(tmp_path, tts_voice="Kore", tts_model="gemini-tts") as settings:
        assert await told(GoogleVoice(settings), caplog) == []
