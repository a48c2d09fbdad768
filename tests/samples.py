"""A few of many for `make check`; `make test` takes them all."""

from collections.abc import Iterable
from typing import Any

import pytest


def few(items: Iterable[Any], count: int) -> list[Any]:
    """Parameters of which all but the first are long."""
    return [item if number < count else pytest.param(item, marks=pytest.mark.long) for number, item in enumerate(items)]
