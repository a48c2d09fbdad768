"""Two agents on two numbers, in real processes: each caller hears the agent of the number that they called."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.common.agents.files import write
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.servers import real_server

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
NUMBERS = {"books": "+16175550143", "bread": "+16175550144"}
AGENT = """
name = "{key}"
numbers = ["{number}"]
languages = ["en"]
gender = "male"
address = "plural"
greeting = "Here is {key}"
[rules]
en = "{key}.en.rules.toml"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the house and its agents."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[House]:
    """A house with two agents."""
    for key in NUMBERS:
        save(folder, key, key)
    with real_server() as server, house(folder, server.url, AGENTS_DIR=str(folder / "agents"), LOG_TEXTS="1", **SCRIPTED) as made:
        yield made


def save(folder: Path, key: str, sells: str) -> None:
    """An agent's files: it sells what it is told to."""
    write(folder / "agents", f'[[rule]]\nname = "x"\nhears = ["*"]\nsays = ["We sell {sells}."]', f"{key}.en.rules")
    write(folder / "agents", AGENT.format(key=key, number=NUMBERS[key]), key)


def reply(running: House, key: str) -> str:
    """What a caller of this agent's number is answered."""
    call = running.call("--to", NUMBERS[key], "--wav", HELLO)["call"]
    said = [line for line in running.logs.splitlines() if f"call={call} " in line and ("LLM_REPLY" in line or " AGENT " in line)]
    assert f"agent={key}-" in said[0]
    return said[1]


def test_the_number_that_is_called_says_who_answers(running: House) -> None:
    assert ["We sell books." in reply(running, "books"), "We sell bread." in reply(running, "bread")] == [True, True]


def test_a_save_applies_to_the_next_call_and_a_broken_one_ends_nothing(running: House, folder: Path) -> None:
    save(folder, "bread", "cakes")
    await_true(lambda: "what=agents_saved" in running.logs)
    (folder / "agents" / "bread.toml").write_text("name = ")
    await_true(lambda: "what=agent_kept" in running.logs)
    assert "We sell cakes." in reply(running, "bread")
