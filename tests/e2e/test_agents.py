"""Two agents on two numbers, in real processes: each caller hears the agent of the number that they called."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.common.agents.files import write
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.servers import real_server
from tools.caller.webhook import FROM

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
[report]
url = "{url}"
secret = "REPORTS_SECRET"
texts = true
number = true
summary = true
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the house and its agents."""
    return tmp_path_factory.mktemp("house")


class Owner(BaseHTTPRequestHandler):
    """The server of the house's owner."""

    reports: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        self.reports.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is told."""


@pytest.fixture(scope="module")
def owner() -> Iterator[str]:
    """Where the owner's server is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Owner) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def running(folder: Path, owner: str) -> Iterator[House]:
    """A house with two agents."""
    for key in NUMBERS:
        save(folder, owner, key, key)
    agents = {"AGENTS_DIR": str(folder / "agents"), "REPORTS_SECRET": "s3cret"}
    with real_server() as server, house(folder, server.url, LOG_TEXTS="1", **agents, **SCRIPTED) as made:
        yield made


def save(folder: Path, owner: str, key: str, sells: str) -> None:
    """An agent's files: it sells what it is told to."""
    write(folder / "agents", f'[[rule]]\nname = "x"\nhears = ["*"]\nsays = ["We sell {sells}."]', f"{key}.en.rules")
    write(folder / "agents", AGENT.format(key=key, number=NUMBERS[key], url=owner), key)


def reply(running: House, key: str) -> str:
    """What a caller of this agent's number is answered."""
    call = running.call("--to", NUMBERS[key], "--wav", HELLO)["call"]
    said = [line for line in running.logs.splitlines() if f"call={call} " in line and ("LLM_REPLY" in line or " AGENT " in line)]
    assert f"agent={key}-" in said[0]
    return said[1]


def test_the_number_that_is_called_says_who_answers(running: House) -> None:
    assert ["We sell books." in reply(running, "books"), "We sell bread." in reply(running, "bread")] == [True, True]


def test_the_owner_is_told_what_came_of_a_call(running: House) -> None:
    reply(running, "books")
    await_true(lambda: any(report["agent"] == "books" for report in Owner.reports))
    report = next(report for report in Owner.reports if report["agent"] == "books")
    assert any("We sell books." in turn["heard"] for turn in report["texts"])
    assert (report["number"], report["summary"]) == (FROM, None)  # the scripted model sums nothing up


def test_a_save_applies_to_the_next_call_and_a_broken_one_ends_nothing(running: House, folder: Path, owner: str) -> None:
    save(folder, owner, "bread", "cakes")
    await_true(lambda: "what=agents_saved" in running.logs)
    (folder / "agents" / "bread.toml").write_text("name = ")
    await_true(lambda: "what=agent_kept" in running.logs)
    assert "We sell cakes." in reply(running, "bread")
