"""What a tool declares, and the ones that Torim brings."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from common.agents.agent import TAKES, ToolName
from common.agents.in_use import in_use
from common.config import Settings
from common.errors import ConfigError
from llm_worker.built_in import MESSAGES, Clock, tools_of, tools_of_agent
from llm_worker.tools import BadArguments, Occasion, Tool, Toolbox, ToolFailed, spelled
from tests.common.agents.files import snapshot

OCCASION = Occasion("c1", "en", datetime(2026, 1, 5, 16, 6, tzinfo=UTC))


class Order(msgspec.Struct, forbid_unknown_fields=True):
    dish: str
    plates: int = 1


async def cook(order: Order, occasion: Occasion) -> str:
    return f"{order.plates} {order.dish}"


ORDER = Tool("order", "Orders a dish.", Order, "once", 5.0, cook)


# --- Declarations


def test_parameters_are_a_schema_of_an_object() -> None:
    assert ORDER.parameters == {
        "type": "object",
        "properties": {"dish": {"type": "string"}, "plates": {"type": "integer", "default": 1}},
        "required": ["dish"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, 15.1])
def test_a_tool_needs_a_limit(timeout_s: float) -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        Tool("x", "", Order, "none", timeout_s, cook)


def test_arguments_are_read() -> None:
    assert ORDER.read('{"dish": "soup", "plates": 2}') == Order("soup", 2)


def test_a_number_in_quotes_is_a_number() -> None:
    assert ORDER.read('{"dish": "soup", "plates": "2"}') == Order("soup", 2)


def test_no_arguments_are_an_empty_object() -> None:
    assert tools_of(Settings())["look_up_time"].read("") == Clock()


@pytest.mark.parametrize(
    ("garbage", "why"),
    [
        ("{dish", "malformed"),
        ("[]", "Expected `object`"),
        ("{}", "missing required field `dish`"),
        ('{"dish": 1}', "Expected `str`"),
        ('{"dish": "soup", "with": "salt"}', "unknown field `with`"),
    ],
)
def test_arguments_that_do_not_fit_say_why(garbage: str, why: str) -> None:
    with pytest.raises(BadArguments, match=why):
        ORDER.read(garbage)


class Sum(msgspec.Struct):
    amount: float
    note: Any = None


SUM = Tool("pay", "Pays.", Sum, "once", 5.0, cook)


@pytest.mark.parametrize(
    ("tool", "garbage"),
    [
        (ORDER, '{"dish": "\\ud800"}'),
        (ORDER, '{"dish": "\ud800"}'),
        (SUM, '{"amount": "nan"}'),
        (SUM, '{"amount": "-inf"}'),
        (SUM, '{"amount": 1e999}'),
        (SUM, '{"amount": 1, "note": ' + "[" * 5000 + "]" * 5000 + "}"),
    ],
)
def test_what_json_cannot_tell_another_server_does_not_fit(tool: Tool, garbage: str) -> None:
    with pytest.raises(BadArguments):
        tool.read(garbage)


def test_the_same_arguments_are_spelled_the_same() -> None:
    spellings = ['{"plates": 1, "dish": "soup"}', '{"dish":"soup"}', '{"dish":"soup","plates":"1"}']
    assert {spelled(ORDER.read(each)) for each in spellings} == {'{"dish":"soup","plates":1}'}


# --- look_up_time


def use(tool: Tool, arguments: str) -> str:
    return asyncio.run(_use(tool, arguments))


async def _use(tool: Tool, arguments: str) -> str:
    return await tool.use(tool.read(arguments), OCCASION)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{}", "18:06"),
        ('{"zone": "Asia/Tokyo"}', "01:06"),
        ('{"what": "date"}', "Monday, 2026-01-05"),
        ('{"what": "date", "zone": "Asia/Tokyo"}', "Tuesday, 2026-01-06"),
    ],
)
def test_it_tells_the_time(arguments: str, told: str) -> None:
    assert use(tools_of(Settings())["look_up_time"], arguments) == told


@pytest.mark.parametrize("zone", ["Atlantis", "../../etc/passwd", "Asia", "a\0b"])
def test_a_zone_that_is_none_is_told(zone: str) -> None:
    with pytest.raises(ToolFailed, match="no time zone"):
        use(tools_of(Settings())["look_up_time"], json.dumps({"zone": zone}))


# --- opening_hours

HOURS = '[hours]\ntime_zone = "Europe/Paris"\nmonday = ["09:00-18:00"]\n'


def of_agent(folder: Path, more: str) -> Toolbox:
    """The tools of an agent's file."""
    return tools_of_agent(in_use(snapshot(folder, more), Settings()))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{}", "We are open now, until 18:00."),
        ('{"day": "tomorrow"}', "On Tuesday, January 6, we are closed."),
        ('{"day": "monday"}', "On Monday, January 5, we are open from 9:00 to 18:00."),
    ],
)
def test_it_tells_the_opening_hours(tmp_path: Path, arguments: str, told: str) -> None:
    assert use(of_agent(tmp_path, HOURS)["opening_hours"], arguments) == told


