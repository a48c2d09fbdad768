"""The short form of ``make chaos``: about four minutes of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.__main__ import EXIT_CLEAN, EXIT_COMPLAINTS
from tests.chaos.aim import PHASES
from tests.chaos.director import plan
from tests.e2e.gateway_process import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.chaos]

KILLS = 30
_LAST_WORDS = 2000


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The figures of a run with a fixed seed, and its report in words."""
    out = tmp_path_factory.mktemp("chaos")
    command = [
        sys.executable,
        "-m",
        "tests.chaos",
        "--kills",
        str(KILLS),
        "--callers",
        "6",
        "--quiet",
        "18",
        "--seed",
        "1",
        "--out",
        str(out),
    ]
    environment = {"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode in (EXIT_CLEAN, EXIT_COMPLAINTS), ran.stderr[-_LAST_WORDS:]
    figures: dict[str, Any] = json.loads((out / "chaos.json").read_text(encoding="utf-8"))
    return figures | {"report": (out / "chaos.md").read_text(encoding="utf-8")}


def test_workers_died_in_every_phase_of_a_turn(found: dict[str, Any]) -> None:
    assert found["kills_by_phase"] == {phase: plan(KILLS).count(("kill", phase)) for phase in PHASES}


def test_workers_died_while_they_streamed_long_replies(found: dict[str, Any]) -> None:
    assert found["long_replies"]["streaming"] > 0


def test_every_other_fault_happened(found: dict[str, Any]) -> None:
    assert {kind for kind, count in found["other_faults"].items() if count} == {kind for kind, _ in plan(KILLS)} - {"kill"}


def test_tools_did_their_work_and_actions_were_carried_out(found: dict[str, Any]) -> None:
    assert (found["tools"]["once"] > 0, [name for name, counts in found["actions"].items() if not counts["done"]]) == (True, [])


def test_no_caller_has_a_complaint(found: dict[str, Any]) -> None:
    assert not any(found["complaints"].values()), "\n".join(found["stories"])


def test_no_call_was_dropped(found: dict[str, Any]) -> None:
    assert (found["dropped_calls"], found["violations"]) == (0, 0), found["report"].partition("Complaints:")[2]


def test_nothing_is_left_behind_in_redis(found: dict[str, Any]) -> None:
    assert not any(found["left_behind"].values()), found["left_behind"]


def test_the_report_has_its_plot(found: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert "(chaos.svg)" in found["report"]
    assert list(Path(tmp_path_factory.getbasetemp()).glob("chaos*/chaos.svg"))
