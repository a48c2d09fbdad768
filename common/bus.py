"""What the processes need of Redis, in the pipeline's own words.

``common/redis_bus.py`` does it with streams and scripts; ``tests/sim/memory_bus.py`` keeps it
in memory for simulated calls. One contract suite runs over both, fakeredis included.
The theory (at-least-once delivery made exactly-once by the commit) stands in ``common/streams.py``.

Every method but ``replies`` raises ``BusUnavailable`` when Redis cannot be reached within its deadline:
10 s for what may be done twice without harm, 2 s for ``send``, ``record``, ``ping`` and the reads of a worker.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from common.messages import Action, Collect, Message, Sentence, Stage, StageFailed, Summarise, Transcript


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a stream entry to a worker, or of a reply to a gateway."""

    id: str
    """The entry's id on its stream; its first part is the server's time in ms."""
    message: Message
    audio: bytes = b""
    attempt: int = 1
    """How often the entry was delivered, this time included."""
    taken_over: bool = False
    """Whether it was delivered before, to whomever: what was done with it then is not known."""
    worker: str = ""
    """Who got it: a sentence, an end without a commit, and a failure are the owner's alone."""


@dataclass(frozen=True, slots=True)
class Output:
    """A message that a worker sends on: to a stage's stream, or to the call's gateway."""

    to: Stage | None
    """The stage; None: the gateway in the message's head."""
    message: Message
    audio: bytes = b""


@dataclass(frozen=True, slots=True)
class TurnClosed:
    """A turn that ended: the one thing that raises the number (R1), with its history (R7)."""

    turn: int
    """The turn that ended; the call's turn becomes this + 1."""
    how: str
    """replied, interrupted, superseded, deduplicated, nothing_heard, fallback, transferred, handed_over or hung_up."""
    caller: str = ""
    """What the caller said; empty text writes no history."""
    heard: str = ""
    """What the caller heard of greeting and reply."""
    cut: bool = False
    """Whether that is not all that the bot had to say."""
    collect: Collect | None = None
    """The keys that the caller is asked for from now on, for who takes the call over."""


