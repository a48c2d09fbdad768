"""Tests that ask the real vendors are left out unless they are asked for by name."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what costs money."""
    if "account" in str(config.option.markexpr):
        return
    dear = [item for item in items if item.get_closest_marker("account")]
    if dear:
        config.hook.pytest_deselected(items=dear)
        items[:] = [item for item in items if item not in dear]
