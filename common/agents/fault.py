"""What is wrong with an agent, and at which key."""

import difflib
from collections.abc import Collection, Iterable

from common.errors import TorimError

KeyPath = tuple[str, ...]
"""Where a value stands: ``("hours", "friday")``."""


class Fault(TorimError):
    """The value of a key cannot be used."""

    def __init__(self, path: KeyPath, what: str) -> None:
        super().__init__(f"{'.'.join(path)}: {what}")
        self.path = path


def astray(key: str, keys: Collection[str], whose: str = "agent") -> str:
    """What is said of a key that stands in a table, and is one of the agent's own: TOML gives a table all that stands below its name."""
    return f" here (a key of the {whose} itself stands above the first [table])" if key in keys else ""


def like(name: str, known: Iterable[str]) -> str:
    """Which of the known names is probably meant, for a message; "" if none is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (is {close[0]} meant?)" if close else ""
