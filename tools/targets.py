"""``python -m tools.targets > targets.json`` writes for Prometheus where this machine's processes tell their metrics.

The settings say how many there are. What is listed and does not answer rings ``TorimProcessGone``, so a list of all
ports there could be would not do; Prometheus reads the file again whenever it changes.
"""

import json
import sys
from dataclasses import replace
from typing import TypedDict

from common import config
from common.config import Settings
from common.errors import ConfigError
from common.metrics import port_of


class Service(TypedDict):
    """As Prometheus has it."""

    targets: list[str]
    labels: dict[str, str]


def targets(settings: Settings) -> list[Service]:
    """Each service with the addresses of its processes.

    Raises:
        ConfigError: they tell no metrics.
    """
    if not settings.metrics_port:
        raise ConfigError("METRICS_PORT is not set: no process tells its metrics")
    counts = {
        "gateway": settings.gateways,
        "asr_worker": settings.asr_workers,
        "llm_worker": settings.llm_workers,
        "tts_worker": settings.tts_workers,
    }
    return [_service(name, count, settings) for name, count in counts.items() if count]


def _service(name: str, count: int, settings: Settings) -> Service:
    ports = [port_of(name, replace(settings, process_number=number)) for number in range(count)]
    return {"targets": [f"{settings.metrics_host}:{port}" for port in ports], "labels": {"service": name}}


def main() -> int:
    """Print them."""
    try:
        found = targets(config.load())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
