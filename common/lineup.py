"""A stage's vendors in the order in which they are asked: one fails, and the next has the rest of the time.

    |-------- first --------|-- second --|-- third -|        three vendors, none of which says a word
    0                      1.6          2.4        3.2 s     then the stage has failed
    |-- first x |------ second -----|---- third ----|        the first refuses at once

- Time: the first piece of an answer has to come within half of what is left (the last vendor's is all of it), each further
  piece within 1.5 s of the one before. The stage's own limits (3.5 s) lie behind these, but for what waited on its stream:
  all have failed shortly before that is given up. One that shows signs of life
  (``common/vendor_stream.py``) is not cut off meanwhile.
- What a server did not answer in time it is not asked for again, by another name of it, before all others were.
- Pace: behind its first piece an answer comes no slower than it is heard (``common/pace.py``).
- Before the first piece a failure costs nothing but time: the next vendor is asked. After it the caller has heard,
  or may have heard, a part: so the request fails, is tried again as a whole, and goes to another vendor, since the
  one that failed is shunned (``common/circuit.py``).
- Only what is the vendor's fault is held against it. What it will not do for one request, a text that it filters, is no
  reason to ask it less for others, or one caller could switch it off for all; the next vendor is asked all the same, in mid-answer
  because this one is shunned for once. A model or a voice that it does not have is the operator's fault, and told as such.
- An answer that a vendor's client falls over, so that it raises what nobody foresaw, is a failure like any other: the next may do better.
- Each failure is one line of the log, which tells the vendor, how it failed, after how long, and who is next.

What is known of a vendor is known to one process: two workers find out twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from common import metrics
from common.circuit import Asked, Circuit
from common.errors import KeyRefused, VendorError
from common.messages import Stage
from common.pace import Pace
from common.vendor_stream import GAP_S, Working, at_the_latest_s, closing, next_piece

REFUSED_S = 60.0
"""How long a vendor rests that refused its key at the start: somebody has to give it another one."""
LIMIT_S = 3.2
"""For the first piece, over all vendors."""
_LEAST_S = 0.2
"""In less than that nobody answers: a vendor that has no more is not asked, and not blamed."""
_WHAT = {"vendor": "vendor_failed", "request": "request_refused", "settings": "misconfigured"}
_LIKELY = (
    *("timeout", "too_slow", "connection", "no_such_name", "certificate", "no_answer", "insufficient_quota"),
    *("http_401", "http_429", "http_500", "http_502", "http_503", "unavailable", "deadline_exceeded", "resource_exhausted"),
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
    server: str
    """Vendors of one server are silent together."""
    circuit: Circuit = field(default_factory=Circuit)


def _unheard(piece: object) -> None:
    """Of an answer that is not listened to as it comes."""


class Lineup(Generic[V]):
    """The vendors of one stage in one process."""

    def __init__(
        self,
        stage: Stage,
        vendors: Sequence[tuple[str, V]],
        *,
        may_be_empty: bool = True,
        servers: Mapping[str, str] | None = None,
    ) -> None:
        """``may_be_empty``: whether an answer without any piece is one; ``servers``: of vendors that stand on another's, its name."""
        self._stage = stage
        self._members = [Member(name, vendor, (servers or {}).get(name, name)) for name, vendor in vendors]
        self._may_be_empty = may_be_empty
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
        asked = member.circuit.asked()
        try:
            await member.vendor.warm_up()
        except (VendorError, KeyRefused) as error:
            if len(self._members) > 1:
                self._not_warm(member, error, asked)
            return error
        return None

    def _not_warm(self, member: Member[V], error: VendorError | KeyRefused, asked: Asked) -> None:
        if isinstance(error, KeyRefused):
            logger.error("stage=%s vendor=%s what=key_refused why=%s", self._stage, member.name, error)
            error = VendorError(member.name, "key_refused", retryable=False, wait_s=REFUSED_S)
        self._failed(member, error, asked, 0.0, None)

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
            (answer,) = [each async for each in answers]  # to its end: what is left counts for nothing
            return answer

    async def stream(self, request: Callable[[V], AsyncIterator[T]], sounds_s: Callable[[T], float | None] = _unheard) -> AsyncIterator[T]:
        """The pieces of the first vendor that has one.

        Args:
            request: what the vendor is asked for.
            sounds_s: how long a piece is heard; None: it is not there to be heard.

        Raises:
            VendorError: none had one, or the one that began broke off.
        """
        loop = asyncio.get_running_loop()
        waiting, end_s = self._askable(loop.time()), loop.time() + LIMIT_S
        cut_s = min(end_s, at_the_latest_s())
        failure, silent = VendorError(self._members[0].name, "resting", retryable=False), set[str]()
        while waiting:
            member = waiting.pop(0)
            last = all(each.server in silent for each in waiting)
            share_s = end_s if last else (loop.time() + end_s) / 2
            attempt = _Attempt(self._stage, member, request, sounds_s, min(share_s, cut_s), cut_s)
            async with closing(attempt.pieces()) as pieces:
                async for piece in pieces:
                    yield piece
            if attempt.failure is None and (attempt.began or self._may_be_empty):
                self._answered(member, attempt.asked)
                return
            error = attempt.failure or _no_answer(member.name)
            if error.kind == "timeout":
                silent.add(member.server)
                waiting.sort(key=lambda each: each.server in silent)
            if attempt.began or cut_s - loop.time() < _LEAST_S:
                waiting.clear()
            failure = self._failed(member, error, attempt.asked, attempt.took_s, waiting[0].name if waiting else None, began=attempt.began)
            if attempt.began:
                # Another attempt of the whole goes to another vendor, where there is one.
                another = len(self._members) > 1
                raise VendorError(member.name, failure.kind, retryable=failure.retryable or another)
        if loop.time() >= at_the_latest_s():  # whoever asks has no time for another attempt
            failure.retryable = False
        raise failure

    def _askable(self, now_s: float) -> list[Member[V]]:
        standings = [(member, member.circuit.standing(now_s)) for member in self._members]
        askable = [member for wanted in ("well", "shunned") for member, standing in standings if standing == wanted]
        return askable or [member for member in self._members if member.circuit.may_be_tried(now_s)]

    def _answered(self, member: Member[V], asked: Asked) -> None:
        member.circuit.answered(asked)
        self._tell_rest(member)

    def _failed(
        self, member: Member[V], error: VendorError, asked: Asked, after_s: float, following: str | None, *, began: bool = False
    ) -> VendorError:
        now_s = asyncio.get_running_loop().time()
        if error.blame == "vendor":
            member.circuit.failed(asked, now_s, error.wait_s)
        elif began:
            member.circuit.set_aside(asked, now_s)
        else:
            member.circuit.left(asked)
        metrics.VENDOR_FAILURES.labels(self._stage, member.name, error.kind).inc()
        logger.log(
            logging.ERROR if error.blame == "settings" else logging.WARNING,
            "stage=%s vendor=%s what=%s error=%s after_ms=%d next=%s standing=%s rests_s=%d%s",
            self._stage, member.name, _WHAT[error.blame], error.kind, round(1000 * after_s), following or "none",
            member.circuit.standing(now_s), round(member.circuit.rest_left_s(now_s)), error.why and f" why={error.why}",
        )  # fmt: skip
        return VendorError(member.name, error.kind, retryable=error.retryable and not self._tell_rest(member))

    def _tell_rest(self, member: Member[V]) -> bool:
        resting = member.circuit.standing(asyncio.get_running_loop().time()) == "resting"
        metrics.VENDOR_RESTING.labels(self._stage, member.name).set(resting)
        return resting


