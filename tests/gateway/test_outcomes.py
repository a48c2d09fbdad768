"""What came of a call, told to the owner's server over real sockets, and kept until it is."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from common.agents.in_use import InUse
from common.config import Settings
from common.signed_http import signature
from gateway.account import Account
from gateway.agents import Agents
from gateway.courier import AT_ONCE, GIVE_UP_S, TO_ONE_SERVER, Letter
from gateway.outcomes import WAIT_FOR_SUMMARY_S, Outcomes, Summarise
from gateway.turn.events import CloseTurn
from tests.broken_tls import broken_tls
from tests.common.agents.files import CLINIC, folder_of, write
from tests.gateway.clock import Clock
from tests.vendors.openai_server import OpenAIServer, Request, Reset, Script, Stall, answer, document

TAKEN = answer(200, {})
SECRET = "REPORTS_SECRET"
NOW_S = 1_767_629_160.0


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "s3cret")


async def no_summary(agent: InUse, turns: Sequence[CloseTurn]) -> str:
    return ""


def outcomes(
    folder: Path, url: str, more: str = "", clock: Callable[[], float] = lambda: NOW_S, summarise: Summarise = no_summary
) -> Outcomes:
    agents = folder / "agents"
    write(agents, f'{CLINIC}[report]\nurl = "{url}"\nsecret = "{SECRET}"\n{more}')
    write(agents, CLINIC, "silent")
    return Outcomes(folder / "outcomes", Agents(Settings(), folder_of(agents)), clock, summarise)


def account(agent: str = "clinic") -> Account:
    made = Account("CA1", agent, number="+12025550147")
    made.turn_closed(CloseTurn(1, "replied", "hello", "hi"))
    made.turn_closed(CloseTurn(2, "hung_up", "bye", ""))
    return made


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "outcomes").glob("*"))


def end(made: Outcomes, of: Account | None = None) -> None:
    """A call is over, and it is written down."""
    made.settled(of or account(), 0.0123456789)
    made.keep()


async def send_due(made: Outcomes) -> int:
    """One attempt for each whose time has come and for which there is room: how many were on their way at once."""
    async with asyncio.TaskGroup() as tasks:
        return await made.courier.begin_due(tasks)


async def told(folder: Path, script: Script = TAKEN, more: str = "") -> list[Any]:
    async with OpenAIServer(script) as server:
        made = outcomes(folder, server.url, more)
        end(made)
        await send_due(made)
        return server.requests


async def test_the_server_is_told_what_came_of_it(tmp_path: Path) -> None:
    [request] = await told(tmp_path)
    assert request.json == {
        "call": "CA1", "agent": "clinic", "ended_at": "2026-01-05T16:06:00Z", "outcome": "hung_up",
        "turns": {"replied": 1, "hung_up": 1}, "usd": 0.012346,
    }  # fmt: skip


@pytest.mark.parametrize("saved", ["texts = true", None])
async def test_a_call_is_told_of_as_its_file_was_when_it_began(tmp_path: Path, saved: str | None) -> None:
    async with OpenAIServer(TAKEN) as server:
        outcomes(tmp_path, server.url)
        of = account()
        of.began_with = folder_of(tmp_path / "agents").agents["clinic"]
        made = outcomes(tmp_path, server.url, saved or "")
        if saved is None:
            (tmp_path / "agents" / "clinic.toml").unlink()
            made = Outcomes(tmp_path / "outcomes", Agents(Settings(), folder_of(tmp_path / "agents")), lambda: NOW_S, no_summary)
        end(made, of)
        await send_due(made)
        [request] = server.requests
    assert "texts" not in request.json


async def test_what_was_said_is_told_where_the_file_allows_it(tmp_path: Path) -> None:
    [request] = await told(tmp_path, more="texts = true")
    assert request.json["texts"][0] == {"turn": 1, "caller": "hello", "heard": "hi", "cut": False}


async def test_of_a_turn_in_which_nothing_was_said_there_is_no_text(tmp_path: Path) -> None:
    async with OpenAIServer(TAKEN) as server:
        made, silent = outcomes(tmp_path, server.url, "texts = true"), account()
        silent.turn_closed(CloseTurn(3, "hung_up", "", ""))
        end(made, silent)
        await send_due(made)
    assert [text["turn"] for text in server.requests[0].json["texts"]] == [1, 2]


async def test_it_is_signed_and_has_a_key(tmp_path: Path) -> None:
    [request] = await told(tmp_path)
    assert request.headers["idempotency-key"] == "CA1-1"
    assert request.headers["torim-signature"] == f"t={NOW_S:.0f},v1={signature('s3cret', int(NOW_S), 'POST', b'/v1', request.body)}"


async def test_what_was_taken_goes(tmp_path: Path) -> None:
    await told(tmp_path)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("script", [answer(500, {}), [Reset()], document(302, "text/plain", b"", "location: http://127.0.0.1:9/\r\n")])
async def test_what_was_not_taken_stays(tmp_path: Path, script: Script) -> None:
    await told(tmp_path, script)
    assert kept(tmp_path) == ["CA1-1.outcome"]


async def test_it_is_tried_again_after_pauses_that_double(tmp_path: Path) -> None:
    clock, tried = Clock(NOW_S), []
    async with OpenAIServer(answer(500, {})) as server:
        made = outcomes(tmp_path, server.url, clock=clock)
        end(made)
        for after_s in range(0, 80, 5):
            clock.now_s = NOW_S + after_s
            before = len(server.requests)
            await send_due(made)
            tried += [after_s] * (len(server.requests) - before)
    assert tried == [0, 10, 30, 70]


async def test_another_gateway_sends_what_a_dead_one_left(tmp_path: Path) -> None:
    async with OpenAIServer(TAKEN) as server:
        end(outcomes(tmp_path, server.url))
        await send_due(outcomes(tmp_path, server.url))
        assert (len(server.requests), kept(tmp_path)) == (1, [])


async def test_two_gateways_do_not_send_the_same_at_once(tmp_path: Path) -> None:
    async with OpenAIServer(TAKEN) as server:
        made = outcomes(tmp_path, server.url)
        end(made)
        with (tmp_path / "outcomes" / "CA1-1.outcome").open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            await send_due(made)
        assert server.requests == []


async def test_after_a_day_it_is_given_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with OpenAIServer(answer(500, {})) as server:
        made = outcomes(tmp_path, server.url)
        end(made)
        long_ago_s = NOW_S - GIVE_UP_S - 1
        os.utime(tmp_path / "outcomes" / "CA1-1.outcome", (long_ago_s, long_ago_s))
        await send_due(made)
    assert (kept(tmp_path), caplog.messages) == ([], ["call=CA1 what=outcome_given_up error=http_500"])


async def test_it_is_for_its_owners_eyes(tmp_path: Path) -> None:
    end(outcomes(tmp_path, "https://x.example/"))
    assert oct((tmp_path / "outcomes" / "CA1-1.outcome").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize("of", [account("silent"), account("settings"), Account("CA1", "clinic")])
async def test_nothing_is_told_of_calls_that_nobody_asked_about(tmp_path: Path, of: Account) -> None:
    end(outcomes(tmp_path, "https://x.example/"), of)
    assert kept(tmp_path) == []


async def test_without_its_secret_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET)
    assert (await told(tmp_path), kept(tmp_path)) == ([], ["CA1-1.outcome"])


async def test_what_cannot_be_written_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = tmp_path / "outcomes"
    in_the_way.touch()
    made = outcomes(tmp_path, "https://x.example/")
    end(made)
    in_the_way.unlink()
    made.keep()
    assert (kept(tmp_path), caplog.messages) == (["CA1-1.outcome"], ["what=outcomes_not_kept count=1 error=File exists"])


async def test_a_broken_file_stops_no_other(tmp_path: Path) -> None:
    async with OpenAIServer(TAKEN) as server:
        made = outcomes(tmp_path, server.url)
        end(made)
        (tmp_path / "outcomes" / "A.outcome").write_bytes(b"\xc1")
        await send_due(made)
        assert (len(server.requests), kept(tmp_path)) == (1, ["A.outcome"])


async def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with OpenAIServer(TAKEN) as server:
        made = outcomes(tmp_path, server.url)
        end(made)
        (tmp_path / "outcomes" / "A.outcome").mkdir()
        await send_due(made)
        assert (len(server.requests), "what=outcome_stuck file=A.outcome" in caplog.text) == (1, True)


@pytest.mark.parametrize("url", ["https://10.0.0.256/", "https://מרפאה_שלי.co.il/", "no address"])
async def test_an_address_that_is_none_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str) -> None:
    async with OpenAIServer(TAKEN) as server:
        await send_due(wait(tmp_path, url, server.url))
        assert len(server.requests) == 1
    assert [message.partition(" ")[2].partition(" ")[0] for message in caplog.messages] == ["what=outcome_not_taken"]


async def test_what_a_server_whose_tls_breaks_did_not_take_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with broken_tls() as url:
        await send_due(wait(tmp_path, url))
    assert caplog.messages == ["call=CA0 what=outcome_not_taken error=SSLError"]


async def test_the_callers_number_is_told_where_the_file_allows_it(tmp_path: Path) -> None:
    [request] = await told(tmp_path, more="number = true")
    assert request.json["number"] == "+12025550147"


# --- Many at once


def wait(folder: Path, *urls: str) -> Outcomes:
    """What came of a call for each of these servers lies there."""
    (folder / "outcomes").mkdir()
    for number, url in enumerate(urls):
        letter = Letter(f"CA{number}", url, SECRET, f"CA{number}-1", b"{}")
        (folder / "outcomes" / f"CA{number:03}-1.outcome").write_bytes(msgspec.msgpack.encode(letter))
    return outcomes(folder, "https://x.example/")


async def test_a_server_that_does_not_answer_holds_up_its_own_alone(tmp_path: Path) -> None:
    told = asyncio.Event()

    def taken(request: Request) -> Script:
        told.set()
        return TAKEN

    async with OpenAIServer([Stall()]) as slow, OpenAIServer(taken) as quick, asyncio.TaskGroup() as tasks, asyncio.timeout(30):
        made = wait(tmp_path, *[slow.url] * 5 * TO_ONE_SERVER, quick.url)
        sending = tasks.create_task(send_due(made))
        await told.wait()
        sending.cancel()


@pytest.mark.parametrize(("servers", "at_once"), [(1, TO_ONE_SERVER), (2, 2 * TO_ONE_SERVER), (AT_ONCE, AT_ONCE)])
async def test_so_many_are_on_their_way_at_once_and_no_more(tmp_path: Path, servers: int, at_once: int) -> None:
    urls = [f"http://127.0.0.1:{9 + number}/" for number in range(servers)] * 3 * TO_ONE_SERVER
    assert await send_due(wait(tmp_path, *urls)) == at_once


async def test_what_was_never_tried_comes_before_what_was(tmp_path: Path) -> None:
    clock = Clock(NOW_S)
    async with OpenAIServer(answer(500, {})) as server:
        wait(tmp_path, *[server.url] * TO_ONE_SERVER)
        made = outcomes(tmp_path, server.url, clock=clock)
        await send_due(made)
        end(made)
        clock.now_s += 60
        await send_due(made)
        assert "CA1-1" in [request.headers["idempotency-key"] for request in server.requests[TO_ONE_SERVER:]]


# --- In words


async def sent(folder: Path, url: str, summarise: Summarise, after_s: float = 0.0, *, killed: bool = False) -> None:
    """A call is over, its summary is asked for unless the gateway dies first, and its time comes."""
    clock = Clock(NOW_S)
    made = outcomes(folder, url, "summary = true", clock, summarise)
    end(made)
    if killed:
        made = outcomes(folder, url, "summary = true", clock, summarise)
    await made.sum_all_up()
    made.keep()
    clock.now_s += after_s
    await send_due(made)


async def in_words(agent: InUse, turns: Sequence[CloseTurn]) -> str:
    return f"{agent.snapshot.agent.name}: {turns[0].caller}"


@pytest.mark.parametrize(("summarise", "summary"), [(in_words, "Galil clinic: hello"), (no_summary, None)])
async def test_it_is_sent_with_its_summary_or_without(tmp_path: Path, summarise: Summarise, summary: str | None) -> None:
    async with OpenAIServer(TAKEN) as server:
        await sent(tmp_path, server.url, summarise)
    assert [(request.json["summary"], request.json["outcome"]) for request in server.requests] == [(summary, "hung_up")]


@pytest.mark.parametrize(("after_s", "times"), [(WAIT_FOR_SUMMARY_S - 1, 0), (WAIT_FOR_SUMMARY_S, 1)])
async def test_what_waits_for_a_summary_is_sent_without_where_its_gateway_is_gone(tmp_path: Path, after_s: float, times: int) -> None:
    async with OpenAIServer(TAKEN) as server:
        await sent(tmp_path, server.url, in_words, after_s, killed=True)
    assert [request.json["summary"] for request in server.requests] == [None] * times


async def test_it_goes_by_itself_summary_and_all(tmp_path: Path) -> None:
    told: asyncio.Queue[Request] = asyncio.Queue()

    def taken(request: Request) -> Script:
        told.put_nowait(request)
        return TAKEN

    async with OpenAIServer(taken) as server, asyncio.TaskGroup() as tasks, asyncio.timeout(30):
        made = outcomes(tmp_path, server.url, "summary = true", summarise=in_words)
        running = tasks.create_task(made.run())
        made.settled(account(), 0.0)
        assert (await told.get()).json["summary"] == "Galil clinic: hello"
        running.cancel()
