"""How long it takes from ``make run`` until calls are answered, with scripted vendors: a model's loading time would be the disk's."""

import time
from pathlib import Path

from tests.bench.load.processes import CORES, on_core
from tests.e2e.launched import READY, launched


def seconds_to_ready(folder: Path) -> float:
    """Type ``make run`` in an installed checkout, and wait for its word; it has all cores, as it would have."""
    folder.mkdir()
    began = time.monotonic()
    with on_core(*CORES), launched(folder, make=True) as running:
        running.until_said(READY)
        return round(time.monotonic() - began, 2)