def test_a_day_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="'some day' is no day"):
        use(of_agent(tmp_path, HOURS)["opening_hours"], '{"day": "some day"}')


@pytest.mark.parametrize(
    ("more", "tools"),
    [
        ("", {"look_up_time"}),
        (HOURS, {"look_up_time", "opening_hours"}),
        ('tools = ["opening_hours", "hang_up"]\n' + HOURS, {"opening_hours"}),
        ('tools = ["opening_hours"]', set()),
    ],
)
def test_an_agent_has_the_tools_that_its_file_allows(tmp_path: Path, more: str, tools: set[str]) -> None:
    assert set(of_agent(tmp_path, more)) == tools


def test_a_file_can_allow_every_tool_and_action_that_there_is(tmp_path: Path) -> None:
    settings = Settings(messages_dir=tmp_path)
    here = tools_of_agent(in_use(snapshot(tmp_path, HOURS, settings), settings))
    assert {*here, "hang_up", "collect_digits", "transfer"} == set(get_args(ToolName))


def test_the_parameters_that_a_file_may_name_are_those_of_the_tools(tmp_path: Path) -> None:
    settings = Settings(messages_dir=tmp_path)
    here = tools_of_agent(in_use(snapshot(tmp_path, HOURS, settings), settings))
    assert {name: tool.takes.__struct_fields__ for name, tool in here.items()} == TAKES


def test_a_zone_of_the_house_that_is_none_ends_the_start() -> None:
    with pytest.raises(ConfigError, match="TIME_ZONE='Atlantis'"):
        tools_of(Settings(time_zone="Atlantis"))


# --- leave_message


def test_without_a_folder_no_messages_are_taken() -> None:
    assert "leave_message" not in tools_of(Settings())


def messages(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / MESSAGES).read_text().splitlines()]


def test_a_message_is_written_down(tmp_path: Path) -> None:
    tool = tools_of(Settings(messages_dir=tmp_path / "new"))["leave_message"]
    use(tool, '{"text": "התקשרו אליי", "name": "דנה"}')
    assert messages(tmp_path / "new") == [
        {"at": "2026-01-05T16:06:00Z", "call": "c1", "language": "en", "name": "דנה", "text": "התקשרו אליי"}
    ]


def test_messages_are_appended(tmp_path: Path) -> None:
    tool = tools_of(Settings(messages_dir=tmp_path))["leave_message"]
    for text in "ab":
        use(tool, json.dumps({"text": text}))
    assert [message["text"] for message in messages(tmp_path)] == ["a", "b"]


def test_messages_are_for_their_owners_eyes(tmp_path: Path) -> None:
    use(tools_of(Settings(messages_dir=tmp_path))["leave_message"], '{"text": "a"}')
    assert (tmp_path / MESSAGES).stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ToolFailed, match="cannot be written"):
        use(tools_of(Settings(messages_dir=tmp_path / "file"))["leave_message"], '{"text": "a"}')


def test_a_message_has_a_text(tmp_path: Path) -> None:
    with pytest.raises(BadArguments):
        tools_of(Settings(messages_dir=tmp_path))["leave_message"].read('{"text": ""}')