class ToolRun(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """One run of a tool with effects, as the history keeps it (R11); new fields at the end, with a default."""

    id: str
    turn: int
    entry: str
    """The stream entry that it was started for: who finds its own entry's run still open is a second delivery."""
    name: str
    arguments: str
    """JSON, one spelling for what is the same."""
    started_s: float
    """Unix time by the server's clock."""
    timeout_s: float
    outcome: Literal["running", "done", "failed", "unknown"] = "running"
    """``failed``: it is known that nothing was done; ``unknown``: it may have been."""
    result: str = ""
    """What the model is told."""


@dataclass(frozen=True, slots=True)
class ToolStart:
    """What became of the wish to start a tool with effects."""

    answer: Literal["started", "uncommitted", "stale", "behind", "known"]
    """``uncommitted``: not yet, ask again; ``behind``: there are runs that whoever asks does not know of; ``known``: this call of it was
    made before."""
    run: ToolRun | None = None
    """The run that is known; None if its record is gone."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a stream learns of the call that it takes (R12)."""

    fence: int
    """Rises with each stream that takes the call: what an older one writes is refused."""
    turn: int = 0
    """The number that the call's turn has now; 0 in a new call."""
    left: int | None = None
    """The turn that another stream left, of a call that goes on; None: a new call, or one that was over."""
    open: bool = False
    """Whether the caller waited for an answer in it."""
    text: str = ""
    """What the caller had said in it; "" if that is not known."""
    heard: str = ""
    """What was heard last of a turn that ended."""
    heard_before: str = ""
    said: tuple[str, ...] = ()
    """What the caller said in turns that ended, in order."""
    collect: Collect | None = None
    """The keys that the caller was asked for when the last turn ended."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """What is out of a reply that goes on, or what somebody has of it."""

    sentences: Sequence[str] = ()
    asked: Sequence[Action] = ()
    """What was asked for with them: the commit is to send it, whoever makes it."""
    found: Mapping[str, str] = field(default_factory=dict)
    """What look-ups found for it, by tool and arguments."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the workers."""

    age_s: float
    """Of the oldest entry of all stages that no worker has: nobody read it, or it was handed back, since then; 0: none."""
    away: frozenset[int] = frozenset()
    """Shards that did not answer."""


Reconnect = Literal["again", "too_often", "over"]
"""What becomes of a call whose stream ended."""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn of the call's history."""

    turn: int
    caller: str
    heard: str
    tools: tuple[ToolRun, ...] = ()
    """The tools with effects that were started in it, in order; the turn may still go on."""
    cut: bool = False
    """Whether the caller cut in before all of it was heard."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of the deliveries that a worker holds."""

    lost: frozenset[str]
    """Ids that another worker owns now: stop, nothing of yours will count."""
    stale: frozenset[str]
    """Ids whose turn was raised past: stop."""
    committed: frozenset[str]
    """Ids whose turn is committed: effects may run."""


@dataclass(frozen=True, slots=True)
class TurnNews:
    """What workers hear of a call's turn at once; ``renew`` tells the same within its period."""

    call: str
    turn: int
    """The turn that was committed or is over, and with it every older one."""
    what: Literal["committed", "over"]


def without_words(message: Message) -> Message:
    """The message as a dead letter keeps it: whose it is and which piece, not what was said."""
    return msgspec.structs.replace(message, text="") if isinstance(message, Transcript | Sentence | Summarise) else message


class GatewayBus(Protocol):
    """The gateway's half. Each call's writes come from one ordered outbox.

    What carries a ``fence`` is the owner's alone: once another stream took the call, ``NotOwner`` is raised instead.
    """

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Make ``stream`` the call's owner. If another had it, its turn is raised, and its gateway is told; else it is ``turn``.
        A transfer that nobody asked for is dropped: the call is here again.

        The same stream may ask again: it learns the same.
        """

    async def keep_agent(self, call: str, reference: str, data: bytes) -> None:
        """Let the workers find the agent of the call's messages; doing it again is harmless, and needed where Redis forgot it."""

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage."""

    async def open_turn(self, call: str, turn: int, fence: int) -> None:
        """Note that the caller waits for an answer in this turn."""

    async def commit_turn(self, call: str, turn: int, text: str, fence: int) -> None:
        """Tell the workers that the turn is committed (R2), and keep its words while it is open."""

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Raise the turn, write its history, tell the workers: one atomic step. After a superseded turn the next one is open."""

    async def record(self, call: str, *events: dict[str, str]) -> None:
        """Append events, in order, to the call's event stream (no texts)."""

    async def close_call(self, call: str, fence: int) -> None:
        """The call is over: what remains of its keys expires soon."""

    async def leave_call(self, call: str, fence: int) -> None:
        """The call's line is gone, and may come back: what remains of its keys expires soon if it does not."""

    async def reconnect(self, call: str) -> Reconnect:
        """Whether a call whose stream ended is to be connected again; that counts."""

    async def transfer_call(self, call: str, destination: bytes, fence: int) -> None:
        """Leave word of where the call goes when its stream has ended."""

    async def take_transfer(self, call: str) -> bytes | None:
        """Where a call whose stream ended goes; it is told once."""

    def forget(self, call: str, fence: int) -> None:
        """Drop what the bus remembers of a call that this owner is done with, to write it anew; it may still be closed, or left."""

    @property
    def shards(self) -> int:
        """How many shards there are: each has ``replies`` of its own."""

    def replies(self, gateway: str, shard: int = 0) -> AsyncIterator[Delivery]:
        """What the workers send to this gateway for calls of a shard, in order, for ever; survives restarts of Redis.

        It makes the stream that workers write to, and keeps it and this gateway's liveness fresh:
        iterate from the process's start to its end, in one task a shard.
        """

    async def stages_alive(self) -> frozenset[Stage]:
        """The stages on which a worker lives: one that has warmed its vendor up and beats."""

    def shard_of(self, call: str) -> int:
        """The shard that the call is in."""

    async def backlog(self) -> Backlog:
        """How far the workers are behind, as far as it is known; raises if no shard answers."""

    async def ping(self) -> bool:
        """Whether Redis answers within its deadline, and somebody works on every stage. Never raises."""

    async def close(self) -> None:
        """Close the connections."""


class HandlerBus(Protocol):
    """What a stage needs to work on one entry."""

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        """Whether nothing is left to do: finished before, by whomever, raised past, or its gateway is gone. Then ``drop`` it.

        A gateway is gone when the stream for its replies is, or when it did not say for 5 s that it lives.
        On a server that forgot everything nobody is gone: gateways come back and say so.
        """

    def server_now_s(self, call: str) -> float:
        """Unix time by the clock of the call's server, which dates its entries; every ``done`` sets it, so ask after one."""

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
        """Acknowledge and send the outputs, in one atomic step.

        False, and nothing is sent, if the entry was finished by somebody else, its turn was raised past, its piece is done already,
        or another attempt is further than this ``reply``, or makes it in other words: that one is to end it. Sound is better sent ahead
        with ``send``: in here it costs threefold.

        Raises:
            SentencesForgotten: Redis lost sentences of the ``reply``.
        """

    async def drop(self, stage: Stage, delivery: Delivery) -> None:
        """Acknowledge it and send nothing, unless another worker owns it now.

        Its piece does not count as done: where it is published again, it is worked on.
        """

    async def emit(self, stage: Stage, delivery: Delivery, reply: Emitted, outputs: Sequence[Output]) -> int:
        """Send the last sentence of a ``reply`` so far before the entry itself is done, and keep what it asked for.

        Returns how many sentences it has if this one is out (emitting the same again sends nothing, and keeps what is asked for now).
        More: another attempt overtook this one, or has other words, or the entry is not this worker's any more: stop, and ``drop`` it.
        So whoever is further always owns an entry of its own. Less: Redis forgot its tail and knows this many sentences; emit the
        missing ones again. -1: the turn was raised past, stop.
        """

    async def tool_start(
        self, call: str, run: ToolRun, outputs: Sequence[Output], instead: ToolRun | None = None, runs_known: int | None = None
    ) -> ToolStart:
        """Start a tool with effects: in a committed turn that is not over, once for its name and arguments.

        Of what is known the run ``instead`` counts as none: it is known to have done nothing, and this one takes its place.
        Where the call's history has more than ``runs_known`` runs, of whatever tool, nothing is started: whoever asks has to look again
        how often it may.
        Whether it may run is decided, written down and told (``outputs``) in one atomic step; from then on it runs to its end.
        """

    async def tool_end(self, call: str, run: ToolRun, outputs: Sequence[Output]) -> None:
        """Write down what became of it, and tell; also when the turn was raised past."""

    async def keep_found(self, call: str, turn: int, asked: str, found: str, outputs: Sequence[Output]) -> None:
        """Keep what a look-up found for who goes on with this reply, and tell that it is over, in one step; the first answer stands."""

    async def may_look(self, call: str, name: str, arguments: str, times: int) -> bool:
        """Whether a tool without effects may be used with these arguments: in this call it was with them, or fewer than so many others."""

    async def send(self, output: Output) -> bool:
        """Send a message that needs no commit (speech before the last chunk). False: nobody reads it.

        It may arrive twice or without its successors: a gateway tells by ``attempt`` and ``offset_bytes``.
        """

    async def history(self, call: str) -> list[PastTurn]:
        """The ended turns of the call, oldest first, and any in which a tool with effects was started."""

    async def agent(self, call: str, reference: str) -> bytes | None:
        """The agent of a call's messages, as its gateway kept it; None: it is not here."""

    async def emitted(self, call: str, turn: int) -> Emitted:
        """What earlier attempts at this reply emitted, and found."""


class WorkerBus(HandlerBus, Protocol):
    """The workers' half."""

    @property
    def shards(self) -> int:
        """How many shards there are: each is read by itself, and ids tell deliveries apart within one."""

    async def take(self, stage: Stage, worker: str, shard: int = 0, *, held: Collection[str] = ()) -> Delivery | None:
        """The next unread entry; None if none came within the block time.

        After a read that failed it is first what is pending under this worker's name beside the ids that are ``held``: it got
        lost on its way here, or its handler lost the bus.
        """

    async def reclaim(
        self, stage: Stage, worker: str, shard: int = 0, *, silence_s: float = 0.0, held: Collection[str] = ()
    ) -> Delivery | None:
        """An entry whose worker fell silent, if there is one; where ``silence_s`` is given, for so long at the least.

        What it ``held`` is left alone: to take it from itself would use an attempt up. That looks silent while it is handed back.
        Without it a slow answer brings nothing, since after a stall everybody looks silent.
        """

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], shard: int = 0) -> Renewal:
        """Say that these, all of one shard, are still worked on; hear what became of them."""

    async def fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        """Give up, unless another worker owns it now: dead letter (without audio and words), acknowledge, tell the gateway. What is
        stale is only acknowledged."""

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery], *, counts: bool = False) -> None:
        """Let anybody take these at once; whether this delivery ``counts`` as an attempt: on drain it does not."""

    async def leave(self, stage: Stage, worker: str) -> None:
        """This worker reads no more: no liveness, and no place in the group unless it still owns work."""

    def news(self) -> AsyncIterator[TurnNews]:
        """Turns that are committed or over, as it happens; may miss some, ``renew`` does not."""

    async def beat(self, stage: Stage, worker: str, load: float) -> None:
        """Say that this worker lives (expires in 5 s)."""

    async def close(self) -> None:
        """Close the connections."""
