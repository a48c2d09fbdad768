"""What is wrong with an agent, and at which key."""

import difflib
from collections.abc import Iterable

from common.errors import TorimError

KeyPath = tuple[str, ...]
"""Where a value stands: ``("hours", "friday")``."""


class Fault(TorimError):
    """The value of a key cannot be used."""

    def __init__(self, path: KeyPath, what: str) -> None:
        super().__init__(f"{'.'.join(path)}: {what}")
        self.path = path


def like(name: str, known: Iterable[str]) -> str:
    """Which of the known names is probably meant, for a message; "" if none is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (is {close[0]} meant?)" if close else ""
