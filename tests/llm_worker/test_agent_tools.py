"""An agent's own tools: its webhooks and functions, as far as its file allows them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from common.agents.in_use import InUse, after_transfers, in_use, knowing
from common.config import Settings
from llm_worker.agent_tools import AgentTools, missing
from llm_worker.tools import Occasion, Tool, ToolFailed
from tests.common.agents.files import blocks, snapshot

OWN = """
[webhooks.book]
description = "Books."
url = "https://example.com/book"
secret = "BOOKING_SECRET"
[functions]
find = "tests.llm_worker.test_agent_tools:FIND"
lost = "tests.llm_worker.test_agent_tools:PATH"
gone = "no_such_module:FIND"
"""


class Order(msgspec.Struct):
    number: str


async def find(order: Order, occasion: Occasion) -> str:
    return f"order {order.number}"


FIND = Tool("find_order", "Finds an order.", Order, "none", 2.0, find)
PATH = "no tool"


def agent(folder: Path, more: str = "") -> InUse:
    return in_use(snapshot(folder, more + OWN), Settings())


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKING_SECRET", "s3cret")


@pytest.fixture
def tools() -> AgentTools:
    return AgentTools()


async def test_an_agent_has_its_own_tools_beside_those_of_the_house(tmp_path: Path, tools: AgentTools) -> None:
    assert set(tools.of(agent(tmp_path))) == {"look_up_time", "book", "find"}


async def test_its_file_may_allow_some_of_them(tmp_path: Path, tools: AgentTools) -> None:
    assert set(tools.of(agent(tmp_path, 'tools = ["find"]'))) == {"find"}


async def test_a_function_goes_by_the_name_in_the_file(tmp_path: Path, tools: AgentTools) -> None:
    assert tools.of(agent(tmp_path))["find"].name == "find"


async def test_a_function_that_is_none_is_told_once(tmp_path: Path, tools: AgentTools, caplog: pytest.LogCaptureFixture) -> None:
    made = [tools.of(agent(tmp_path)) for _ in range(2)]
    assert made[0] is made[1]
    assert [record.getMessage().split(" from=")[0] for record in caplog.records] == [
        "tool=lost what=not_loaded",
        "tool=gone what=not_loaded",
    ]


async def test_a_secret_that_nobody_set_is_told_once(
    tmp_path: Path, tools: AgentTools, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOKING_SECRET")
    for _ in range(2):
        tools.of(agent(tmp_path, 'tools = ["book"]'))
    assert [record.getMessage().partition(" ")[2] for record in caplog.records] == ["tool=book what=no_secret variable=BOOKING_SECRET"]


async def test_a_tool_that_the_file_lists_and_that_is_not_here_is_told_once(
    tmp_path: Path, tools: AgentTools, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        tools.of(agent(tmp_path, 'tools = ["find", "leave_message", "hang_up"]'))
    assert [record.getMessage().partition(" ")[2] for record in caplog.records] == ["tool=leave_message what=not_here see=MESSAGES_DIR"]


async def test_who_may_not_be_transferred_any_more_is_told_that_it_cannot_be_done(tmp_path: Path) -> None:
    office = 'tools = ["transfer"]\n[limits.transfer]\ntimes = 2\n[transfers.office]\nnumber = "+97245550101"\nwhen = "people"\n'
    agents = [after_transfers(agent(tmp_path, office), made) for made in (0, 1, 2)]
    assert [missing(each, []) for each in agents] == [[], [], ["transfer"]]


@pytest.mark.parametrize(("number", "told"), [("AB1234", "in the oven"), ("ZZ0000", "there is no such order")])
async def test_the_function_of_the_docs_is_a_tool(number: str, told: str) -> None:
    (code,) = [code for code in blocks("python") if "FIND_ORDER" in code]
    exec(code, module := {"__name__": "bakery_tools"})
    find: Any = module["FIND_ORDER"]
    occasion = Occasion("CA1", "en", datetime(2026, 11, 23, tzinfo=UTC))
    try:
        answer = await find.use(find.read(f'{{"number": "{number}"}}'), occasion)
    except ToolFailed as failed:
        answer = str(failed)
    assert answer == told


async def test_they_are_made_once_whoever_calls(tmp_path: Path, tools: AgentTools) -> None:
    of_all = agent(tmp_path)
    assert [tools.of(knowing(of_all, {"name": name})) is tools.of(of_all) for name in ("Dana", "Dan")] == [True, True]


async def test_only_so_many_agents_are_kept(tmp_path: Path, tools: AgentTools) -> None:
    first = tools.of(agent(tmp_path))
    for number in range(64):
        tools.of(agent(tmp_path, f'instructions = "{number}"'))
    assert tools.of(agent(tmp_path)) is not first
