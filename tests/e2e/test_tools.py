"""Tools in real processes: a worker is killed while it writes a caller's message down, or once it has looked something up.

The file of messages is a pipe that nobody reads: whoever writes to it waits, as for a server that does not answer.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from common import streams
from llm_worker.built_in import MESSAGES
from tests.common.agents.files import write
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import place
from tests.servers import real_server

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
PATIENT_S = "7"
"""Longer than a filler and the redelivery of a dead worker's work are apart."""
WORKERS = ("asr_worker", "llm_worker", "llm_worker", "tts_worker")
SPOKEN = {**SCRIPTED, "SCRIPTED_ASR_TEXT": "please leave a message {turn}", "LOG_TEXTS": "1"}


def call_in_which_the_writer_dies(running: House) -> str:
    """A caller asks to leave a message, and leaves it; the call's id."""
    told: dict[str, str] = {}
    caller = threading.Thread(target=lambda: told.update(running.call("--wav", HELLO, "--wav", HELLO, "--gap", PATIENT_S)))
    caller.start()
    await_true(lambda: running.kill_one_that_said("tool=leave_message effects=once what=started"))
    caller.join()
    return told["call"]


def written(pipe: Path) -> bytes:
    """What somebody writes to the pipe, now that it is read."""
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(reading, "rb") as end:
        return end.read() or b""


def test_a_worker_that_is_killed_in_a_tool_leaves_it_undone_and_the_caller_hears_so(tmp_path: Path) -> None:
    pipe = tmp_path / MESSAGES
    os.mkfifo(pipe)
    with real_server() as server, house(tmp_path, server.url, workers=WORKERS, MESSAGES_DIR=str(tmp_path), **SPOKEN) as running:
        call = call_in_which_the_writer_dies(running)
        runs = [field for field in running.redis.hkeys(streams.ALONE.history(call)) if b"t:" in field]
        said = [line for line in running.logs.splitlines() if f"call={call} turn=2 LLM_REPLY" in line]
        assert (len(runs), running.logs.count("what=started"), written(pipe)) == (1, 1, b"")
    assert "can't say whether your message was written down" in " ".join(said)


# --- What was looked up


class Desk(BaseHTTPRequestHandler):
    """The server that a look-up asks."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.end_headers()
        self.wfile.write(b"seven")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is told."""


@pytest.fixture
def desk() -> Iterator[str]:
    """Where it is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


AGENT = """
name = "Torim"
numbers = ["*"]
languages = ["en"]
gender = "male"
address = "plural"
rules.en = "torim.en.rules.toml"
webhooks.look_up = {{ description = "Looks up.", url = "{desk}/table", method = "GET", effects = false, secret = "DESK_SECRET" }}
"""
RULES = """
[[rule]]
name = "table"
hears = ["*"]
calls = {tool = "look_up", arguments = {}}
says = ["it is number {result}."]
unsure = ["nobody knows."]
"""


def test_what_a_worker_that_is_killed_had_looked_up_is_not_asked_again(tmp_path: Path, desk: str) -> None:
    write(tmp_path / "agents", RULES, "torim.en.rules")
    write(tmp_path / "agents", AGENT.format(desk=desk), "torim")
    settings = SCRIPTED | {"AGENTS_DIR": str(tmp_path / "agents"), "DESK_SECRET": "s3cret", "SPECULATE": "off"}
    settings["SCRIPTED_LLM_FIRST_TOKEN_MS"] = "600"
    with real_server() as server, house(tmp_path, server.url, workers=WORKERS, **settings) as running, ThreadPoolExecutor(1) as pool:
        calling = pool.submit(place, running, tmp_path / "call.wav", "--wav", HELLO, "--gap", PATIENT_S)
        await_true(lambda: any(running.redis.scan_iter("t:*:found:*")))
        assert running.kill_one_that_said("tool=look_up effects=none outcome=done")
        placed = calling.result()
    assert (placed.sentences, len(Desk.asked)) == ([(1, 0)], 1)
