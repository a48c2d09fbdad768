"""All that one call writes to Redis, in order, through one bounded queue (R7).

The media path only puts in; a task of the call's own takes out, one write after the other, so the
history of turn n is there before the utterance of turn n + 1. Redis may stall: then the
queue fills, and of what is put into a full one the oldest that is not owed is dropped and counted; the call
goes on with fillers and fallbacks.

Where another stream took the call over, its writes are refused: then nothing more is written, and the call is told.

A write that is *owed* (history, the turn's number) is tried until it is done; any other one is
given up with the bus's own deadline, since the turn that wanted it is over by then. What may wait is written where nothing else is left
to write: nobody's answer stands in line behind it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.errors import BusUnavailable, NotOwner

logger = logging.getLogger("torim.gateway")

CAPACITY = 500

Write = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Entry:
    what: str
    write: Write
    owed: bool
    wanted: Callable[[], bool]


def _always() -> bool:
    return True


def _nothing() -> None:
    pass


class Outbox:
    """The ordered writes of one call."""

    def __init__(self, call: str, refused: Callable[[], None]) -> None:
        """``refused`` is called once another stream turns out to have the call."""
        self.dropped = 0
        self._call = call
        self._refused = refused
        self._entries: deque[_Entry] = deque()
        self._last: _Entry | None = None
        """What is written when there are no entries."""
        self._wake = asyncio.Event()
        self._closing = False
        self._running: tuple[_Entry, asyncio.Timeout] | None = None

    def put(self, what: str, write: Write, *, owed: bool = False, wanted: Callable[[], bool] = _always) -> None:
        """Queue a write; it is skipped if it is not ``wanted`` any more when its time comes."""
        if len(self._entries) >= CAPACITY and not self._make_room(what):
            return
        self._entries.append(_Entry(what, write, owed, wanted))
        self._wake.set()

    def put_last(self, what: str, write: Write) -> None:
        """Have this written once nothing else is left; in the place of what waits so already."""
        self._last = _Entry(what, write, owed=False, wanted=_always)
        self._wake.set()

    def _make_room(self, what: str) -> bool:
        """Drop the oldest write that is not owed; False if all are: then the new one is lost."""
        self.dropped += 1
        if self.dropped == 1:
            logger.error("call=%s what=outbox_full new=%s", self._call, what)
        expendable = next((entry for entry in self._entries if not entry.owed), None)
        if expendable is None:
            return False
        self._entries.remove(expendable)
        return True

    def stop_unwanted(self) -> None:
        """End the write that runs, if it is not wanted any more: it may have been waiting for Redis."""
        if self._running is not None and not self._running[0].wanted():
            self._running[1].reschedule(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Nothing more will be put in: ``run`` returns when all is written."""
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Write, in order, until closed and empty."""
        try:
            await self._write_all()
        finally:
            self._refused = _nothing  # it is the call's: who knows each other in circles is not freed at once

    async def _write_all(self) -> None:
        while True:
            while (entry := self._next()) is not None:
                await self._write(entry)
            if self._closing:
                return
            await self._wake.wait()
            self._wake.clear()

    def _next(self) -> _Entry | None:
        if self._entries:
            return self._entries.popleft()
        last, self._last = self._last, None
        return last

    async def _write(self, entry: _Entry) -> None:
        try:
            async with asyncio.timeout(None) as limit:
                self._running = entry, limit
                await self._insist(entry)
        except TimeoutError:
            logger.info("call=%s what=%s stopped=unwanted", self._call, entry.what)
        finally:
            self._running = None

    async def _insist(self, entry: _Entry) -> None:
        while entry.wanted():
            try:
                await entry.write()
            except BusUnavailable as trouble:
                logger.warning("call=%s what=%s error=%s owed=%s", self._call, entry.what, trouble, entry.owed)
                if entry.owed:
                    continue
            except NotOwner:
                self._entries.clear()
                self._refused()
            return
