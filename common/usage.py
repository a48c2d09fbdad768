"""What vendors are used for: seconds, tokens and characters, from each vendor's client to the gateway that has the call.

    client: with asked(...) as bill ──▶ the entry's uses ──▶ Used, behind the entry's work ──▶ gateway (gateway/accounts.py)

Rules
- A client opens a bill for each request, with what it asks for, and writes in what the vendor tells. A request that failed before
  its answer began costs nothing; one that broke off, or that nobody waited for any more, costs what was asked for: vendors bill it.
- It goes to the gateway whatever becomes of the work, a draft that was stopped included; only if Redis is away it is lost.
- A voice that comes from the cache opens no bill. Vendors on this machine open none: they cost nothing.

A bill belongs to whatever entry is worked on, as the context says: vendors know nothing of calls.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import ceil

from common.bus import Delivery, Output, WorkerBus
from common.errors import BusUnavailable
from common.messages import Stage, Use, Used, Utterance
from common.worker import Handler

TELL_LIMIT_S = 0.7

_uses: ContextVar[list[Use] | None] = ContextVar("uses", default=None)

logger = logging.getLogger("torim.common")


@dataclass(slots=True)
class Bill:
    """One request to a vendor; the fields are those of ``Use``."""

    vendor: str
    model: str
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    characters: int = 0
    estimated: bool = False
    answered: bool = False
    """Whether the vendor began to answer: from then on it has to be paid."""

    @property
    def use(self) -> Use:
        """What it comes to."""
        return Use(
            vendor=self.vendor, model=self.model, seconds=round(self.seconds, 3), input_tokens=self.input_tokens,
            output_tokens=self.output_tokens, characters=self.characters, estimated=self.estimated,
        )  # fmt: skip


@contextmanager
def asked(
    vendor: str, model: str, *, seconds: float = 0.0, input_tokens: int = 0, characters: int = 0, estimated: bool = False
) -> Iterator[Bill]:
    """A request to a vendor, from before it is sent until nothing more of its answer is read."""
    uses = _uses.get()
    bill = Bill(vendor, model, seconds=seconds, input_tokens=input_tokens, characters=characters, estimated=estimated)
    failed = False
    try:
        yield bill
    except Exception:
        failed = True
        raise
    finally:
        if uses is not None and (bill.answered or not failed):
            uses.append(bill.use)


@contextmanager
def collected() -> Iterator[list[Use]]:
    """All that is used inside of the block, by tasks that begin in it, too."""
    uses: list[Use] = []
    before = _uses.set(uses)
    try:
        yield uses
    finally:
        _uses.reset(before)


def metered(stage: Stage, handler: Handler) -> Handler:
    """The handler of a stage, which also tells the gateway what its work used."""

    async def handle(delivery: Delivery, bus: WorkerBus) -> None:
        with collected() as uses:
            try:
                await handler(delivery, bus)
            finally:
                if uses:
                    await _tell(stage, delivery, bus, tuple(uses))

    return handle


async def _tell(stage: Stage, delivery: Delivery, bus: WorkerBus, uses: tuple[Use, ...]) -> None:
    message = delivery.message
    piece = message.piece if isinstance(message, Utterance) else "whole"
    try:
        async with asyncio.timeout(TELL_LIMIT_S):
            await bus.send(Output(None, Used(head=message.head, stage=stage, uses=uses, piece=piece)))
    except (BusUnavailable, TimeoutError) as trouble:
        logger.warning("call=%s turn=%d stage=%s what=usage_lost error=%s", message.head.call, message.head.turn, stage, trouble)


def tokens(text: str) -> int:
    """About how many tokens a text is, where nobody tells: four Latin letters each, or two of other scripts."""
    latin = sum(letter.isascii() for letter in text)
    return ceil(latin / 4 + (len(text) - latin) / 2)
