"""A clock for tests."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds, as the test says."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s
