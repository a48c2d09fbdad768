"""What is told to Prometheus is what stands in the docs, and the reverse."""

import re

from prometheus_client import Counter, Gauge, Histogram

from common import metrics
from tests.e2e.gateway_process import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def rows() -> list[str]:
    """The table of metrics as it has to stand in the docs."""
    return [_row(each) for each in vars(metrics).values() if isinstance(each, Counter | Gauge | Histogram)]


def _row(metric: Counter | Gauge | Histogram) -> str:
    (family,) = metric.describe()
    name = family.name + ("_total" if family.type == "counter" else "")
    labels = ", ".join(metric._labelnames)
    return f"| `{name}{{{labels}}}` | {family.type} | {family.documentation} |".replace("{}", "")


def test_every_metric_stands_in_the_docs_and_no_other() -> None:
    found = [line for line in OPERATIONS.splitlines() if re.match(r"\| `torim_\w+({.*})?` \| (counter|gauge|histogram) \|", line)]
    assert found == rows(), "\n".join(["the table in docs/operations.md has to be:", *rows()])
