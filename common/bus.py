"""What the processes need of Redis, in the pipeline's own words.

``common/redis_bus.py`` does it with streams and scripts; ``tests/sim/memory_bus.py`` keeps it
in memory for simulated calls. One contract suite runs over both, fakeredis included.
The theory (at-least-once delivery made exactly-once by the commit) stands in ``common/streams.py``.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.messages import Message, Stage, StageFailed


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a stream entry to a worker, or of a reply to a gateway."""

    id: str
    """The entry's id on its stream; its first part is the server's time in ms."""
    message: Message
    audio: bytes = b""
    attempt: int = 1
    """How often the entry was delivered, this time included."""


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
    """replied, interrupted, superseded, deduplicated, nothing_heard, fallback, handed_over or hung_up."""
    caller: str = ""
    """What the caller said; empty text writes no history."""
    heard: str = ""
    """What the caller heard of greeting and reply."""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn of the call's history."""

    turn: int
    caller: str
    heard: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of the deliveries that a worker holds."""

    lost: frozenset[str]
    """Ids that another worker owns now: stop, nothing of yours will count."""
    stale: frozenset[str]
    """Ids whose turn was raised past: stop."""
    committed: frozenset[str]
    """Ids whose turn is committed: effects may run."""


class GatewayBus(Protocol):
    """The gateway's half. Each call's writes come from one ordered outbox."""

    async def open_call(self, call: str, gateway: str, language: str) -> None:
        """Make the call's hash (turn 0, committed, this owner)."""

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Give a message to a stage."""

    async def commit_turn(self, call: str, turn: int) -> None:
        """Tell the workers that the turn is committed (R2)."""

    async def close_turn(self, call: str, closed: TurnClosed) -> None:
        """Raise the turn, write its history, tell the workers: one atomic step."""

    async def record(self, call: str, fields: dict[str, str]) -> None:
        """Append to the call's event stream (no texts)."""

    async def close_call(self, call: str) -> None:
        """The call is over: what remains of its keys expires soon."""

    def replies(self, gateway: str) -> AsyncIterator[Delivery]:
        """What the workers send to this gateway, in order, for ever; survives restarts of Redis."""

    async def ping(self) -> bool:
        """Whether Redis answers within its deadline, and somebody works on every stage."""

    async def close(self) -> None:
        """Close the connections."""


class WorkerBus(Protocol):
    """The workers' half."""

    async def take(self, stage: Stage, worker: str) -> Delivery | None:
        """The next unread entry; None if none came within the block time."""

    async def reclaim(self, stage: Stage, worker: str) -> Delivery | None:
        """An entry whose worker fell silent, if there is one."""

    async def done(self, stage: Stage, delivery: Delivery) -> bool:
        """Whether this piece was finished before, by whomever: then only acknowledge it."""

    async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output]) -> bool:
        """Acknowledge and send the outputs, in one atomic step.

        False, and nothing is sent, if the entry was finished by somebody else, its turn was
        raised past, or its piece is done already.
        """

    async def emit(self, stage: Stage, delivery: Delivery, number: int, sentence: str, outputs: Sequence[Output]) -> int:
        """Send sentence ``number`` of a reply before the entry itself is done.

        Returns how many sentences of this reply are out; ``number + 1`` if this one went out,
        more: overtaken, stop; less: Redis forgot its tail, emit the missing ones again. -1: stale.
        """

    async def send(self, output: Output) -> bool:
        """Send a message that needs no commit (speech before the last chunk). False: nobody reads it."""

    async def renew(self, stage: Stage, worker: str, deliveries: Sequence[Delivery]) -> Renewal:
        """Say that these are still worked on; hear what became of them."""

    async def fail(self, stage: Stage, delivery: Delivery, failed: StageFailed) -> None:
        """Give up: dead letter (without audio), acknowledge, tell the gateway."""

    async def hand_back(self, stage: Stage, worker: str, deliveries: Sequence[Delivery]) -> None:
        """Let others take these at once (drain)."""

    async def history(self, call: str) -> list[PastTurn]:
        """The ended turns of the call, oldest first."""

    async def emitted(self, call: str, turn: int) -> list[str]:
        """Sentences that an earlier attempt at this reply emitted."""

    async def beat(self, stage: Stage, worker: str, load: float) -> None:
        """Say that this worker lives (expires in 5 s)."""

    async def close(self) -> None:
        """Close the connections."""
