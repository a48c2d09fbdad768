"""What is wrong with an agent, and at which key."""

from common.errors import TorimError

KeyPath = tuple[str, ...]
"""Where a value stands: ``("hours", "friday")``."""


class Fault(TorimError):
    """The value of a key cannot be used."""

    def __init__(self, path: KeyPath, what: str) -> None:
        super().__init__(f"{'.'.join(path)}: {what}")
        self.path = path
