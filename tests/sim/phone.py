"""The provider's side of a simulated call: frames, keys and marks, over one stream or several, one after the other or two at once.

::

    caller ── frames, in bursts after gaps ──▶ stream 1 ──╳ the socket dies, no stop
                                 nobody hears ────────────┤ 0.2 to 3 s
                                                stream 2 ─┘ again=1 ───┐ a second stream, the first one lives
                                                           stream 3 ───┘ ──▶ stop, stop
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from common.errors import BusUnavailable
from gateway.beginning import UNANSWERED
from gateway.call import LiveCall
from gateway.switchboard import Switchboard
from gateway.telephony.base import CallStarted, CallStopped
from gateway.turn.machine import BotState
from tests.sim.caller import Caller
from tests.sim.judge import Judge
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.loudness import Loudness
from tests.sim.shell_line import CALL, JudgedMachine, ShellLine
from tests.sim.troubles import Troubles

LIMIT_S = 200.0
_ANSWER_S = 1.0
_WRITTEN_S = 5.0
"""A stream that ends waits no longer for what it has to write."""
_CHANGE = 1 / 300
"""Chance a frame that the stream changes, where streams change at all."""


@dataclass(slots=True)
class Phone:
    """One call, to its end."""

    rng: random.Random
    caller: Caller
    weather: Weather
    judge: Judge
    board: Switchboard
    troubles: Troubles
    hangs_up_at_s: float
    changes: int = 0
    """How often the stream may change."""
    rx: int = 0
    tx: int = 0
    machine: JudgedMachine | None = None
    """The newest stream's; whoever makes it sets it."""
    line: Line = field(init=False)
    loudness: Loudness = field(init=False)
    goes_to: Callable[[str], Awaitable[bytes | None]] | None = None
    """Asked as ``/twilio/after`` is, where a stream ends and its call does not."""
    _unanswered: bool = False
    _again: int = 0
    _streams: int = 0
    _owed: int = 0
    _stalled_until_s: float = 0.0

    async def talk(self) -> None:
        """All streams of the call."""
        async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks:
            while not await self._stream(tasks):
                pass

    async def _stream(self, tasks: asyncio.TaskGroup) -> bool:
        """One stream, until it is over (True), or the call goes on with another one."""
        shell, call, running = self._answered(tasks)
        while not running.done():
            await asyncio.sleep(FRAME_S)
            self._step(shell, call)
            if self.changes and not self._is_over() and self.rng.random() < _CHANGE * (1 if self.caller.silent else 2):
                self.changes -= 1
                await self._change(shell, call)
                return False
        self._count(shell)
        if self._is_over() and not running.result():
            return await self._put_through()
        self.judge.check(running.result(), "the newest stream left")
        return True

    async def _put_through(self) -> bool:
        """Where the call goes is known, unless Redis is in trouble; whether somebody answers there."""
        assert self.goes_to is not None
        told = None
        with suppress(TimeoutError, BusUnavailable):
            async with asyncio.timeout(_ANSWER_S):
                told = await self.goes_to(CALL)
        now = asyncio.get_running_loop().time()
        self.judge.check(told is not None or self.troubles.near(now, 0.0, _WRITTEN_S, "redis"), "nobody knows where the call goes")
        self.troubles.counts["transfer known" if told else "transfer forgotten"] += 1
        self._unanswered = told is not None
        if self._unanswered and self.rng.random() < 0.5:
            return True
        self._again += 1
        await self._away()
        return False

    async def _away(self) -> None:
        """The caller hears that it rings, or nothing."""
        for _ in range(int(self.rng.uniform(0.2, 3.0) / FRAME_S)):
            await asyncio.sleep(FRAME_S)
            self.caller.frame(BotState.LISTENING)

    def _is_over(self) -> bool:
        return self.machine is not None and self.machine.call.over

    def _answered(self, tasks: asyncio.TaskGroup) -> "tuple[ShellLine, LiveCall, asyncio.Task[bool]]":
        self._streams += 1
        self.line = Line(self.rng, self.weather)
        self.line.counts = self.troubles.counts
        stream = f"MZ{self._streams}"
        shell = ShellLine(self.line, self.judge, stream)
        self.loudness = shell.loudness
        told = {"again": str(self._again)} if self._again else {}
        call = self.board.answer(CallStarted(CALL, stream, parameters=told | ({UNANSWERED: "1"} if self._unanswered else {})), shell)
        self._unanswered = False
        assert isinstance(call, LiveCall)
        self._owed = 0
        return shell, call, tasks.create_task(call.run())

    async def _change(self, shell: ShellLine, call: LiveCall) -> None:
        shell.gone = True
        self._count(shell)
        if self.rng.random() < 0.45:
            self.troubles.happen("second stream")
            call.receive(CallStopped(goes_on=True))  # as ``admission.py`` does when the second one is let in
            return
        self.troubles.happen("socket dropped")
        self._again += 1
        call.receive(CallStopped(goes_on=True))
        await self._away()

    def _count(self, shell: ShellLine) -> None:
        self.troubles.counts["ducked frame"] += shell.loudness.ducked_frames
        self.rx += shell.codec.rx_bytes
        self.tx += shell.codec.tx_bytes

    # -- 20 ms ----------------------------------------------------------------------------------

    def _step(self, shell: ShellLine, call: LiveCall) -> None:
        now = asyncio.get_running_loop().time()
        shell.marks(call, now)
        self._frames(shell, call, now)
        if now > self.hangs_up_at_s:
            self.hangs_up_at_s = float("inf")
            shell.stop(call)
            shell.stop(call)
            self.troubles.counts["stop twice"] += 1

    def _frames(self, shell: ShellLine, call: LiveCall, now: float) -> None:
        """The caller's frame; in a gap none, and then all at once."""
        self._owed += 1
        if self._owed == 1 and self.rng.random() < self.weather.stall:
            self._stalled_until_s = now + self.rng.uniform(0.0, 1.2)
            self.troubles.counts["gap in the frames, and a burst"] += 1
        if now < self._stalled_until_s:
            return
        for _ in range(self._owed):
            self._frame(shell, call)
        self._owed = 0

    def _frame(self, shell: ShellLine, call: LiveCall) -> None:
        assert self.machine is not None
        number = self.caller.frames
        frame, key = self.caller.frame(self.machine.state)
        if key:
            shell.key(call, key)
        if not self.machine.call.over:
            shell.frame(call, number, frame.level)


def rougher(weather: Weather, rng: random.Random) -> Weather:
    """The same with marks that are late or lost, and frames in bursts."""
    return replace(weather, mark_lost=rng.choice((0.0, 0.1, 1.0)), mark_late=rng.choice((0.0, 0.3)), stall=rng.choice((0.0, 0.01)))
