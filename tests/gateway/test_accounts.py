"""When an account is told, and how the event looks."""

import asyncio

import pytest

from common.messages import Head, Use, Used
from common.prices import Price, Prices
from gateway.account import Account
from gateway.accounts import LINGER_S, Accounts
from tests import virtual_clock

PRICES = Prices((Price(vendor="v", model="m", source="s", date="2026-11-23", minute=60),))
USED = Used(head=Head(call="CA1", turn=1), stage="asr", uses=(Use(vendor="v", model="m", seconds=2),))


def opened(told: list[Account]) -> Accounts:
    accounts = Accounts(PRICES, "Asia/Jerusalem", lambda: 1_763_848_800.0, lambda account, usd: told.append(account))
    accounts.open("CA1", "clinic")
    return accounts


def test_an_account_waits_for_what_is_on_its_way_and_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        accounts = opened([])
        accounts.over("CA1")
        accounts.over("CA1")
        accounts.heard_from(USED)
        await asyncio.sleep(LINGER_S + 0.1)

    virtual_clock.run(main())
    assert capsys.readouterr().out.splitlines() == [
        "EVENT call=CA1 turn=- COST day=2025-11-23 agent=clinic usd=2.000000 unpriced=0 "
        "asr/v/m=requests:1,estimated:0,seconds:2.0,usd_of_use:2.000000,usd_dropped:0.000000,usd_unheard:0.000000"
    ]


def test_a_model_without_a_price_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    accounts = opened([])
    accounts.heard_from(Used(head=USED.head, stage="llm", uses=(Use(vendor="v", model="unheard_of", input_tokens=9),)))
    accounts.close_all()
    assert capsys.readouterr().out.endswith(" usd=0.000000 unpriced=1 llm/v/unheard_of=requests:1,estimated:0,input_tokens:9,usd:unknown\n")


def test_a_call_that_is_connected_again_keeps_its_account() -> None:
    async def main() -> None:
        told: list[Account] = []
        accounts = opened(told)
        account = accounts.open("CA1", "clinic")
        accounts.over("CA1")
        assert accounts.open("CA1", "clinic") is account
        await asyncio.sleep(2 * LINGER_S)
        assert told == []

    virtual_clock.run(main())


def test_what_comes_for_no_account_is_told_alone() -> None:
    told: list[Account] = []
    accounts = opened(told)
    accounts.heard_from(Used(head=Head(call="CA9", turn=1), stage="asr", uses=USED.uses))
    assert [(account.call, len(account.lines(PRICES))) for account in told] == [("CA9", 1)]


def test_what_a_piece_of_work_costs_is_told_at_once() -> None:
    told: list[tuple[str, str, float]] = []
    accounts = Accounts(PRICES, "UTC", lambda: 0.0, used=lambda account, usd: told.append((account.call, account.agent, usd)))
    accounts.open("CA1", "clinic")
    accounts.heard_from(USED)
    accounts.heard_from(Used(head=Head(call="CA9", turn=1, agent="shop-1a2b"), stage="asr", uses=USED.uses))
    assert told == [("CA1", "clinic", 2.0), ("CA9", "shop", 2.0)]


def test_a_piece_of_work_of_unknown_price_costs_nothing_yet() -> None:
    told: list[float] = []
    accounts = Accounts(PRICES, "UTC", lambda: 0.0, used=lambda account, usd: told.append(usd))
    accounts.heard_from(Used(head=USED.head, stage="llm", uses=(Use(vendor="v", model="unheard_of", input_tokens=9),)))
    assert told == [0.0]


def test_a_gateway_that_ends_tells_all_accounts() -> None:
    async def main() -> None:
        told: list[Account] = []
        accounts = opened(told)
        accounts.over("CA1")
        accounts.open("CA2", "")
        accounts.close_all()
        await asyncio.sleep(2 * LINGER_S)
        assert [(account.call, account.agent) for account in told] == [("CA1", "clinic"), ("CA2", "settings")]

    virtual_clock.run(main())
