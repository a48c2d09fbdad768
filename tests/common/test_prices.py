"""The table of prices."""

from pathlib import Path

import pytest

from common import prices
from common.config import Settings
from common.errors import ConfigError
from common.messages import Use

ROW = '[[price]]\nvendor = "v"\nmodel = "m-*"\nsource = "s"\ndate = "2026-11-23"\n'


@pytest.mark.parametrize(
    ("use", "usd"),
    [
        (Use(vendor="openai", model="whisper-1", seconds=90), 0.009),
        (Use(vendor="openai", model="gpt-transcribe", seconds=60, input_tokens=600), 0.0045),
        (Use(vendor="openai", model="gpt-4o-mini", input_tokens=1_000_000, output_tokens=500_000), 0.45),
        (Use(vendor="google", model="he-IL-Chirp3-HD-Aoede", characters=1_000), 0.03),
        (Use(vendor="google", model="he-IL-Standard-A", characters=1_000), 0.004),
        (Use(vendor="google", model="en-US-Neural2-F", characters=1_000), 0.024),
        (Use(vendor="openai", model="gpt-6-luna-2026-09-30", input_tokens=1_000_000), 0.1),
    ],
)
def test_a_use_costs_what_its_row_says(use: Use, usd: float) -> None:
    assert prices.load().usd(use) == pytest.approx(usd)


def test_a_model_without_a_row_has_no_price() -> None:
    assert prices.load().usd(Use(vendor="openai", model="llama3")) is None


def test_a_snapshot_may_have_a_row_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(f"{ROW}minute = 6\n".replace("m-*", "m") + f"{ROW}minute = 12".replace("m-*", "m-2026-09-30"))
    used = [Use(vendor="v", model=f"m-2026-{month}-30", seconds=60) for month in ("08", "09")]
    assert [prices.load(file).usd(use) for use in used] == [6, 12]


def test_every_default_model_but_no_other_vendors_has_a_price() -> None:
    chosen, table = Settings(), prices.load()
    of_openai = (chosen.asr_model, chosen.asr_2_model, chosen.llm_model, chosen.llm_2_model, chosen.tts_openai_model)
    of_google = (chosen.tts_voice, chosen.tts_unary_voice)
    uses = [Use(vendor="openai", model=model) for model in of_openai] + [Use(vendor="google", model=voice) for voice in of_google]
    assert [use.model for use in uses if table.usd(use) is None] == []


def test_a_source_that_is_not_the_vendors_own_page_is_marked() -> None:
    own = ("https://developers.openai.com/",)
    assert [row.model for row in prices.load().rows if row.second_hand == row.source.startswith(own)] == []


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(f"{ROW}minute = 6")
    assert prices.load(file).usd(Use(vendor="v", model="m-1", seconds=1)) == pytest.approx(0.1)


@pytest.mark.parametrize("text", ["[[price", ROW + "minutes = 6", ROW.replace("2026-11-23", "today"), ROW + "minute = -1"])
def test_a_row_that_is_none_ends_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"^PRICES=.*prices\.toml: "):
        prices.load(file)


def test_a_table_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^PRICES=.*/mine\.toml: cannot be read \(No such file"):
        prices.load(tmp_path / "mine.toml")
