"""Two agents on two numbers, in real processes: each caller hears the agent of the number that they called."""

from pathlib import Path

import pytest

from tests.common.agents.files import write
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, house
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


def rules(key: str) -> str:
    """One rule: it sells what it is called."""
    return f'[[rule]]\nname = "x"\nhears = ["*"]\nsays = ["We sell {key}."]'


def test_the_number_that_is_called_says_who_answers(tmp_path: Path) -> None:
    folder = tmp_path / "agents"
    for key, number in NUMBERS.items():
        write(folder, rules(key), f"{key}.en.rules")
        write(folder, AGENT.format(key=key, number=number), key)
    with real_server() as server, house(tmp_path, server.url, AGENTS_DIR=str(folder), LOG_TEXTS="1", **SCRIPTED) as running:
        said = {}
        for key, number in NUMBERS.items():
            call = running.call("--to", number, "--wav", HELLO)["call"]
            said[key] = [
                line for line in running.logs.splitlines() if f"call={call} " in line and ("LLM_REPLY" in line or " AGENT " in line)
            ]
    for key in NUMBERS:
        assert f"agent={key}-" in said[key][0]
        assert f"We sell {key}." in said[key][1]
