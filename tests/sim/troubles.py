"""When what went wrong in a simulated call, so that a judge relaxes a rule there and nowhere else; and the outages of its Redis."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sim.memory_server import MemoryServer

_SHORT_S = (0.1, 0.8)
"""An outage that everybody waits for, and so loses nothing."""


@dataclass(slots=True)
class Troubles:
    """What went wrong, and for how long."""

    counts: Counter[str] = field(default_factory=Counter)
    tell: Callable[[str], object] = lambda line: None
    """Hears of each."""
    _windows: list[tuple[str, float, float]] = field(default_factory=list)

    def happen(self, name: str, lasts_s: float = 0.0) -> None:
        """It begins now."""
        now = asyncio.get_running_loop().time()
        self.counts[name] += 1
        self._windows.append((name, now, now + lasts_s))
        self.tell(f"{now:8.3f} ~ {name}, {lasts_s:.1f} s")

    def near(self, at_s: float, before_s: float, after_s: float, *kinds: str) -> bool:
        """Whether one of these kinds (first words of a name) lasted, or was over for less than ``after_s``, or came within ``before_s``."""
        return any(name.startswith(kinds) and began - before_s <= at_s <= ended + after_s for name, began, ended in self._windows)


async def hang_shortly(server: MemoryServer, rng: random.Random, troubles: Troubles) -> None:
    """Several times a call: nothing is lost of it, and nothing in time too late."""
    while True:
        await asyncio.sleep(rng.uniform(1.0, 10.0))
        lasts_s = rng.uniform(*_SHORT_S)
        troubles.happen("redis hangs", lasts_s)
        await server.hang(lasts_s)


async def strike(server: MemoryServer, rng: random.Random, troubles: Troubles) -> None:
    """Outages of 0.3 to 8 s, several a call: the server hangs, or restarts without its tail, or empty."""
    while True:
        await asyncio.sleep(rng.uniform(1.0, 10.0))
        lasts_s = min(8.0, rng.uniform(0.3, 2.0) * rng.choice((1.0, 1.0, 1.0, 4.0)))
        match rng.choice(("hangs", "tail", "empty")):
            case "hangs":
                troubles.happen("redis hangs", lasts_s)
                await server.hang(lasts_s)
            case "tail":
                tail_s = rng.choice((0.05, 0.3, 1.0, 2.5))
                troubles.happen("redis forgets its tail", tail_s + lasts_s)
                await server.restart(lasts_s, tail_s)
            case _:
                troubles.happen("redis forgets everything", lasts_s)
                await server.restart_empty(lasts_s)
