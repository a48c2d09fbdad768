"""A Redis in memory, for simulated calls: what it holds, and how it fails.

Rules
    What is asked of it happens in one step. While it is *away* nobody is answered: a server that is down refuses
    at once, one that hangs lets everybody wait for as long as a client does, and what was sent to it meanwhile
    happens when it is back, though nobody waits for the answer any more.
    A server that was down may come back as it was some time before it went (its *tail* is forgotten), or empty.
    The only clock is the running loop's. What it lost is noted, so that a judge knows what may be missing.
"""

import asyncio
import copy
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from common.bus import PastTurn, ToolRun
from common.errors import BusUnavailable, NotOwner
from common.messages import Action, Collect, Message, Stage
from common.redis_link import WRITE_LIMIT_S
from common.streams import STAGES

_RESOLUTION_S = 1e-6
"""A timer may ring almost so much too early; who then finds nothing and waits again would keep a virtual clock from going on."""

T = TypeVar("T")


@dataclass(slots=True)
class Entry:
    """An entry of a stream and, once it was delivered, who holds it."""

    id: str
    message: Message
    audio: bytes
    added_s: float
    seen_from_s: float
    owner: str = ""
    held_since_s: float = 0.0
    free_since_s: float = float("inf")
    """When it was handed back."""
    deliveries: int = 0


@dataclass(slots=True)
class Stream:
    """Entries in order."""

    reorder: bool = False
    """Whether a late entry is overtaken by those behind it."""
    unread: deque[Entry] = field(default_factory=deque)
    pending: dict[str, Entry] = field(default_factory=dict)

    def next_unread(self, now_s: float) -> Entry | None:
        """The first entry that can be seen, taken off."""
        if self.unread and self.reorder:
            first = min(self.unread, key=lambda entry: entry.seen_from_s)
            self.unread.remove(first)
            self.unread.appendleft(first)
        return self.unread.popleft() if self.unread and self.unread[0].seen_from_s <= now_s else None


@dataclass(slots=True)
class CallRecord:
    """A call's hash and history."""

    gateway: str = ""
    language: str = ""
    turn: int = -1
    """-1: the hash does not tell."""
    committed: bool = False
    over: bool = False
    stream: str = ""
    fence: int = 0
    left: int | None = None
    before: str = ""
    """The gateway that had it before."""
    open: int = -1
    said: int = -1
    text: str = ""
    collect: Collect | None = None
    past: dict[int, PastTurn] = field(default_factory=dict)
    tools: dict[str, ToolRun] = field(default_factory=dict)
    """Every run of a tool with effects, by its id."""


