"""What was spent today, and whom there is no more money for: all calls, those of an agent, those of a caller.

Rules
- The day is the house's (``TIME_ZONE``). What a call cost is added once it is over, by all gateways to one hash in Redis, which is gone
  after two days. Beyond a limit a *new* call is told so by the provider's voice; one that is on the line, or is connected again, goes on.
- Of a caller nothing is kept but a keyed digest of the number, and that only where callers have a limit.
- A Redis that does not answer within 0.3 s refuses nobody. A cost that nobody knows (no price) counts nothing.
"""

import asyncio
import hmac
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from common.agents.in_use import InUse
from common.config import Settings
from common.errors import BusUnavailable, ConfigError
from gateway.account import Account

ANSWER_LIMIT_S = 0.3
LAST_WORD_S = 0.2
CALLER = "caller"
"""Parameter of a stream: a digest of the caller's number."""
_ALL = "all"
_MICRO = 1_000_000
_NUMBER = re.compile(r"\+\d{6,15}")

logger = logging.getLogger("torim.gateway")


class Purse(Protocol):
    """Where it is kept, in millionths of a dollar by day and name."""

    async def add_spent(self, day: str, amounts: Mapping[str, int]) -> None:
        """More was spent."""

    async def spent(self, day: str, names: Sequence[str]) -> list[int]:
        """What was spent so far, in the order of the names."""


class Spending:
    """One gateway's view of it."""

    def __init__(self, settings: Settings, purse: Purse, wall_clock: Callable[[], float]) -> None:
        """Raises ConfigError if callers have a limit and there is no key for their digests."""
        self._settings = settings
        self._purse = purse
        self._wall_clock = wall_clock
        self._zone = ZoneInfo(settings.time_zone)
        self._key = (settings.spend_key or settings.twilio_auth_token).encode()
        if settings.spend_caller_per_day_usd is not None and not self._key:
            raise ConfigError(
                "SPEND_CALLER_PER_DAY_USD: takes a SPEND_KEY, or a TWILIO_AUTH_TOKEN: callers' numbers are not kept as they are"
            )
        self._unwritten: asyncio.Queue[dict[str, int]] = asyncio.Queue()

    def parameters(self, number: str) -> dict[str, str]:
        """What the stream of this caller is told, so that the call's cost is added to theirs."""
        if self._settings.spend_caller_per_day_usd is None or not _NUMBER.fullmatch(number):
            return {}
        return {CALLER: hmac.new(self._key, number.encode(), "sha256").hexdigest()[:16]}

    async def why_refused(self, agent: InUse, number: str) -> str:
        """Which limit a new call is beyond; "": none."""
        limits = self._limits(agent, self.parameters(number).get(CALLER, ""))
        if not limits:
            return ""
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                spent = await self._purse.spent(self._day(), [name for name, _, _ in limits])
        except (BusUnavailable, TimeoutError):
            return ""
        return next((kind for (_, kind, limit), micro in zip(limits, spent, strict=True) if micro >= limit * _MICRO), "")

    def _limits(self, agent: InUse, caller: str) -> list[tuple[str, str, float]]:
        """Name, kind and dollars of those that there are."""
        settings, of_agent = self._settings, agent.snapshot.agent.spend_per_day_usd
        limits = [
            (_ALL, "spent_today", settings.spend_per_day_usd),
            (_agents(agent.snapshot.key), "spent_by_agent", settings.spend_agent_per_day_usd if of_agent is None else of_agent),
            (_callers(caller), "spent_by_caller", settings.spend_caller_per_day_usd if caller else None),
        ]
        return [(name, kind, limit) for name, kind, limit in limits if limit is not None]

    def _day(self) -> str:
        return datetime.fromtimestamp(self._wall_clock(), self._zone).date().isoformat()

    # --- What calls cost

    def settled(self, account: Account, usd: float) -> None:
        """A call came to this; waits on nothing."""
        micro = round(usd * _MICRO)
        if micro:
            caller = {_callers(account.caller): micro} if account.caller else {}
            self._unwritten.put_nowait({_ALL: micro, _agents(account.agent): micro, **caller})

    async def run(self) -> None:
        """Write what was settled, until cancelled; then what is left."""
        try:
            while True:
                await self._write(await self._unwritten.get())
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORD_S):
                    while not self._unwritten.empty():
                        await self._write(self._unwritten.get_nowait())

    async def _write(self, amounts: Mapping[str, int]) -> None:
        try:
            await self._purse.add_spent(self._day(), amounts)
        except BusUnavailable as trouble:
            logger.error("what=spending_lost usd=%.6f error=%s", amounts[_ALL] / _MICRO, trouble)


def _agents(key: str) -> str:
    return f"agent:{key or 'settings'}"


def _callers(digest: str) -> str:
    return f"caller:{digest}"