def _no_answer(vendor: str) -> VendorError:
    return VendorError(vendor, "no_answer", retryable=True)


class _Attempt(Generic[V, T]):
    """One vendor's chance to answer one request."""

    def __init__(
        self,
        stage: Stage,
        member: Member[V],
        request: Callable[[V], AsyncIterator[T]],
        sounds_s: Callable[[T], float | None],
        deadline_s: float,
        end_s: float,
    ) -> None:
        """``deadline_s``: when its own time is over, unless it shows that it is at work; ``end_s``: that of all vendors."""
        self.began = False
        self.asked = member.circuit.asked()
        self.failure: VendorError | None = None
        self._stage = stage
        self._member = member
        self._request = request
        self._sounds_s = sounds_s
        self._since_s = asyncio.get_running_loop().time()
        self._deadline_s = deadline_s
        self._end_s = end_s
        self._pace = Pace()
        self._worked_s = 0.0
        """Since the last piece that was one."""

    @property
    def took_s(self) -> float:
        """Until now."""
        return asyncio.get_running_loop().time() - self._since_s

    async def pieces(self) -> AsyncIterator[T]:
        """What the vendor answers, up to its end or its failure."""
        loop, deadline_s, waiting_since_s = asyncio.get_running_loop(), self._deadline_s, self._since_s
        try:
            async with closing(self._request(self._member.vendor)) as pieces:
                while (piece := await next_piece(pieces, deadline_s, self._member.name, self._end_s)) is not None:
                    self.began = True
                    self._came(piece, loop.time() - waiting_since_s)
                    yield piece
                    waiting_since_s = loop.time()
                    deadline_s = waiting_since_s + GAP_S
        except VendorError as error:
            self.failure = error
        except Exception as bug:
            logger.exception("stage=%s vendor=%s what=unforeseen", self._stage, self._member.name)
            self.failure = VendorError(self._member.name, type(bug).__name__, retryable=True)
        except BaseException:  # cancelled, or closed: nobody waits for the answer any more
            self._member.circuit.left(self.asked)
            raise

    def _came(self, piece: T, waited_s: float) -> None:
        """Whether it is still worth waiting for the next one.

        Raises:
            VendorError: ``timeout`` or ``too_slow``.
        """
        if isinstance(piece, Working):
            self._worked_s += waited_s
            if self._worked_s > piece.may_take_s:  # and would again: only another vendor may do better
                raise VendorError(self._member.name, "timeout", retryable=False)
            return
        self._worked_s = 0.0
        self._pace.came(waited_s, self._sounds_s(piece))
        if self._pace.too_slow:
            raise VendorError(self._member.name, "too_slow", retryable=True)