@dataclass(slots=True)
class Store:
    """All that there is, and all that can be forgotten."""

    boot: str = ""
    """Gone or changed when the server forgot everything."""
    boot_s: float = 0.0
    """When it was made."""
    work: dict[Stage, Stream] = field(default_factory=dict)
    replies: dict[str, Stream] = field(default_factory=dict)
    calls: dict[str, CallRecord] = field(default_factory=dict)
    reconnects: dict[str, list[float]] = field(default_factory=dict)
    transfers: dict[str, bytes] = field(default_factory=dict)
    """Where a call goes whose stream ends."""
    done: set[str] = field(default_factory=set)
    out: dict[str, list[str]] = field(default_factory=dict)
    asked: dict[str, list[Action]] = field(default_factory=dict)
    """What replies asked for with the sentences that are out."""
    found: dict[str, dict[str, str]] = field(default_factory=dict)
    """What look-ups for replies found."""
    looked: dict[str, set[str]] = field(default_factory=dict)
    """The arguments of look-ups that are counted."""
    agents: dict[str, bytes] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    """Of each tool with effects that was started: the id of its run."""
    workers: dict[str, tuple[Stage, float]] = field(default_factory=dict)
    """Of each worker its stage, and until when it counts as alive."""
    gateways: dict[str, float] = field(default_factory=dict)
    """Until when each gateway counts as alive."""
    events: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """What each call recorded."""
    dead: dict[Stage, list[tuple[str, Message]]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    """Entries that no attempt could finish, with the error."""


class MemoryServer:
    """One server, for all processes of a simulated house."""

    def __init__(self, seed: int, *, reorder: bool) -> None:
        self.store = self._empty(reorder)
        self.down = False
        """Whether it refuses everybody."""
        self.lost_turns: set[tuple[str, int]] = set()
        """Turns whose history was written and forgotten."""
        self.lost_tools: set[str] = set()
        """Starts of tools that were forgotten."""
        self._reorder = reorder
        self._hanging: asyncio.Event | None = None
        self._ghosts: list[Callable[[], object]] = []
        self._random = random.Random(f"{seed} server")
        self._bell = asyncio.Event()

    @staticmethod
    def _empty(reorder: bool) -> Store:
        return Store(work={stage: Stream(reorder) for stage in STAGES})

    # -- Being asked ----------------------------------------------------------------------------

    async def ask(self, action: Callable[[], T]) -> T:
        """What ``action`` answers.

        Raises:
            BusUnavailable: nobody answers; it may be done all the same, later.
        """
        await self._reach(action)
        return action()

    async def _reach(self, action: Callable[[], object]) -> None:
        if self._hanging is not None:
            try:
                async with asyncio.timeout(WRITE_LIMIT_S):
                    await self._hanging.wait()
            except (TimeoutError, asyncio.CancelledError) as over:
                self._ghosts.append(action)  # it was sent, whether who waits gave up or was given up
                if isinstance(over, asyncio.CancelledError):
                    raise
                raise BusUnavailable("hangs") from None
        if self.down:
            raise BusUnavailable("down")

    def now_s(self) -> float:
        """Seconds of the loop's clock."""
        return asyncio.get_running_loop().time()

    # -- Waiting for entries --------------------------------------------------------------------

    def ring(self) -> None:
        """Something was added to a stream."""
        self._bell.set()

    async def wait(self, stream: Stream | None, until_s: float) -> None:
        """Until there may be something to see in it, at the latest until then."""
        self._bell.clear()
        seen_s = stream.unread[0].seen_from_s if stream is not None and stream.unread else until_s
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(seen_s, until_s) + _RESOLUTION_S):
                await self._bell.wait()

    # -- Trouble --------------------------------------------------------------------------------

    async def hang(self, seconds: float) -> None:
        """Answer nobody for a while; then do what was asked meanwhile, in any order."""
        self._hanging = asyncio.Event()
        await asyncio.sleep(seconds)
        ghosts, self._ghosts = self._ghosts, []
        self._random.shuffle(ghosts)
        for ghost in ghosts:
            with suppress(NotOwner):
                ghost()
        self._over_with(self._hanging)

    def _over_with(self, hanging: asyncio.Event) -> None:
        self._hanging = None
        hanging.set()
        self.ring()

    async def restart(self, seconds: float, tail_s: float) -> None:
        """Go down for a while, ``tail_s`` from now, and come back with what there is now."""
        kept = copy.deepcopy(self.store)
        await asyncio.sleep(tail_s)
        await self._be_down(seconds)
        self._become(kept)

    async def restart_empty(self, seconds: float) -> None:
        """Go down for a while, and come back empty."""
        await self._be_down(seconds)
        self.forget()

    async def _be_down(self, seconds: float) -> None:
        self.down = True
        await asyncio.sleep(seconds)
        self.down = False

    def forget(self) -> None:
        """Forget all there is."""
        self._become(self._empty(self._reorder))

    def _become(self, kept: Store) -> None:
        for name, call in self.store.calls.items():
            left = kept.calls.get(name, CallRecord())
            self.lost_turns |= {(name, turn) for turn in call.past if turn not in left.past}
        self.lost_tools |= self.store.tools.keys() - kept.tools.keys()
        self.store = kept
        self.ring()
