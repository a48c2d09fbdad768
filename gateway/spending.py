"""What was spent today, and whom there is no more money for: all calls, those of an agent, those of a caller.

Rules
- The day is the house's (``TIME_ZONE``). What calls cost is added every few seconds, by all gateways to one hash in Redis, which is gone
  after two days. Beyond a limit a *new* call is told so by the provider's voice, and one that is on the line, or is connected again, by
  the bot behind its next reply (``parting.py``); then it is hung up.
- Of a caller nothing is kept but a keyed digest of the number, and that only where callers have a limit.
- A Redis that does not answer within 0.3 s refuses and ends nobody. A cost that nobody knows (no price) counts nothing.
"""

import asyncio
import hmac
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from common.agents.in_use import InUse
from common.config import Settings
from common.errors import BusUnavailable, ConfigError
from common.vendors import paid_for
from gateway.account import Account
from gateway.agents import Agents

LOOK_S = 5.0
"""How often what calls cost is written, and looked whether it is too much."""
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


class Spender(Protocol):
    """A call on the line."""

    account: Account

    def spent(self, limit: str) -> None:
        """It is beyond this limit; said more than once."""


_Limit = tuple[str, str, float]
"""Name in the purse, kind, and US dollars."""


class Spending:
    """One gateway's view of it."""

    def __init__(self, settings: Settings, purse: Purse, wall_clock: Callable[[], float], agents: Agents) -> None:
        """Raises ConfigError if callers have a limit and there is no key for their digests."""
        self._settings = settings
        self._purse = purse
        self._wall_clock = wall_clock
        self._agents = agents
        self._zone = ZoneInfo(settings.time_zone)
        self._key = (settings.spend_key or settings.twilio_auth_token).encode()
        if settings.spend_caller_per_day_usd is not None and not self._key:
            raise ConfigError(
                "SPEND_CALLER_PER_DAY_USD: takes a SPEND_KEY, or a TWILIO_AUTH_TOKEN: callers' numbers are not kept as they are"
            )
        self._unwritten: Counter[str] = Counter()
        """Millionths of a dollar by name."""

    def parameters(self, number: str) -> dict[str, str]:
        """What the stream of this caller is told, so that the call's cost is added to theirs."""
        if self._settings.spend_caller_per_day_usd is None or not _NUMBER.fullmatch(number):
            return {}
        return {CALLER: hmac.new(self._key, number.encode(), "sha256").hexdigest()[:16]}

    async def why_refused(self, agent: InUse, number: str) -> str:
        """Which limit a new call is beyond; "": none."""
        limits = self._limits(agent, self.parameters(number).get(CALLER, ""))
        return _beyond(limits, await self._spent(limits))

    def _limits(self, agent: InUse | None, caller: str) -> list[_Limit]:
        """Those that there are."""
        settings, file = self._settings, agent and agent.snapshot
        of_agent = file.agent.spend_per_day_usd if file else None
        limits = [
            (_ALL, "spent_today", settings.spend_per_day_usd),
            (_agents(file.key if file else ""), "spent_by_agent", settings.spend_agent_per_day_usd if of_agent is None else of_agent),
            (_callers(caller), "spent_by_caller", settings.spend_caller_per_day_usd if caller else None),
        ]
        return [(name, kind, limit) for name, kind, limit in limits if limit is not None]

    async def _spent(self, limits: Iterable[_Limit]) -> Mapping[str, int]:
        """What was spent today, by name; nothing, where Redis does not say in time."""
        names = sorted({name for name, _, _ in limits})
        if not names:
            return {}
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return dict(zip(names, await self._purse.spent(self._day(), names), strict=True))
        except (BusUnavailable, TimeoutError):
            return {}

    def _day(self) -> str:
        return datetime.fromtimestamp(self._wall_clock(), self._zone).date().isoformat()

    # --- What calls cost

    def used(self, account: Account, usd: float) -> None:
        """A call cost so much more; waits on nothing."""
        names = [_ALL, _agents(account.agent), *([_callers(account.caller)] if account.caller else [])]
        self._unwritten.update(dict.fromkeys(names, round(usd * _MICRO)))

    async def run(self, live: Callable[[], Iterable[Spender]]) -> None:
        """Write what calls cost, and tell those that cost too much, until cancelled; then write what is left."""
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                await self._write()
                await self._tell(live())
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORD_S):
                    await self._write()

    async def _write(self) -> None:
        amounts, self._unwritten = +self._unwritten, Counter()
        if not amounts:
            return
        try:
            await self._purse.add_spent(self._day(), amounts)
        except BusUnavailable as trouble:
            logger.error("what=spending_lost usd=%.6f error=%s", amounts[_ALL] / _MICRO, trouble)

    async def _tell(self, live: Iterable[Spender]) -> None:
        """Those on the line that are beyond a limit."""
        limits = [(call, self._limits(self._agent_of(call.account), call.account.caller)) for call in live]
        spent = await self._spent(limit for _, each in limits for limit in each)
        for call, each in limits:
            if why := _beyond(each, spent):
                call.spent(why)

    def _agent_of(self, account: Account) -> InUse | None:
        """Whose limit counts: that of the file as it is now; of one that is gone, as it was."""
        return self._agents.named(account.agent) or self._agents.begun_with(account.began_with)


def warn_of_no_limit(settings: Settings) -> None:
    """Say that nothing ends what vendors may cost, where that is so."""
    limits = (settings.spend_per_day_usd, settings.spend_agent_per_day_usd)
    if (paid := paid_for(settings)) and all(limit is None for limit in limits):
        logger.warning("what=no_spend_limit vendors=%s: SPEND_PER_DAY_USD sets one (docs/cost.md)", ",".join(paid))


def has_limit(agent: InUse) -> bool:
    """Whether a call of the agent may be beyond one."""
    settings = agent.settings
    of_settings = (settings.spend_per_day_usd, settings.spend_agent_per_day_usd, settings.spend_caller_per_day_usd)
    return any(limit is not None for limit in (*of_settings, agent.snapshot.agent.spend_per_day_usd))


def _beyond(limits: Iterable[_Limit], spent: Mapping[str, int]) -> str:
    """The kind of the first limit that is reached; "": none."""
    return next((kind for name, kind, limit in limits if name in spent and spent[name] >= limit * _MICRO), "")


def _agents(key: str) -> str:
    return f"agent:{key or 'settings'}"


def _callers(digest: str) -> str:
    return f"caller:{digest}"
