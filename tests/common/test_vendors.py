"""The choice of vendors."""

import pytest

from common.config import Settings
from common.messages import Stage
from common.vendors import choose_vendors


@pytest.mark.parametrize(
    ("settings", "stage", "name"),
    [
        (Settings(), "asr", "whisper"),
        (Settings(), "llm", "scripted"),
        (Settings(), "tts", "local"),
        (Settings(openai_api_key="sk-1"), "asr", "openai"),
        (Settings(openai_api_key="sk-1"), "llm", "openai"),
        (Settings(openai_api_key="sk-1"), "tts", "local"),
        (Settings(llm_base_url="http://127.0.0.1:11434/v1"), "asr", "whisper"),
        (Settings(llm_base_url="http://127.0.0.1:11434/v1"), "llm", "openai"),
        (Settings(asr_base_url="http://127.0.0.1:9000/v1"), "asr", "openai"),
        (Settings(openai_base_url="http://127.0.0.1:11434/v1"), "llm", "scripted"),
        (Settings(google_application_credentials="key.json"), "tts", "google"),
        (Settings(openai_api_key="sk-1", asr_vendor="scripted"), "asr", "scripted"),
        (Settings(openai_api_key="sk-1", llm_vendor="scripted"), "llm", "scripted"),
        (Settings(google_application_credentials="key.json", tts_vendor="tone"), "tts", "tone"),
    ],
)
def test_the_settings_decide_the_vendor(settings: Settings, stage: Stage, name: str) -> None:
    assert choose_vendors(settings)[stage].name == name


def test_the_reason_names_the_setting() -> None:
    assert choose_vendors(Settings(openai_api_key="sk-1"))["llm"].why == "OPENAI_API_KEY is set"


def test_the_reason_of_a_named_vendor_is_its_variable() -> None:
    assert choose_vendors(Settings(tts_vendor="tone"))["tts"].why == "TTS_VENDOR=tone"


def test_the_reason_never_shows_the_key() -> None:
    assert "sk-1" not in str(choose_vendors(Settings(openai_api_key="sk-1")))
