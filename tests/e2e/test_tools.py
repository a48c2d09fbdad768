"""Tools in real processes: a worker is killed while it writes a caller's message down.

The file of messages is a pipe that nobody reads: whoever writes to it waits, as for a server that does not answer.
"""

import os
import threading
from pathlib import Path

import pytest

from common import streams
from llm_worker.built_in import MESSAGES
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.servers import real_server

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
WORKERS = ("asr_worker", "llm_worker", "llm_worker", "tts_worker")
SPOKEN = {**SCRIPTED, "SCRIPTED_ASR_TEXT": "please leave a message {turn}", "LOG_TEXTS": "1"}


def call_in_which_the_writer_dies(running: House) -> str:
    """A caller asks to leave a message, and leaves it; the call's id."""
    told: dict[str, str] = {}
    caller = threading.Thread(target=lambda: told.update(running.call("--wav", HELLO, "--wav", HELLO, "--gap", "3")))
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
