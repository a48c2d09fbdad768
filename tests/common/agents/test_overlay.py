"""What an agent's calls go by."""

from pathlib import Path

import pytest

from common.agents.overlay import address_of, house, settings_in, settings_of, spoken_language
from common.config import Settings
from common.phrases import phrases
from tests.common.agents.files import snapshot

SETTINGS = Settings(phrase_filler="רק שנייה", tts_voice="he-IL-Chirp3-HD-Leda", dedup_sec=5)


def test_without_a_file_the_settings_are_as_they_are() -> None:
    assert settings_in(house(SETTINGS), SETTINGS, "en") is SETTINGS


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    clinic = settings_of(snapshot(tmp_path, "[turns]\nmin_utt_sec = 0.9"), SETTINGS)
    assert (clinic.min_utt_sec, clinic.dedup_sec, clinic.tts_voice) == (0.9, 5, "he-IL-Chirp3-HD-Leda")


def test_voice_models_and_time_zone_are_the_agents(tmp_path: Path) -> None:
    more = 'voice = "he-IL-Chirp3-HD-Kore"\n[models]\nllm = "big"\n[hours]\ntime_zone = "Europe/Paris"'
    clinic = settings_of(snapshot(tmp_path, more), SETTINGS)
    assert (clinic.tts_voice, clinic.llm_model, clinic.time_zone) == ("he-IL-Chirp3-HD-Kore", "big", "Europe/Paris")


@pytest.mark.parametrize(
    ("voice", "models"), [("he-IL-Chirp3-HD-Kore", ("big", "gpt-4o-mini-tts")), ("coral", ("", "big"))], ids=["Google", "OpenAI"]
)
def test_the_model_that_speaks_is_of_the_vendor_whose_voice_it_is(tmp_path: Path, voice: str, models: tuple[str, str]) -> None:
    clinic = settings_of(snapshot(tmp_path, f'voice = "{voice}"\n[models]\ntts = "big"'), SETTINGS)
    assert (clinic.tts_model, clinic.tts_openai_model) == models


@pytest.mark.parametrize(("language", "filler"), [("he", "רגע בבקשה"), ("en-US", "Just a second")])
def test_phrases_are_the_agents_in_each_language(tmp_path: Path, language: str, filler: str) -> None:
    clinic = snapshot(tmp_path, '[phrases.en]\nfiller = "Just a second"')
    assert phrases(settings_in(clinic, SETTINGS, language), language).filler == filler


def test_the_greeting_is_in_the_first_language(tmp_path: Path) -> None:
    clinic = snapshot(tmp_path, 'greeting = "מרפאת הגליל, שלום"')
    said = [phrases(settings_in(clinic, SETTINGS, language), language).greeting for language in ("he", "en")]
    assert said == ["מרפאת הגליל, שלום", "Hello! How can I help you?"]


@pytest.mark.parametrize(
    ("address", "asked"), [("female", "את עדיין על הקו?"), ("male", "אתה עדיין על הקו?"), ("plural", "אתם עדיין על הקו?")]
)
def test_default_phrases_address_the_caller_as_the_agent_does(tmp_path: Path, address: str, asked: str) -> None:
    clinic = snapshot(tmp_path)
    assert phrases(settings_in(clinic, SETTINGS, "he"), "he", address).still_there == asked  # type: ignore[arg-type]


def test_the_settings_own_agent_addresses_as_ever() -> None:
    assert address_of(house(SETTINGS)) == ""


@pytest.mark.parametrize(("asked", "spoken"), [(None, "he"), ("en-GB", "en"), ("fr", "he")])
def test_a_call_begins_in_the_language_asked_for_if_the_agent_speaks_it(tmp_path: Path, asked: str | None, spoken: str) -> None:
    assert spoken_language(snapshot(tmp_path), asked) == spoken


def test_the_settings_own_agent_speaks_what_is_asked_for() -> None:
    assert spoken_language(house(SETTINGS), "fr") == "fr"
