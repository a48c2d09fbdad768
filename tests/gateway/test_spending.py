"""Whom there is no more money for, and what is kept to know it."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from common.agents.agent import Agent, Snapshot
from common.agents.in_use import InUse, in_use
from common.agents.overlay import house
from common.config import Settings
from common.errors import BusUnavailable, ConfigError
from gateway.account import Account
from gateway.agents import Agents
from gateway.spending import CALLER, LOOK_S, Spending, has_limit, warn_of_no_limit
from tests import virtual_clock
from tests.common.agents.files import CLINIC, folder_of, write

NUMBER, OTHER = "+15005550006", "+15005550007"
TODAY, TOMORROW = 1_795_392_000.0, 1_795_478_400.0


class FakePurse:
    """The sums in memory; ``away``: it does not answer."""

    def __init__(self, spent: Mapping[str, int] | None = None, *, away: bool = False) -> None:
        self.days: dict[str, Counter[str]] = {"2026-11-23": Counter(spent or {})}
        self._away = away

    async def add_spent(self, day: str, amounts: Mapping[str, int]) -> None:
        if self._away:
            raise BusUnavailable("away")
        self.days.setdefault(day, Counter()).update(amounts)

    async def spent(self, day: str, names: Sequence[str]) -> list[int]:
        if self._away:
            await asyncio.Event().wait()
        return [self.days.get(day, Counter())[name] for name in names]


def spending(*, spent: Mapping[str, int] | None = None, away: bool = False, at_s: float = TODAY, **limits: float | str) -> Spending:
    settings = Settings(**limits)  # type: ignore[arg-type]
    return Spending(settings, FakePurse(spent, away=away), lambda: at_s, Agents(settings))


def clinic(spend_per_day_usd: float | None = None) -> InUse:
    agent = Agent(name="Clinic", languages=("en",), gender="female", address="plural", spend_per_day_usd=spend_per_day_usd)
    return in_use(Snapshot(key="clinic", agent=agent), Settings())


HOUSE = in_use(house(Settings()), Settings())


async def refused(asked: Spending, agent: InUse = HOUSE, number: str = NUMBER) -> str:
    return await asked.why_refused(agent, number)


@pytest.mark.parametrize(("micro", "why"), [(999_999, ""), (1_000_000, "spent_today")])
async def test_a_day_has_its_limit(micro: int, why: str) -> None:
    assert await refused(spending(spent={"all": micro}, spend_per_day_usd=1)) == why


async def test_a_new_day_begins_at_nothing() -> None:
    assert await refused(spending(spent={"all": 1_000_000}, spend_per_day_usd=1, at_s=TOMORROW)) == ""


async def test_an_agent_has_the_limit_of_its_file() -> None:
    asked = spending(spent={"agent:clinic": 500_000}, spend_agent_per_day_usd=9)
    assert await refused(asked, clinic(spend_per_day_usd=0.5)) == "spent_by_agent"


async def test_an_agent_whose_file_says_nothing_has_that_of_the_settings() -> None:
    assert await refused(spending(spent={"agent:clinic": 500_000}, spend_agent_per_day_usd=0.5), clinic()) == "spent_by_agent"


async def test_what_one_agent_spent_is_not_another_ones() -> None:
    assert await refused(spending(spent={"agent:clinic": 500_000}, spend_agent_per_day_usd=0.5)) == ""


async def test_a_caller_has_a_limit_and_others_have_theirs() -> None:
    asked = spending(spend_caller_per_day_usd=0.1, spend_key="k")
    digest = asked.parameters(NUMBER)[CALLER]
    asked = spending(spent={f"caller:{digest}": 100_000}, spend_caller_per_day_usd=0.1, spend_key="k")
    assert [await refused(asked, number=number) for number in (NUMBER, OTHER, "anonymous")] == ["spent_by_caller", "", ""]


async def test_without_limits_nobody_is_asked() -> None:
    assert await refused(spending(away=True)) == ""


def test_a_redis_that_does_not_answer_refuses_nobody() -> None:
    async def main() -> None:
        assert await refused(spending(away=True, spend_per_day_usd=0)) == ""

    virtual_clock.run(main())


def test_where_callers_have_no_limit_nothing_is_kept_of_them() -> None:
    assert spending(spend_key="k").parameters(NUMBER) == {}


def test_a_digest_is_another_one_with_another_key() -> None:
    digests = {spending(spend_caller_per_day_usd=1, spend_key=key).parameters(NUMBER)[CALLER] for key in ("k", "l")}
    assert len(digests) == 2


def test_a_limit_for_callers_takes_a_key() -> None:
    with pytest.raises(ConfigError, match="SPEND_CALLER_PER_DAY_USD: takes a SPEND_KEY"):
        spending(spend_caller_per_day_usd=1)


class FakeCall:
    """A call on the line; ``limits``: those that it was told to be beyond."""

    def __init__(self, agent: str = "settings", caller: str = "") -> None:
        self.account = Account("CA1", agent, caller)
        self.limits: list[str] = []

    def spent(self, limit: str) -> None:
        self.limits.append(limit)


def run(spending: Spending, *live: FakeCall, looks: int = 1, used: Sequence[tuple[Account, float]] = ()) -> None:
    """Have a gateway look so often while these calls are on the line, and cost so much; then it ends."""

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(spending.run(lambda: live))
            for account, usd in used:
                spending.used(account, usd)
            await asyncio.sleep(LOOK_S * looks + 1)
            task.cancel()

    virtual_clock.run(main())


def written(purse: FakePurse, *used: tuple[Account, float], looks: int = 1) -> Counter[str]:
    """What is kept once a gateway has ended whose calls used these."""
    run(Spending(Settings(), purse, lambda: TODAY, Agents(Settings())), looks=looks, used=used)
    return purse.days["2026-11-23"]


@pytest.mark.parametrize("looks", [0, 1])
def test_what_a_call_costs_is_all_calls_its_agents_and_its_callers(looks: int) -> None:
    kept = written(FakePurse(), (Account("CA1", "clinic", "d1"), 0.25), (Account("CA2", "shop"), 0.5), looks=looks)
    assert kept == {"all": 750_000, "agent:clinic": 250_000, "caller:d1": 250_000, "agent:shop": 500_000}


def test_work_that_cost_nothing_is_not_written() -> None:
    assert written(FakePurse(), (Account("CA1", "clinic"), 0.0)) == {}


def test_what_redis_did_not_take_is_told(caplog: pytest.LogCaptureFixture) -> None:
    written(FakePurse(away=True), (Account("CA1", "clinic"), 0.25))
    assert "what=spending_lost usd=0.250000" in caplog.text


# --- Calls on the line


def test_a_call_that_spends_the_last_of_it_is_told_within_seconds() -> None:
    call = FakeCall()
    run(spending(spent={"all": 900_000}, spend_per_day_usd=1), call, used=[(call.account, 0.1)])
    assert call.limits == ["spent_today"]


def test_only_calls_beyond_a_limit_of_theirs_are_told() -> None:
    calls = FakeCall("clinic"), FakeCall("clinic", "d1"), FakeCall("shop", "d2")
    run(spending(spent={"caller:d1": 100_000, "caller:d2": 99_999}, spend_caller_per_day_usd=0.1, spend_key="k"), *calls)
    assert [call.limits for call in calls] == [[], ["spent_by_caller"], []]


def test_an_agents_file_counts_for_its_calls_on_the_line(tmp_path: Path) -> None:
    write(tmp_path, CLINIC + "spend_per_day_usd = 0.5")
    settings, calls = Settings(), (FakeCall("clinic"), FakeCall())
    purse = FakePurse({"agent:clinic": 500_000, "agent:settings": 500_000})
    run(Spending(settings, purse, lambda: TODAY, Agents(settings, folder_of(tmp_path))), *calls)
    assert [call.limits for call in calls] == [["spent_by_agent"], []]


def test_so_does_one_that_is_gone() -> None:
    call = FakeCall("clinic")
    call.account.began_with = clinic(spend_per_day_usd=0.5).snapshot
    run(spending(spent={"agent:clinic": 500_000}), call)
    assert call.limits == ["spent_by_agent"]


def test_a_redis_that_does_not_answer_ends_no_call() -> None:
    call = FakeCall()
    run(spending(away=True, spend_per_day_usd=0), call, looks=3)
    assert call.limits == []


def test_the_words_for_it_are_made_where_there_is_a_limit() -> None:
    settings = [Settings(), Settings(spend_per_day_usd=1), Settings(spend_agent_per_day_usd=1), Settings(spend_caller_per_day_usd=1)]
    assert [has_limit(in_use(house(each), each)) for each in settings] == [False, True, True, True]


def test_the_limit_of_a_file_is_one() -> None:
    assert (has_limit(clinic()), has_limit(clinic(spend_per_day_usd=0.5))) == (False, True)


@pytest.mark.parametrize(
    ("settings", "vendors"),
    [
        (Settings(), []),
        (Settings(openai_api_key="k"), ["openai"]),
        (
            Settings(llm_base_url="http://127.0.0.1:1", llm_fallback="openai_2", openai_2_api_key="k", tts_vendor="google"),
            ["google,google_unary,openai_2"],
        ),
        (Settings(openai_api_key="k", spend_per_day_usd=5), []),
        (Settings(openai_api_key="k", spend_agent_per_day_usd=5), []),
        (
            Settings(openai_api_key="k", spend_caller_per_day_usd=5),
            ["openai"],
        ),
        (Settings(llm_base_url="http://127.0.0.1:1", tts_vendor="google", tts_base_url="http://127.0.0.1:2"), []),
    ],
)
def test_that_nothing_ends_what_vendors_cost_is_told(settings: Settings, vendors: list[str], caplog: pytest.LogCaptureFixture) -> None:
    warn_of_no_limit(settings)
    told = [f"what=no_spend_limit vendors={names}: SPEND_PER_DAY_USD sets one (docs/cost.md)" for names in vendors]
    assert [record.getMessage() for record in caplog.records] == told
