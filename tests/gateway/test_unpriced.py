"""What no limit of spending can see, told at the start."""

from pathlib import Path
from typing import Any

import pytest

from common import prices
from common.config import Settings
from gateway.unpriced import warn_of_no_price
from tests.common.agents.files import CLINIC, write

ALL_PAID = {
    "openai_api_key": "k", "asr_fallback": "openai_2", "llm_fallback": "openai_2",
    "tts_vendor": "google", "tts_fallback": "google_unary,openai",
}  # fmt: skip


def told(folder: Path, caplog: pytest.LogCaptureFixture, **settings: Any) -> list[str]:
    """Each name that is told, and where it is given."""
    warn_of_no_price(Settings(agents_dir=folder, **settings), prices.load())
    said = [record.getMessage().split() for record in caplog.records]
    assert all((words[0], words[3]) == ("what=no_price", "see=PRICES:") for words in said)
    return [f"{words[1]} {words[2]}" for words in said]


def test_what_is_chosen_by_default_has_a_price(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert told(tmp_path, caplog, **ALL_PAID, spend_per_day_usd=1.0) == []


@pytest.mark.parametrize(
    "setting", ["ASR_MODEL", "ASR_2_MODEL", "LLM_MODEL", "LLM_2_MODEL", "TTS_OPENAI_MODEL", "TTS_VOICE", "TTS_UNARY_VOICE"]
)
def test_a_name_without_a_price_is_told_with_its_setting(tmp_path: Path, caplog: pytest.LogCaptureFixture, setting: str) -> None:
    assert told(tmp_path, caplog, **ALL_PAID, **{setting.lower(): "nobody-knows"}, spend_per_day_usd=1.0) == [
        f"model=nobody-knows given={setting}"
    ]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('models = { asr = "a1" }', "a1"),
        ('models = { llm = "l1" }', "l1"),
        ('models = { tts = "t1" }\nvoice = "nova"', "t1"),
        ('voice = "he-IL-Studio-A"', "he-IL-Studio-A"),
    ],
)
def test_a_name_of_an_agents_file_is_told_with_its_line(tmp_path: Path, caplog: pytest.LogCaptureFixture, line: str, name: str) -> None:
    path = write(tmp_path, CLINIC + line)
    assert told(tmp_path, caplog, **ALL_PAID, spend_caller_per_day_usd=1.0) == [f"model={name} given={path}:6"]


def test_the_limit_of_a_file_is_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, CLINIC + "spend_per_day_usd = 1")
    assert told(tmp_path, caplog, openai_api_key="k", llm_model="nobody-knows") == ["model=nobody-knows given=LLM_MODEL"]


def test_without_any_limit_nothing_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert told(tmp_path, caplog, openai_api_key="k", llm_model="nobody-knows") == []


def test_what_costs_nothing_needs_no_price(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert told(tmp_path, caplog, llm_base_url="http://127.0.0.1:1", llm_model="llama3", spend_per_day_usd=1.0) == []
