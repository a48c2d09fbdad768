"""Processes of an older commit beside today's, as an upgrade brings them together while calls go on (docs/operations.md).

Golden bytes say what stands in Redis; here whole processes of two versions share a call.
"""

import io
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from llm_worker.built_in import MESSAGES
from tests.common.agents.files import write
from tests.e2e.gateway_process import RECORDINGS, ROOT, free_port
from tests.e2e.house import SCRIPTED, WORKERS, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place, sentences_heard
from tests.servers import real_server

pytestmark = pytest.mark.e2e

OLDER = "1e2279e89b7d751054c199e0027676359481bb9f"
"""From before a call of a tool that is being written was told, keys that are asked for went with the call, and Redis was told of
sentences that it forgot. To move it on: the newest commit that houses may still run, whose code runs with the packages of today's lock."""
HELLO = RECORDINGS / "short_en_hello.wav"
MS_PER_CHAR = 20
TURNS = 3
FIRST, SECOND = "this is the first sentence of turn {turn}.", "and this is the second one."
EVERY = [(turn, sentence) for turn in range(1, TURNS + 1) for sentence in (0, 1)]
AGENT = """
name = "Torim"
numbers = ["*"]
languages = ["en"]
gender = "male"
address = "plural"
tools = ["leave_message", "hang_up"]
rules.en = "torim.en.rules.toml"
"""
RULES = f"""
[[rule]]
name = "a tool with effects"
turns = [1]
hears = ["*"]
calls = {{tool = "leave_message", arguments = {{text = "{{said}}"}}}}
unsure = ["nobody knows."]
says = ["{FIRST} {SECOND}"]
[[rule]]
name = "an action"
turns = [{TURNS}]
hears = ["*"]
says = ["{FIRST} {SECOND}"]
ends_call = true
[[rule]]
name = "words"
hears = ["*"]
says = ["{FIRST} {SECOND}"]
"""


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The older commit's code."""
    packed = subprocess.run(["git", "archive", "--format=zip", OLDER], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.fail(f"commit {OLDER[:7]} is not here, type: git fetch --unshallow ({packed.stderr.decode().strip()})", pytrace=False)
    folder = tmp_path_factory.mktemp("older")
    zipfile.ZipFile(io.BytesIO(packed.stdout)).extractall(folder)
    return folder


@contextmanager
def a_house(folder: Path, code: Mapping[str, Path], **environment: str) -> Iterator[House]:
    """A house some of whose services are of other ``code``; each reads all that the others write."""
    write(folder / "agents", RULES, "torim.en.rules")
    write(folder / "agents", AGENT, "torim")
    settings = SCRIPTED | {
        "AGENTS_DIR": str(folder / "agents"),
        "MESSAGES_DIR": str(folder),
        "TONE_MS_PER_CHAR": str(MS_PER_CHAR),
        "GREETING": "",
    }
    with real_server() as server, house(folder, server.url, code, **settings | environment) as running:
        yield running
        assert "what=unreadable" not in running.logs, running.logs


def call(running: House, folder: Path, *arguments: str, says: int = TURNS + 1, gap_s: float = 1.5) -> Placed:
    """A caller who says something whenever the bot is done, once too often where the bot does not hang up."""
    return place(running, folder / "call.wav", *("--wav", HELLO) * says, "--gap", f"{gap_s}", *arguments)


def heard(placed: Placed, ms_per_char: int = MS_PER_CHAR) -> list[tuple[int, ...]]:
    """(turn, sentence) of replies, in order; with how much of it was heard, where that is not all of it."""
    return sentences_heard(placed.tones, (FIRST, SECOND), ms_per_char)


def written_down(folder: Path) -> int:
    """How often the tool did its work."""
    return len((folder / MESSAGES).read_text().splitlines())


@pytest.mark.parametrize("services", [("gateway",), WORKERS], ids=["gateway", "workers"])
def test_older_processes_and_todays_answer_a_call_together(older: Path, services: tuple[str, ...], tmp_path: Path) -> None:
    with a_house(tmp_path, dict.fromkeys(services, older)) as running:
        placed = call(running, tmp_path)
    assert (heard(placed), written_down(tmp_path)) == (EVERY, 1), placed.tones


def test_workers_that_are_upgraded_in_mid_call_are_not_heard(older: Path, tmp_path: Path) -> None:
    with a_house(tmp_path, dict.fromkeys((*WORKERS, "gateway"), older)) as running, ThreadPoolExecutor(1) as pool:
        calling = pool.submit(call, running, tmp_path, gap_s=2.5)
        await_true(lambda: "now=SPEAKING" in running.logs)
        before = [running.process(service).pid for service in WORKERS]
        for number, service in enumerate(WORKERS, 4):
            running.start(number, service)
        await_true(lambda: running.logs.count("what=warm") == 2 * len(WORKERS))
        for pid in before:
            running.drain(pid)
        placed = calling.result()
    assert (heard(placed), written_down(tmp_path)) == (EVERY, 1), placed.tones


@pytest.mark.parametrize("dies", ["older", "todays"])
def test_a_reply_that_one_version_began_is_gone_on_with_by_the_other(older: Path, dies: str, tmp_path: Path) -> None:
    begins, goes_on = (older, ROOT) if dies == "older" else (ROOT, older)
    slow = {"SCRIPTED_LLM_TOKENS_PER_S": "5"}
    with a_house(tmp_path, {"llm_worker": begins}, **slow) as running, ThreadPoolExecutor(1) as pool:
        calling = pool.submit(call, running, tmp_path, says=1, gap_s=6)
        await_true(lambda: any(running.redis.scan_iter("t:*:out:*")))
        running.process("llm_worker").kill()
        running.start(4, "llm_worker", goes_on)
        placed = calling.result()
    assert (heard(placed), written_down(tmp_path)) == (EVERY[:2], 1), placed.tones


def test_a_call_of_an_older_gateway_goes_on_at_todays(older: Path, tmp_path: Path) -> None:
    other, ms_per_char = free_port(), 2 * MS_PER_CHAR  # the reply is long enough to be cut off
    slow = {"TONE_MS_PER_CHAR": str(ms_per_char)}
    with a_house(tmp_path, {"gateway": older}, DRAIN_SEC="0.1", **slow) as running, ThreadPoolExecutor(1) as pool:
        running.start(4, "gateway", PORT=str(other))
        running.await_ready(other)
        calling = pool.submit(call, running, tmp_path, "--fail-over", f"http://127.0.0.1:{other}")
        await_true(lambda: bool(re.search(r"turn=2 STATE was=\S+ now=SPEAKING", running.logs)))
        running.gateway.terminate()
        placed = calling.result()
    assert (heard(placed, ms_per_char)[-2:], written_down(tmp_path)) == ([(3, 0), (3, 1)], 1), placed.tones
