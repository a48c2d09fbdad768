"""A rule that does not hold in a simulated call."""

from collections.abc import Callable

Check = Callable[[bool, str], None]
"""Fails the call with these words unless it holds."""


class BrokenRule(AssertionError):
    """A rule does not hold in this call."""
