"""A stage's vendors in the order in which they are asked: one fails, and the next has the rest of the time.

    |-------- first --------|-------- second -------|        two vendors, neither of which says a word
    0                      1.6                     3.2 s     then the stage has failed
    |-- first x |------------- second --------------|        the first refuses at once

- Time: the first piece of an answer has to come within an equal share of what is left (the last vendor's is all of
  it), each further piece within 1.5 s of the one before. The stage's own limits (3.5 s) lie behind these.
- Before the first piece a failure costs nothing but time: the next vendor is asked. After it the caller has heard,
  or may have heard, a part: so the request fails, is tried again as a whole, and goes to another vendor, since the
  one that failed is shunned (``common/circuit.py``).
- Each failure is one line of the log, which tells the vendor, how it failed, after how long, and who is next.

What is known of a vendor is known to one process: two workers find out twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from common import metrics
from common.circuit import Circuit
from common.errors import KeyRefused, VendorError
from common.messages import Stage
from common.vendor_stream import closing, next_piece

REFUSED_S = 60.0
"""How long a vendor rests that refused its key at the start: somebody has to give it another one."""
LIMIT_S = 3.2
"""For the first piece, over all vendors."""
GAP_S = 1.5
"""Between pieces; a caller's line runs dry by then (R9)."""
_LIKELY = (
    *("timeout", "connection", "no_answer", "http_401", "http_429", "http_500", "http_502", "http_503", "insufficient_quota"),
    *("unavailable", "deadline_exceeded", "resource_exhausted"),
)
"""How vendors fail; counted from 0 on, so that their first failures are seen to be some."""

logger = logging.getLogger("torim.common")


class Vendor(Protocol):
    """What vendors of all stages have in common."""

    async def warm_up(self) -> None:
        """Load models or open connections."""

    async def close(self) -> None:
        """Let go of connections and threads."""


V = TypeVar("V", bound=Vendor)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member(Generic[V]):
    """A vendor in its place."""

    name: str
    vendor: V
    circuit: Circuit = field(default_factory=Circuit)


