"""The alarms are what promtool takes, ring in the cases that are written down, and each has its line of what to do."""

import json
import re
import subprocess
from typing import get_args

import pytest
from prometheus_client import REGISTRY, generate_latest

from common import streams
from common.config import Settings
from common.errors import ConfigError
from common.messages import Stage
from gateway.load import Load
from gateway.turn.events import End
from tests import debian
from tests.e2e.gateway_process import ROOT
from tests.repo.test_metrics import OPERATIONS, rows
from tools.targets import targets

FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "alerts.yml").read_text()
CASES = (FOLDER / "alerts_test.yml").read_text()
PROMETHEUS_OWN = {"up"}
LABELS = {"service", "job", "instance"}
"""Of every series: by ``targets.json``, and by Prometheus."""
VALUES = {
    "stage": set(get_args(Stage)),
    "how": {*get_args(End), "phrase", "handed_over"},
    "kind": {"overloaded", "redis_away", "too_many_calls"},
    "job": {"torim"},
}
EXPRESSIONS = re.findall(r"expr: (?:>-\n +)?(.*(?:\n {10}.*)*)", RULES)


@pytest.fixture(scope="module")
def promtool(speech_settings: Settings) -> list[str]:
    """Debian's, which is fetched the first time."""
    return debian.command("prometheus", "promtool", speech_settings.torim_cache, "debian-prometheus")


def run(command: list[str], given: str = "") -> tuple[int, str]:
    ended = subprocess.run(command, cwd=FOLDER, input=given, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_rules_are_well_formed(promtool: list[str]) -> None:
    code, said = run([*promtool, "check", "rules", "--lint-fatal", "alerts.yml"])
    assert (code, "21 rules found" in said) == (0, True), said


def test_names_and_units_are_prometheus_own(promtool: list[str]) -> None:
    assert run([*promtool, "check", "metrics"], generate_latest().decode()) == (0, "")


def test_prometheus_is_told_where_to_look(promtool: list[str]) -> None:
    code, said = run([*promtool, "check", "config", "prometheus.yml"])
    assert code == 0, said


def test_the_list_of_targets_is_that_of_one_process_each() -> None:
    assert json.loads((FOLDER / "targets.json").read_text()) == targets(Settings(metrics_port=9100))


def test_every_process_that_the_settings_name_is_read() -> None:
    found = targets(Settings(metrics_port=9100, metrics_host="10.0.0.1", gateways=2, asr_workers=0, tts_workers=3))
    read = [address for service in found for address in service["targets"]]
    assert read == [f"10.0.0.1:{port}" for port in (9100, 9101, 9300, 9400, 9401, 9402)]


def test_processes_that_tell_no_metrics_are_no_targets() -> None:
    with pytest.raises(ConfigError, match="METRICS_PORT"):
        targets(Settings())


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
    looked_at = set(re.findall(r"\b(?:torim_\w+|up)(?=[{\[ )])", " ".join(EXPRESSIONS) + " "))
    assert looked_at - PROMETHEUS_OWN <= told
    assert len(looked_at) > 10


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_labels_that_an_alarm_looks_at_are_those_of_its_metrics(expression: str) -> None:
    known = {name: _labels(row) for row in rows() for name in _names(row)} | {"up": set[str]()}
    looked_at = {name: known[name] | LABELS for name in known if re.search(rf"\b{name}\b", expression)}
    grouped = {label for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in group.split(", ")}
    assert looked_at
    assert all(grouped <= labels for labels in looked_at.values())
    for name, selector in re.findall(r"(\w+){([^}]*)}", expression):
        chosen = dict(re.findall(r'(\w+)=~?"([^"]*)"', selector))
        assert set(chosen) <= looked_at[name]
        assert all(set(values.split("|")) <= VALUES[label] for label, values in chosen.items())


def test_the_docs_say_when_a_stream_is_half_full() -> None:
    (line,) = [line for line in OPERATIONS.splitlines() if "`TorimStreamHalfFull`" in line]
    assert f"over {streams.WORK_MAXLEN // 2:,} entries" in line
    assert f'(`stage="replies"`) over {streams.REPLIES_MAXLEN // 2:,}' in line


def test_the_docs_say_how_long_work_lies_unread_before_that_rings() -> None:
    (lasts,) = re.findall(r"- alert: TorimWorkersBehind\n.*\n +for: (\d+)s", RULES)
    assert f"| {lasts} s of that, or " in OPERATIONS


def test_the_kinds_of_refusals_are_told_before_the_first() -> None:
    Load(busy_after_s=1.0)
    assert all(REGISTRY.get_sample_value("torim_refused_total", {"kind": kind}) is not None for kind in VALUES["kind"])


def test_what_the_docs_have_one_ask_prometheus_is_tried() -> None:
    asked = re.findall(r"`([^`]*\brate\([^`]*)`", OPERATIONS)
    assert asked
    assert [each for each in asked if each not in CASES] == []


def _labels(row: str) -> set[str]:
    labels = row.split("`")[1].partition("{")[2].rstrip("}")
    return {*filter(None, labels.split(", ")), *({"le"} if "| histogram |" in row else ())}


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
