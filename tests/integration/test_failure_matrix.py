"""The table of failures has every row."""

from tests.e2e.gateway_process import ROOT
from tests.integration.failure_matrix import BEGIN, CASES, END


def test_the_documents_table_has_a_row_for_every_fault_of_every_stage() -> None:
    table = (ROOT / "docs" / "vendors.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [line.split(" | ")[:2] for line in table.splitlines()[2:]]
    assert rows == [[f"| {case.stage.upper()}", case.fault] for case in CASES if not case.another]
