"""The folder of agents: at the start a fault ends it, later the last good one stays."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from common.agents.folder import Folder, named
from common.config import Settings
from common.errors import ConfigError
from tests.common.agents.files import CLINIC, folder_of, write


def save(folder: Path, text: str, key: str = "clinic") -> None:
    """Write it, at another time than before."""
    path = write(folder, text, key)
    was = path.stat().st_mtime_ns
    os.utime(path, ns=(was, was + 1_000_000 * len(text)))


def test_a_folder_that_is_named_and_not_there_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"^AGENTS_DIR={tmp_path}/none: is no folder; takes one that exists, with a file for each agent"):
        folder_of(tmp_path / "none")


def test_a_file_in_place_of_the_folder_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^AGENTS_DIR=.*clinic.toml: is no folder"):
        folder_of(write(tmp_path))


def test_an_agent_is_not_looked_for_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^AGENTS_DIR=.*none: is no folder"):
        named("clinic", Settings(agents_dir=tmp_path / "none"))


def test_files_of_rules_are_no_agents(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, "rule = []", "clinic.he.rules")
    assert set(folder_of(tmp_path).agents) == {"clinic"}


@pytest.mark.parametrize("key", ["Bakery", "my bakery", "מאפיה", "settings", "b" * 41])
def test_a_name_that_nobody_would_read_is_told(tmp_path: Path, key: str, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path)
    folder = folder_of(tmp_path)
    save(tmp_path, CLINIC, key)
    folder.reread()
    assert [record.getMessage().partition(f"{key}.toml: ")[2][:18] for record in caplog.records] == ["takes another name"]
    for use in (lambda: folder_of(tmp_path), lambda: named(key, Settings(agents_dir=tmp_path))):
        with pytest.raises(
            ConfigError, match=f"{key}.toml: takes another name: up to 40 small letters, digits, _ and -, and not 'settings'"
        ):
            use()
    assert set(folder.agents) == {"clinic"}


def test_a_fault_at_the_start_ends_it(tmp_path: Path) -> None:
    write(tmp_path, "name = 5")
    with pytest.raises(ConfigError):
        folder_of(tmp_path)


def test_two_agents_with_one_number_end_the_start(tmp_path: Path) -> None:
    for key in ("clinic", "shop"):
        write(tmp_path, CLINIC + 'numbers = ["*"]', key)
    with pytest.raises(ConfigError, match=r"shop.toml:6: numbers: '\*' in it is answered by clinic.toml already; takes one"):
        folder_of(tmp_path)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "vendor=local voice=en_US-joe-medium voice_is=male agent_is=female"),
        ({"tts_vendor": "google", "tts_fallback": "local"}, "vendor=local voice=en_US-joe-medium voice_is=male agent_is=female"),
        (
            {"tts_vendor": "google", "tts_fallback": "openai", "tts_openai_voice": "onyx"},
            "vendor=openai voice=onyx voice_is=male agent_is=female",
        ),
        (
            {"tts_vendor": "google", "tts_unary_voice": "he-IL-Wavenet-B"},
            "vendor=google_unary voice=he-IL-Wavenet-B voice_is=male agent_is=female",
        ),
    ],
)
def test_a_voice_of_the_other_gender_that_stands_in_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: dict[str, Any], told: str
) -> None:
    write(tmp_path)
    Folder(Settings(agents_dir=tmp_path, **settings))
    assert [record.getMessage() for record in caplog.records] == [f"agent=clinic what=voice_of_other_gender {told}"]


@pytest.mark.parametrize("settings", [{"tts_vendor": "google"}, {"tts_vendor": "openai"}, {"tts_vendor": "tone"}])
def test_voices_that_fit_or_that_nobody_knows_are_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: dict[str, Any]
) -> None:
    write(tmp_path)
    Folder(Settings(agents_dir=tmp_path, **settings))
    assert caplog.records == []


def test_an_agents_own_voice_decides_whose_stands_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, CLINIC + 'voice = "nova"')
    Folder(Settings(agents_dir=tmp_path, tts_vendor="openai", tts_fallback="google_unary", tts_unary_voice="he-IL-Wavenet-B"))
    assert caplog.records == []


def test_a_save_is_told_of_its_own_voices_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path)
    write(tmp_path, CLINIC, "shop")
    folder = Folder(Settings(agents_dir=tmp_path))
    caplog.clear()
    save(tmp_path, CLINIC + 'instructions = "Be kind."')
    folder.reread()
    assert [record.getMessage().partition(" ")[0] for record in caplog.records] == ["agent=clinic"]


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    write(tmp_path)
    folder = folder_of(tmp_path)
    save(tmp_path, CLINIC + 'instructions = "Be kind."')
    assert folder.reread()
    assert folder.agents["clinic"].agent.instructions == "Be kind."


def test_nothing_saved_is_nothing_new(tmp_path: Path) -> None:
    write(tmp_path)
    assert not folder_of(tmp_path).reread()


def test_saving_the_same_again_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    folder = folder_of(tmp_path)
    save(tmp_path, CLINIC)
    assert not folder.reread()


def test_a_broken_save_keeps_the_last_good_one_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path)
    folder = folder_of(tmp_path)
    save(tmp_path, CLINIC + "greeting = 5")
    with caplog.at_level(logging.ERROR):
        folder.reread()
    assert "clinic" in folder.agents
    assert "what=agent_kept" in caplog.text
    assert "clinic.toml:6: greeting: 5 does not fit" in caplog.text


def test_a_broken_new_file_is_ignored_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path)
    folder = folder_of(tmp_path)
    write(tmp_path, "name = 5", "shop")
    folder.reread()
    assert set(folder.agents) == {"clinic"}
    assert "what=agent_ignored" in caplog.text


def test_a_save_that_claims_anothers_number_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, CLINIC + 'numbers = ["*"]')
    folder = folder_of(tmp_path)
    write(tmp_path, CLINIC + 'numbers = ["*"]', "shop")
    assert not folder.reread()
    assert "what=agents_kept" in caplog.text


def test_a_file_that_is_gone_takes_its_agent_with_it(tmp_path: Path) -> None:
    path = write(tmp_path)
    folder = folder_of(tmp_path)
    path.unlink()
    folder.reread()
    assert folder.agents == {}


def test_changed_rules_are_read_again(tmp_path: Path) -> None:
    write(tmp_path, "rule = []", "clinic.en.rules")
    write(tmp_path, CLINIC + '[rules]\nen = "clinic.en.rules.toml"')
    folder = folder_of(tmp_path)
    save(tmp_path, "rule = [ ]", "clinic.en.rules")
    assert folder.reread()
