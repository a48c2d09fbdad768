"""What work with effects needs of its worker's loop: a shield, and word of commits (R11).

    handler ── shielded(work) ──▶ a task of the worker's own ──▶ its result, to the handler if that still waits
        │ cancelled: the turn was raised past, or the entry is lost
        └── ends; the work goes on to its own end

Rules:

- What is shielded ends by itself, when a drain's time is up, or with the worker (INT). It is then as if the
  worker was killed: nothing is written, so whoever looks finds it started and must call its outcome unknown.
- At most ``LIMIT`` of them run at a time, their entries' slots being free long before; beyond it nothing is begun.
- Word of a commit comes with the news or, if that was missed, with a renewal; whether it holds the bus decides.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from common.errors import TorimError

LIMIT = 64

T = TypeVar("T")
logger = logging.getLogger("torim.common")


class TooManyEffects(TorimError):
    """As much is shielded as may be; nothing was begun."""


class Effects:
    """One a worker: handed to its handler and to ``run_worker``."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None
        self._ended: Callable[[], None] = lambda: None
        self._running: set[asyncio.Task[None]] = set()
        self._awaited: dict[asyncio.Event, tuple[str, int]] = {}

    @property
    def running(self) -> int:
        """How many are on their way."""
        return len(self._running)

    # For the worker's loop

    def begin(self, group: asyncio.TaskGroup, ended: Callable[[], None]) -> None:
        """Run in this group from now on; ``ended`` is called after each."""
        self._group, self._ended = group, ended

    def committed(self, call: str, turn: int) -> None:
        """A turn is said to be committed."""
        for told, turn_of_it in self._awaited.items():
            if turn_of_it == (call, turn):
                told.set()

    def abandon(self) -> None:
        """Cancel what still runs: the worker ends."""
        for task in self._running:
            task.cancel()

    # For handlers

    async def shielded(self, work: Callable[[], Awaitable[T]]) -> T:
        """What ``work`` comes to. If the waiting is cancelled, the work is not.

        Raises:
            TooManyEffects: and whatever the work raises.
        """
        assert self._group is not None, "run_worker was not given these effects"
        if len(self._running) >= LIMIT:
            raise TooManyEffects
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        task = self._group.create_task(self._carry_out(work, result))
        self._running.add(task)
        task.add_done_callback(self._over)
        return await result

    async def until_committed(self, call: str, turn: int, limit_s: float) -> None:
        """Return when the turn is said to be committed, and after ``limit_s`` in any case."""
        told = asyncio.Event()
        self._awaited[told] = call, turn
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await told.wait()
        finally:
            del self._awaited[told]

    async def _carry_out(self, work: Callable[[], Awaitable[T]], result: "asyncio.Future[T]") -> None:
        try:
            outcome = await work()
        except Exception as error:  # noqa: BLE001 - it goes to the handler, as if that had done the work itself
            if result.done():
                logger.error("what=effects_failed_unheard error=%s", type(error).__name__)
            else:
                result.set_exception(error)
        else:
            if not result.done():
                result.set_result(outcome)
        finally:
            result.cancel()

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._ended()
