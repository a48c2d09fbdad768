"""The accounts of this gateway's calls: what workers say that they used, until it is told as one event.

    call ──▶ open ──▶ its stream ends ──▶ 5 s for what is still on its way ──▶ COST, metrics, spending
                            └── connected again ──▶ open

A call that goes on at another gateway has an account there, too: each tells what it was told, and the sum is right. What comes
for no account (fixed phrases, made ahead; work that took longer) is told at once, alone.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from common import metrics
from common.agents.agent import Snapshot
from common.messages import Message, Use, Used
from common.prices import Prices
from gateway.account import UNITS, Account, Line, usd_of
from gateway.events_log import log_event

_BILLED = (("asr", "openai"), ("llm", "openai"), ("tts", "openai"), ("tts", "google"))
"""Whose unpriced requests are counted from 0 on, so that the first is seen to be one."""
LINGER_S = 5.0
"""More than a worker works on a piece that nobody waits for."""

Cost = Callable[[Account, float], object]
"""Hears what a call, or a piece of it, cost in US dollars."""


def nobody(account: Account, usd: float) -> None:
    """Hears nothing of it."""


class Accounts:
    """One gateway's."""

    def __init__(
        self,
        prices: Prices,
        zone: str,
        wall_clock: Callable[[], float],
        settled: Cost = nobody,
        linger_s: float = LINGER_S,
        used: Cost = nobody,
    ) -> None:
        """``settled`` hears of each call once it is over, ``used`` of each piece of work at once."""
        self._linger_s = linger_s
        self._prices = prices
        self._zone = ZoneInfo(zone)
        self._wall_clock = wall_clock
        self._settled = settled
        self._used = used
        self._open: dict[str, Account] = {}
        self._closing: dict[str, asyncio.TimerHandle] = {}
        for stage, vendor in _BILLED:
            metrics.UNPRICED.labels(stage, vendor)

    def open(self, call: str, agent: str, caller: str = "", number: str = "", began_with: Snapshot | None = None) -> Account:
        """The account of a call, the same for each of its streams."""
        if (closing := self._closing.pop(call, None)) is not None:
            closing.cancel()
        return self._open.setdefault(call, Account(call, agent or "settings", caller, number, began_with))

    def over(self, call: str) -> None:
        """No stream of the call is here any more."""
        if call in self._open and call not in self._closing:
            self._closing[call] = asyncio.get_running_loop().call_later(self._linger_s, self._close, call)

    def heard_from(self, message: Message) -> None:
        """A worker's message for any call."""
        account = self._open.get(message.head.call)
        if account is not None:
            account.heard_from(message)
        if isinstance(message, Used):
            self._used(account or self._alone(message), sum(map(self._usd, message.uses)))

    def _alone(self, used: Used) -> Account:
        """What nobody is told of any more."""
        alone = Account(used.head.call, used.head.agent.rpartition("-")[0] or "settings")
        alone.heard_from(used)
        self._tell(alone)
        return alone

    def _usd(self, use: Use) -> float:
        return self._prices.usd(use) or 0.0

    def close_all(self) -> None:
        """The gateway ends."""
        for call in list(self._open):
            self._close(call)

    def _close(self, call: str) -> None:
        if (closing := self._closing.pop(call, None)) is not None:
            closing.cancel()
        self._tell(self._open.pop(call))

    def _tell(self, account: Account) -> None:
        lines = account.lines(self._prices)
        day = datetime.fromtimestamp(self._wall_clock(), self._zone).date()
        unpriced = sum(line.requests for line in lines if line.usd is None)
        fields = {f"{line.stage}/{line.vendor}/{line.model}": _shown(line) for line in lines}
        log_event(account.call, None, "COST", day=day, agent=account.agent, usd=f"{usd_of(lines):.6f}", unpriced=unpriced, **fields)
        for line in lines:
            _count(line)
        self._settled(account, usd_of(lines))


def _shown(line: Line) -> str:
    amounts = {unit: f"{amount:g}" if unit != "seconds" else f"{amount:.1f}" for unit, amount in line.amounts.items() if amount}
    usd = {"usd": "unknown"} if line.usd is None else {f"usd_{fate}": f"{cost:.6f}" for fate, cost in line.usd.items()}
    told = {"requests": line.requests, "estimated": line.estimated, **amounts, **usd}
    return ",".join(f"{name}:{value}" for name, value in told.items())


def _count(line: Line) -> None:
    for unit in UNITS:
        metrics.VENDOR_UNITS.labels(line.stage, line.vendor, unit).inc(line.amounts[unit])
    if line.usd is None:
        metrics.UNPRICED.labels(line.stage, line.vendor).inc(line.requests)
    for fate, usd in (line.usd or {}).items():
        metrics.COST_USD.labels(line.stage, line.vendor, fate).inc(usd)
