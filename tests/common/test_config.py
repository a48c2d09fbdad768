"""Settings: read once, checked, and clear about what is wrong."""

import dataclasses
from pathlib import Path

import pytest

from common import config
from common.config import Settings
from common.errors import ConfigError


def test_nothing_set_gives_the_defaults() -> None:
    assert config.load({}) == Settings()


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("port", "9000", 9000),
        ("min_utt_sec", "0.9", 0.9),
        ("barge_in", "off", False),
        ("log_texts", "1", True),
        ("ws_mode", "ECHO", "ECHO"),
        ("greeting", "Hello", "Hello"),
        ("torim_cache", "/models", Path("/models")),
        ("record_dir", "/records", Path("/records")),
        ("vad_rms", "120", 120.0),
    ],
)
def test_a_variable_is_the_settings_name_in_capitals(name: str, raw: str, value: object) -> None:
    assert getattr(config.load({name.upper(): raw}), name) == value


@pytest.mark.parametrize("name", ["port", "min_utt_sec", "barge_in", "ws_mode", "torim_cache", "vad_rms", "drain_sec", "language"])
def test_an_empty_value_stands_for_the_default(name: str) -> None:
    assert getattr(config.load({name.upper(): ""}), name) == getattr(Settings(), name)


@pytest.mark.parametrize("name", ["greeting", "same_reply_suffix"])
def test_an_empty_text_is_a_text(name: str) -> None:
    assert getattr(config.load({name.upper(): ""}), name) == ""


@pytest.mark.parametrize(
    ("name", "raw", "takes"),
    [
        ("PORT", "http", "takes a whole number"),
        ("PORT", "0", "takes a whole number from 1 to 65535"),
        ("PORT", "65536", "takes a whole number from 1 to 65535"),
        ("MIN_UTT_SEC", "soon", "takes a number"),
        ("MIN_UTT_SEC", "nan", "takes a number"),
        ("MAX_TURN_SEC", "inf", "takes a number"),
        ("MIN_UTT_SEC", "0.1", "takes a number from 0.4 to 5"),
        ("BARGE_IN", "maybe", "takes true or false"),
        ("SPEND_PER_DAY_USD", "-1", "takes a number from 0"),
        ("GATEWAYS", "0", "takes a whole number from 1 to 64"),
        ("LANGUAGE", "!!", "takes a BCP 47 tag like he or en-US"),
        ("LANGUAGE", "en_US:en", "takes a BCP 47 tag like he or en-US"),
        ("ASR_VENDOR", "tone", "takes one of auto, openai, openai_2, whisper, scripted"),
    ],
)
def test_a_bad_value_is_said_with_the_variable_and_what_it_takes(name: str, raw: str, takes: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load({name: raw})
    assert str(caught.value).startswith(f"{name}={raw!r}: {takes}")


def test_a_language_of_the_desktop_is_told_apart() -> None:
    with pytest.raises(ConfigError, match="LANGUAGE of gettext"):
        config.load({"LANGUAGE": "en_US:en"})


@pytest.mark.parametrize("tag", ["he", "en-US", "zh-Hant-TW"])
def test_a_language_is_a_tag(tag: str) -> None:
    assert config.load({"LANGUAGE": tag}).language == tag


def test_tone_is_never_chosen_unasked() -> None:
    assert Settings().tts_vendor == "auto"


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_every_setting_says_what_it_means(field: "dataclasses.Field[object]") -> None:
    assert field.metadata["doc"]


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


# --- .env


def test_the_real_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=1111\nLANGUAGE=en\n")
    monkeypatch.setenv("PORT", "2222")
    settings = config.load(config.environment(tmp_path / ".env"))
    assert (settings.port, settings.language) == (2222, "en")


def test_a_file_that_is_not_there_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "2222")
    assert config.environment(tmp_path / ".env")["PORT"] == "2222"


def test_a_misspelt_name_in_the_file_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MIN_UTT_SECS=1\nPORT=1111\nbarge_in=false\n")
    assert config.unknown_names(tmp_path / ".env") == ["MIN_UTT_SECS", "barge_in"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read"):
        config.environment(tmp_path)
