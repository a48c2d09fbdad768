"""What came of a call, told to the owner's server once it is over.

    call over ─▶ settled ─▶ a file on this machine ─▶ POST, signed, again until it is taken ─▶ the file goes

The file is there before the first attempt, so a gateway that dies loses none that it wrote (``gateway/courier.py``). A call that went on at
another gateway is told in parts, each with its own turns.

    {"call": "...", "agent": "clinic", "ended_at": "2026-...", "outcome": "hung_up", "turns": {"replied": 4, "hung_up": 1}, "usd": 0.01,
     "number": "+97250...", "summary": "...", "texts": [{"turn": 1, "caller": "...", "heard": "...", "cut": false}]}

The last three only where the file says so. A summary is made once the file is there, and put into it; what waits for one is sent without
(``null``) where none came in time, its gateway being gone included. A number that the provider withheld is "".
"""

import asyncio
import logging
import os
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from common.agents.agent import Report
from common.agents.in_use import InUse
from gateway.account import Account
from gateway.agents import Agents
from gateway.courier import Courier, Letter
from gateway.turn.events import CloseTurn

NUMBER = "number"
"""Parameter of a stream: the caller's number, where the agent's report is to tell it."""
_LOOK_S = 1.0
_MOST_WAIT = 1_000
"""For a disk that takes nothing."""
WAIT_FOR_SUMMARY_S = 40.0
"""Twice what a summary may take."""

logger = logging.getLogger("torim.gateway")


Summarise = Callable[[InUse, Sequence[CloseTurn]], Awaitable[str]]
"""From what was said to a summary of it; "" if there is none."""


@dataclass(frozen=True, slots=True)
class _Unsummed:
    """A letter whose call is to be summed up."""

    letter: Letter
    agent: InUse
    turns: Sequence[CloseTurn]


class Outcomes:
    """One gateway's."""

    def __init__(self, folder: Path, agents: Agents, wall_clock: Callable[[], float], summarise: Summarise) -> None:
        self._folder = folder
        self._agents = agents
        self._wall_clock = wall_clock
        self._summarise = summarise
        self._made: deque[Letter] = deque(maxlen=_MOST_WAIT)
        self._unsummed: list[_Unsummed] = []
        self._keeping = threading.Lock()
        """A thread of its own keeps them, and the end of the gateway does."""
        self._news = asyncio.Event()
        self.courier = Courier(folder, wall_clock)

    def settled(self, account: Account, usd: float) -> None:
        """A call is over; waits on nothing."""
        agent, turns = self._agents.begun_with(account.began_with) or self._agents.named(account.agent), account.turns
        if agent is None or (report := agent.snapshot.agent.report) is None or not turns:
            return
        now_s = self._wall_clock()
        content = msgspec.json.encode(_told(account, report, usd, datetime.fromtimestamp(now_s, UTC)))
        letter = Letter(account.call, report.url, report.secret, f"{account.call}-{turns[0].turn}", content)
        if report.summary:
            letter.not_before_s = now_s + WAIT_FOR_SUMMARY_S
            self._unsummed.append(_Unsummed(letter, agent, turns))
        self._put(letter)

    def _put(self, letter: Letter) -> None:
        self._made.append(letter)
        self._news.set()

    async def run(self) -> None:
        """Keep and send them until cancelled; then keep what is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    await asyncio.to_thread(self.keep)
                    if self._unsummed:
                        tasks.create_task(self.sum_all_up())
                    await self.courier.begin_due(tasks)
                    await self._look_again()
        finally:
            self.keep()

    async def sum_all_up(self) -> None:
        """Have what is new summed up, all at once, and put into its file."""
        new, self._unsummed = self._unsummed, []
        async with asyncio.TaskGroup() as tasks:
            for unsummed in new:
                tasks.create_task(self._sum_up(unsummed))

    async def _look_again(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()
        self._news.clear()

    async def _sum_up(self, unsummed: _Unsummed) -> None:
        letter, summary = unsummed.letter, await self._summarise(unsummed.agent, unsummed.turns)
        content = {**msgspec.json.decode(letter.content), "summary": summary or None}
        self._put(msgspec.structs.replace(letter, content=msgspec.json.encode(content), not_before_s=0.0))

    def keep(self) -> None:
        """Have all of them on disk; for their owner's eyes. What cannot be written waits for the next time."""
        try:
            with self._keeping:
                while self._made:
                    self._write(self._made[0])
                    self._made.popleft()
        except OSError as trouble:
            logger.error("what=outcomes_not_kept count=%d error=%s", len(self._made), trouble.strerror)

    def _write(self, letter: Letter) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f"{letter.key}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.msgpack.encode(letter))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / f"{letter.key}.outcome")


def _told(account: Account, report: Report, usd: float, ended_at: datetime) -> dict[str, object]:
    turns = account.turns
    about: dict[str, object] = {
        "call": account.call, "agent": account.agent, "ended_at": ended_at, "outcome": turns[-1].how,
        "turns": Counter(turn.how for turn in turns), "usd": round(usd, 6),
    }  # fmt: skip
    told: dict[str, object] = {"number": account.number} if report.number else {}
    told |= {"summary": None} if report.summary else {}
    told |= {"texts": [_texts(turn) for turn in turns if turn.caller or turn.heard]} if report.texts else {}
    return about | told


def _texts(turn: CloseTurn) -> dict[str, object]:
    return {"turn": turn.turn, "caller": turn.caller, "heard": turn.heard, "cut": turn.cut}
