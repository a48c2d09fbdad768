"""The real vendors, each asked once for a few words: ``pytest tests/vendors -m account -rP`` says what was used of each.

Never run unless asked for by that mark. Keys are read from the environment, as in production; without one the test of its
vendor fails and names it. What is told is what vendors bill by (seconds, tokens, characters): prices change.
"""

from pathlib import Path

import pytest

from asr_worker.vendors.openai import OpenAITranscriber
from common import openai_client
from common.audio import duration_ms, wav_to_mulaw
from common.config import Settings, load
from llm_worker.vendors.base import Prompt
from llm_worker.vendors.openai import INSTRUCTIONS, OpenAIModel, messages_of
from tts_worker.vendors.base import SpeechRequest, Voice
from tts_worker.vendors.google import GoogleVoice, unary
from tts_worker.vendors.openai import OpenAIVoice

pytestmark = pytest.mark.account

SPOKEN = wav_to_mulaw(Path(__file__).parents[1] / "data" / "callers" / "short_en_please-try-again.wav")
SENTENCE = SpeechRequest("שלום, איך אפשר לעזור?", "he")
PROMPT = Prompt("Say yes.", "en", 1)


@pytest.fixture
def settings() -> Settings:
    return load()


@pytest.fixture
def openai(settings: Settings) -> Settings:
    assert settings.openai_api_key, "OPENAI_API_KEY is not set, and this test asks OpenAI"
    return settings


@pytest.fixture
def google(settings: Settings) -> Settings:
    assert settings.google_application_credentials, "GOOGLE_APPLICATION_CREDENTIALS is not set, and this test asks Google"
    return settings


def used(what: str) -> None:
    print(f"used: {what}")  # noqa: T201 - it is asked for to be read


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe", "gpt-transcribe"])
async def test_openai_hears(openai: Settings, model: str) -> None:
    vendor = OpenAITranscriber(Settings(openai_api_key=openai.openai_api_key, asr_model=model))
    heard = await vendor.transcribe(SPOKEN, language="en", turn=1)
    await vendor.close()
    used(f"{model}, {duration_ms(SPOKEN) / 1000:.1f} s of sound, {len(heard)} letters back")
    assert "try again" in heard.lower()


async def test_openai_answers(openai: Settings) -> None:
    vendor = OpenAIModel(openai)
    said = "".join([piece async for piece in vendor.reply(PROMPT) if isinstance(piece, str)])
    await vendor.close()
    used(f"{openai.llm_model}, about {len(said) // 4 + 1} tokens of answer")
    assert said


async def test_openai_tells_usage_in_a_stream(openai: Settings) -> None:
    async with openai_client.client(openai, openai.llm_base_url) as client:
        messages: list = messages_of(PROMPT, INSTRUCTIONS)  # type: ignore[type-arg]
        stream = await client.chat.completions.create(
            model=openai.llm_model, messages=messages, stream=True, stream_options={"include_usage": True}
        )
        usage = [chunk async for chunk in stream][-1].usage
    assert usage is not None
    used(f"{openai.llm_model}, {usage.prompt_tokens} tokens of prompt, {usage.completion_tokens} of answer")


async def speaks(vendor: Voice, name: str) -> None:
    sound = b"".join([piece async for piece in vendor.synthesise(SENTENCE) if isinstance(piece, bytes)])
    await vendor.close()
    used(f"{name}, {len(SENTENCE.text)} characters, {duration_ms(sound) / 1000:.1f} s of sound")
    assert 500 < duration_ms(sound) < 6000


async def test_openai_speaks(openai: Settings) -> None:
    await speaks(OpenAIVoice(openai), openai.tts_openai_model)


async def test_google_speaks_as_a_stream(google: Settings) -> None:
    await speaks(GoogleVoice(google), google.tts_voice)


async def test_google_speaks_in_one_piece(google: Settings) -> None:
    await speaks(unary(google), google.tts_unary_voice)
