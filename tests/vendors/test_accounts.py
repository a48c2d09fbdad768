"""The real vendors, each asked once for a few words: ``pytest tests/vendors -m account -rP`` says what was used of each.

Never run unless asked for by that mark. Keys are read from the environment, as in production; without one the test of its
vendor fails and names it. Told is what vendors bill by (seconds, tokens, characters), and its price by ``common/prices.toml``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asr_worker.vendors.openai import OpenAITranscriber
from common import openai_client, prices, usage
from common.audio import duration_ms, wav_to_mulaw
from common.config import Settings, load
from llm_worker.vendors.base import Prompt
from llm_worker.vendors.openai import OpenAIModel
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


@contextmanager
def billed() -> Iterator[None]:
    """Tells what is used inside of the block."""
    with usage.collected() as uses:
        yield
    for use in uses:
        usd = prices.load().usd(use)
        print(f"used: {use}, {'of unknown price' if usd is None else f'{usd:.6f} US dollars'}")  # noqa: T201 - it is asked for to be read
    assert uses


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe", "gpt-transcribe"])
async def test_openai_hears(openai: Settings, model: str) -> None:
    vendor = OpenAITranscriber(Settings(openai_api_key=openai.openai_api_key, asr_model=model))
    with billed():
        heard = await vendor.transcribe(SPOKEN, language="en", turn=1)
    await vendor.close()
    assert "try again" in heard.lower()


async def test_openai_answers(openai: Settings) -> None:
    vendor = OpenAIModel(openai)
    with billed():
        said = "".join([piece async for piece in vendor.reply(PROMPT) if isinstance(piece, str)])
    await vendor.close()
    assert said


async def test_openai_tells_usage_in_a_stream(openai: Settings) -> None:
    vendor = OpenAIModel(openai)
    with usage.collected() as uses:
        _ = [piece async for piece in vendor.reply(PROMPT)]
    await vendor.close()
    assert [use.estimated for use in uses] == [False]


async def test_the_default_models_live_on(openai: Settings) -> None:
    async with openai_client.client(openai, "") as client:
        listed = (await client.models.with_raw_response.list()).content
    defaults = (openai.asr_model, openai.asr_2_model, openai.llm_model, openai.llm_2_model)
    assert openai_client.shutdown_dates(listed).items() >= dict.fromkeys(defaults, "").items()


async def speaks(vendor: Voice) -> None:
    with billed():
        sound = b"".join([piece async for piece in vendor.synthesise(SENTENCE) if isinstance(piece, bytes)])
    await vendor.close()
    assert 500 < duration_ms(sound) < 6000


async def test_openai_speaks(openai: Settings) -> None:
    await speaks(OpenAIVoice(openai))


async def test_google_speaks_as_a_stream(google: Settings) -> None:
    await speaks(GoogleVoice(google))


async def test_google_speaks_in_one_piece(google: Settings) -> None:
    await speaks(unary(google))
