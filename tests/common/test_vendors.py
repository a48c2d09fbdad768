"""The choice of vendors."""

import pytest

from common.config import Settings, load
from common.errors import ConfigError
from common.messages import Stage
from common.openai_client import second
from common.vendors import choose_vendors, servers_of, voice_name


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


def test_the_second_openai_stands_on_the_server_of_the_first() -> None:
    assert servers_of(Settings()) == {"openai_2": "openai"}


def test_the_second_openai_may_have_a_server_of_its_own() -> None:
    assert servers_of(Settings(openai_2_base_url="http://127.0.0.1:9000/v1")) == {}


def test_the_reason_names_the_setting() -> None:
    assert choose_vendors(Settings(openai_api_key="sk-1"))["llm"].why == "OPENAI_API_KEY is set"


def test_the_reason_of_a_named_vendor_is_its_variable() -> None:
    assert choose_vendors(Settings(tts_vendor="tone"))["tts"].why == "TTS_VENDOR=tone"


def test_the_reason_never_shows_the_key() -> None:
    assert "sk-1" not in str(choose_vendors(Settings(openai_api_key="sk-1")))


# --- Who is asked when it fails


@pytest.mark.parametrize(
    ("settings", "stage", "names"),
    [
        (Settings(), "llm", ("scripted",)),
        (Settings(openai_api_key="sk-1", asr_fallback="openai_2,whisper"), "asr", ("openai", "openai_2", "whisper")),
        (Settings(openai_api_key="sk-1", llm_fallback="openai,openai_2,openai_2"), "llm", ("openai", "openai_2")),
        (Settings(tts_vendor="google"), "tts", ("google", "google_unary")),
        (Settings(tts_vendor="google", tts_fallback="openai,local"), "tts", ("google", "openai", "local")),
        (Settings(tts_vendor="google", tts_fallback="none"), "tts", ("google",)),
        (Settings(tts_vendor="openai"), "tts", ("openai",)),
    ],
)
def test_the_order_is_the_settings(settings: Settings, stage: Stage, names: tuple[str, ...]) -> None:
    assert choose_vendors(settings)[stage].names == names


def test_a_vendor_that_is_not_known_ends_the_start() -> None:
    with pytest.raises(ConfigError, match="ASR_FALLBACK='openai,nobody': takes names of vendors"):
        load({"ASR_FALLBACK": "openai,nobody"})


def test_the_second_account_is_the_first_but_for_what_is_named() -> None:
    settings = Settings(openai_api_key="sk-1", llm_base_url="http://one/v1", llm_2_model="m2")
    assert (second(settings).openai_api_key, second(settings).llm_base_url, second(settings).llm_model) == ("sk-1", "http://one/v1", "m2")


def test_the_second_account_has_its_own_server_and_key() -> None:
    settings = Settings(openai_api_key="sk-1", llm_base_url="http://one/v1", openai_2_base_url="http://two/v1", openai_2_api_key="sk-2")
    assert (second(settings).openai_api_key, second(settings).llm_base_url, second(settings).asr_base_url) == (
        "sk-2",
        "http://two/v1",
        "http://two/v1",
    )


# --- What tells one voice from another


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(tts_vendor="openai"), "openai|coral|gpt-4o-mini-tts"),
        (Settings(tts_vendor="openai", openai_base_url="http://one/v1"), "openai|coral|gpt-4o-mini-tts|http://one/v1"),
        (
            Settings(tts_vendor="openai", openai_base_url="http://one/v1", tts_openai_base_url="http://two/v1"),
            "openai|coral|gpt-4o-mini-tts|http://two/v1",
        ),
        (Settings(tts_vendor="google"), "google|he-IL-Chirp3-HD-Aoede|"),
        (Settings(tts_vendor="google_unary"), "google_unary|he-IL-Wavenet-A"),
        (Settings(tts_vendor="local"), "local"),
    ],
)
def test_a_voice_is_named_by_all_that_makes_it_sound_as_it_does(settings: Settings, name: str) -> None:
    assert voice_name(settings) == name
