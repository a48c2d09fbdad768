"""The alarms are what promtool takes, ring in the cases that are written down, and each has its line of what to do."""

import re
import subprocess

import pytest
from prometheus_client import generate_latest

from common.config import Settings
from tests import debian
from tests.e2e.gateway_process import ROOT
from tests.repo.test_metrics import OPERATIONS, rows

FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "alerts.yml").read_text()
CASES = (FOLDER / "alerts_test.yml").read_text()
PROMETHEUS_OWN = {"up"}


@pytest.fixture(scope="module")
def promtool(speech_settings: Settings) -> list[str]:
    """Debian's, which is fetched the first time."""
    return debian.command("prometheus", "promtool", speech_settings.torim_cache, "debian-prometheus")


def run(command: list[str], given: str = "") -> tuple[int, str]:
    ended = subprocess.run(command, cwd=FOLDER, input=given, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_rules_are_well_formed(promtool: list[str]) -> None:
    code, said = run([*promtool, "check", "rules", "--lint-fatal", "alerts.yml"])
    assert (code, "19 rules found" in said) == (0, True), said


def test_names_and_units_are_prometheus_own(promtool: list[str]) -> None:
    assert run([*promtool, "check", "metrics"], generate_latest().decode()) == (0, "")


def test_prometheus_is_told_where_to_look(promtool: list[str]) -> None:
    code, said = run([*promtool, "check", "config", "prometheus.yml"])
    assert code == 0, said


@pytest.mark.long
def test_the_alarms_ring_when_they_should_and_not_before(promtool: list[str]) -> None:
    code, said = run([*promtool, "test", "rules", "alerts_test.yml"])
    assert code == 0, said


def test_each_alarm_has_a_line_of_what_to_do() -> None:
    named = re.findall(r"- alert: (\w+)\n(?:(?!- alert).*\n)*? +runbook: docs/operations\.md#(\w+)", RULES)
    lines = re.findall(r'^\| <a id="(\w+)"></a>`(\w+)` \| .+ \| .+ \|$', OPERATIONS, re.MULTILINE)
    assert [(anchor, name) for name, anchor in named] == lines
    assert [name for name, _ in named] == re.findall(r"- alert: (\w+)", RULES)
    assert all(anchor == name.lower() for name, anchor in named)


def test_what_the_alarms_look_at_is_told() -> None:
    told = {name for row in rows() for name in _names(row)}
    looked_at = set(re.findall(r"\b(?:torim_\w+|up)(?=[{\[ )])", " ".join(re.findall(r"expr: (.*)", RULES + "\n"))))
    assert looked_at - PROMETHEUS_OWN <= told
    assert len(looked_at) > 10


def _names(row: str) -> set[str]:
    name = row.split("`")[1].partition("{")[0]
    return {name + suffix for suffix in ("_bucket", "_count", "_sum")} if "| histogram |" in row else {name}


@pytest.mark.parametrize("ring", ["ring", "do not ring"])
def test_each_alarm_has_a_case_in_which_it_rings_and_one_in_which_it_does_not(ring: str) -> None:
    assert {name for name, rings in looks_at_alarms() if rings is (ring == "ring")} == set(re.findall(r"- alert: (\w+)", RULES))


def looks_at_alarms() -> list[tuple[str, bool]]:
    """Each look at an alarm in the cases, and whether it is to ring then."""
    looks = re.split(r"- (?=\{?eval_time)", CASES)[1:]
    return [(re.findall(r"alertname: (\w+)", look)[0], "exp_alerts" in look) for look in looks]