class Lineup(Generic[V]):
    """The vendors of one stage in one process."""

    def __init__(self, stage: Stage, vendors: Sequence[tuple[str, V]], *, may_be_empty: bool = True) -> None:
        self._stage = stage
        self._members = [Member(name, vendor) for name, vendor in vendors]
        self._may_be_empty = may_be_empty
        """Whether an answer without any piece is one."""
        for member in self._members:
            metrics.VENDOR_RESTING.labels(stage, member.name).set(0)
            for kind in _LIKELY:
                metrics.VENDOR_FAILURES.labels(stage, member.name, kind)

    # --- Beginning and end

    async def warm_up(self) -> None:
        """Warm all of them up; the stage can work once one is warm.

        Raises:
            ConfigError, SetupError: of any of them, in an exception group.
            KeyRefused: every one refuses its key.
            VendorError: none is warm, and not all of them refuse.
        """
        async with asyncio.TaskGroup() as tasks:
            warming = [tasks.create_task(self._warm_up(member)) for member in self._members]
        failures = [failure for task in warming if (failure := task.result()) is not None]
        if len(failures) == len(self._members):
            raise next((failure for failure in failures if isinstance(failure, VendorError)), failures[0])

    async def _warm_up(self, member: Member[V]) -> VendorError | KeyRefused | None:
        try:
            await member.vendor.warm_up()
        except (VendorError, KeyRefused) as error:
            if len(self._members) > 1:
                self._not_warm(member, error)
            return error
        return None

    def _not_warm(self, member: Member[V], error: VendorError | KeyRefused) -> None:
        if isinstance(error, KeyRefused):
            logger.error("stage=%s vendor=%s what=key_refused why=%s", self._stage, member.name, error)
            error = VendorError(member.name, "key_refused", retryable=False, wait_s=REFUSED_S)
        self._failed(member, error, 0.0, None)

    async def close(self) -> None:
        """Close all of them."""
        for member in self._members:
            await member.vendor.close()

    # --- Asking

    async def ask(self, request: Callable[[V], Awaitable[T]]) -> T:
        """The answer of the first vendor that gives one.

        Raises:
            VendorError: none did.
        """

        async def as_stream(vendor: V) -> AsyncIterator[T]:
            yield await request(vendor)

        async with closing(self.stream(as_stream)) as answers:
            return await anext(answers)

    async def stream(self, request: Callable[[V], AsyncIterator[T]]) -> AsyncIterator[T]:
        """The pieces of the first vendor that has one.

        Raises:
            VendorError: none had one, or the one that began broke off.
        """
        loop = asyncio.get_running_loop()
        members, end_s = self._askable(loop.time()), loop.time() + LIMIT_S
        failure = VendorError(self._members[0].name, "resting", retryable=False)
        for place, member in enumerate(members):
            share_s = (end_s - loop.time()) / (len(members) - place)
            attempt = _Attempt(member, request, share_s)
            async with closing(attempt.pieces()) as pieces:
                async for piece in pieces:
                    yield piece
            if attempt.failure is None and (attempt.began or self._may_be_empty):
                self._answered(member)
                return
            following = None if attempt.began else next((each.name for each in members[place + 1 :]), None)
            failure = self._failed(member, attempt.failure or _no_answer(member.name), attempt.took_s, following)
            if attempt.began:
                # Another attempt of the whole goes to another vendor, where there is one.
                raise VendorError(member.name, failure.kind, retryable=failure.retryable or len(self._members) > 1)
        raise failure

    def _askable(self, now_s: float) -> list[Member[V]]:
        standings = [(member, member.circuit.standing(now_s)) for member in self._members]
        return [member for wanted in ("well", "shunned") for member, standing in standings if standing == wanted]

    def _answered(self, member: Member[V]) -> None:
        member.circuit.answered()
        metrics.VENDOR_RESTING.labels(self._stage, member.name).set(0)

    def _failed(self, member: Member[V], error: VendorError, after_s: float, following: str | None) -> VendorError:
        now_s = asyncio.get_running_loop().time()
        member.circuit.failed(now_s, error.wait_s)
        metrics.VENDOR_FAILURES.labels(self._stage, member.name, error.kind).inc()
        logger.warning(
            "stage=%s vendor=%s what=vendor_failed error=%s after_ms=%d next=%s standing=%s rests_s=%d",
            self._stage, member.name, error.kind, round(1000 * after_s), following or "none",
            member.circuit.standing(now_s), round(member.circuit.rest_left_s(now_s)),
        )  # fmt: skip
        resting = member.circuit.standing(now_s) == "resting"
        metrics.VENDOR_RESTING.labels(self._stage, member.name).set(resting)
        return VendorError(member.name, error.kind, retryable=error.retryable and not resting)


def _no_answer(vendor: str) -> VendorError:
    return VendorError(vendor, "no_answer", retryable=True)


class _Attempt(Generic[V, T]):
    """One vendor's chance to answer one request."""

    def __init__(self, member: Member[V], request: Callable[[V], AsyncIterator[T]], share_s: float) -> None:
        self.began = False
        self.failure: VendorError | None = None
        self._member = member
        self._request = request
        self._since_s = asyncio.get_running_loop().time()
        self._deadline_s = self._since_s + share_s

    @property
    def took_s(self) -> float:
        """Until now."""
        return asyncio.get_running_loop().time() - self._since_s

    async def pieces(self) -> AsyncIterator[T]:
        """What the vendor answers, up to its end or its failure."""
        loop, deadline_s = asyncio.get_running_loop(), self._deadline_s
        self._member.circuit.asked()
        try:
            async with closing(self._request(self._member.vendor)) as pieces:
                while (piece := await next_piece(pieces, deadline_s, self._member.name)) is not None:
                    self.began = True
                    yield piece
                    deadline_s = loop.time() + GAP_S
        except VendorError as error:
            self.failure = error
        except BaseException:  # cancelled, or closed: nobody waits for the answer any more
            self._member.circuit.left()
            raise
