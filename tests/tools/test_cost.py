"""The table of what calls cost."""

from pathlib import Path

import pytest

from common.command_line import EXIT_USAGE
from tools.cost import EXIT_DONE, main, table

MODEL = "requests:2,estimated:1,input_tokens:10,usd_of_use:0.5,usd_dropped:0.25,usd_unheard:0.000000"
HEAD = "EVENT call=CA1 turn=- COST day=2026-11-23 agent=clinic usd=0.75 unpriced=0"
LINES = [f"{HEAD} llm/v/m={MODEL}", "EVENT call=CA1 turn=3 TURN_ENDED how=replied", f"{HEAD.replace('CA1', 'CA2')} llm/v/m={MODEL}"]


def test_calls_of_a_day_and_agent_are_summed_by_model() -> None:
    assert table(LINES)[1:] == [
        ["2026-11-23", "clinic", "llm/v/m", "2", "4", "2", "0", "20", "0", "0", "1.5000", "0.5000", "0.0000"],
    ]


def test_a_model_without_a_price_has_no_sum() -> None:
    assert table([f"{HEAD} llm/v/m=requests:1,estimated:0,usd:unknown"])[1][-3:] == ["?", "?", "?"]


def test_logs_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "gateway.log"
    log.write_text("\n".join(LINES))
    assert main([str(log)]) == EXIT_DONE
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_log_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.log")]) == EXIT_USAGE
    assert "none.log" in capsys.readouterr().err
