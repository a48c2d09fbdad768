"""What calls cost, as the gateway adds it up, beside what the vendors' servers bill: the official clients, over sockets."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from common import prices
from common.audio import BYTES_PER_MS
from gateway.account import UNITS, Account, Line
from tests.integration.faulty_house import FaultyHouse, faulty_house
from tests.integration.pipeline import LIMIT_S
from tests.integration.whole import HELLO
from tts_worker.tones import tone

TOLERANCE = 0.02


async def closed(house: FaultyHouse, call: str = "CA1") -> list[Account]:
    """All accounts, once that of the call is closed."""
    accounts: list[Account] = []
    async with asyncio.timeout(LIMIT_S):
        while not accounts or accounts[-1].call != call:
            accounts.append(await house.exchange.costs.get())
    return accounts


def totals(accounts: list[Account]) -> Counter[tuple[str, str]]:
    """By model and unit."""
    total: Counter[tuple[str, str]] = Counter()
    for line in lines(accounts):
        for unit, amount in line.amounts.items():
            total[line.model, unit] += amount  # type: ignore[assignment]
    return total


def lines(accounts: list[Account]) -> list[Line]:
    return [line for account in accounts for line in account.lines(prices.load())]


def billed(house: FaultyHouse) -> Counter[tuple[str, str]]:
    """What the servers counted, in the units that they bill by."""
    total: Counter[tuple[str, str]] = Counter()
    for model, bill in house.asr.service.bills.items():
        total.update({(model, unit): getattr(bill, unit) for unit in UNITS})
    total.update({(voice, "characters"): count for voice, count in house.tts.characters.items()})
    return +total


def assert_within_tolerance(house: FaultyHouse, accounts: list[Account]) -> None:
    ours, theirs = totals(accounts), billed(house)
    off = {what: (ours[what], bill) for what, bill in theirs.items() if abs(ours[what] - bill) > TOLERANCE * bill}
    assert theirs
    assert off == {}


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="gpt and Google"),
        pytest.param({"asr_model": "gpt-4o-transcribe"}, id="gpt-4o", marks=pytest.mark.long),
        pytest.param({"asr_model": "whisper-1"}, id="whisper-1", marks=pytest.mark.long),
        pytest.param({"tts_vendor": "openai", "tts_openai_model": "tts-1"}, id="tts-1", marks=pytest.mark.long),
        pytest.param({"speculate": "full"}, id="with drafts", marks=pytest.mark.long),
    ],
)
async def test_a_call_costs_what_the_servers_bill(tmp_path: Path, settings: dict[str, str]) -> None:
    async with faulty_house(tmp_path, **settings) as house:
        await house.ask()
        accounts = await closed(house)
    assert_within_tolerance(house, accounts)


async def test_what_nobody_heard_is_shown_apart(tmp_path: Path) -> None:
    async with faulty_house(tmp_path) as house:
        caller = house.exchange.ring()
        caller.say()
        async with asyncio.timeout(LIMIT_S):
            await caller.until(lambda: len(caller.heard) > 0)
        caller.hang_up()
        accounts = await closed(house)
    (voice,) = [line for line in accounts[-1].lines(prices.load()) if line.stage == "tts"]
    assert voice.usd is not None
    assert voice.usd["unheard"] > voice.usd["of_use"]
    assert_within_tolerance(house, accounts)


async def test_a_draft_that_the_caller_went_on_over_is_shown_apart(tmp_path: Path) -> None:
    async with faulty_house(tmp_path, speculate="full", endpointing="fixed") as house:
        spoken = asyncio.Event()

        def speak(text: str) -> list[bytes]:
            spoken.set()
            return [tone(9, 0, 300)]

        house.tts.script = speak
        caller = house.exchange.ring()
        caller.say(HELLO[: -650 * BYTES_PER_MS])  # 0.35 s of silence behind it: a pause, and no end yet
        async with asyncio.timeout(LIMIT_S):
            await spoken.wait()
            caller.say(HELLO[440 * BYTES_PER_MS :])  # from the onset
            await caller.until(lambda: len(caller.heard) > 0)
        caller.hang_up()
        accounts = await closed(house)
    dropped = {line.stage: line.usd["dropped"] for line in accounts[-1].lines(prices.load()) if line.usd is not None}
    assert (dropped["asr"], dropped["llm"] > 0, dropped["tts"] > 0) == (0, True, True)
    assert_within_tolerance(house, accounts)


@pytest.mark.parametrize("fault", ["500", pytest.param("429", marks=pytest.mark.long)])
async def test_a_request_that_was_refused_costs_nothing(tmp_path: Path, fault: str) -> None:
    async with faulty_house(tmp_path, llm_fallback="openai_2") as house:
        house.fail("llm", fault)
        await house.ask()
        accounts = await closed(house)
    assert [line.model for line in lines(accounts) if line.stage == "llm"] == ["gpt-5.6-luna"]
