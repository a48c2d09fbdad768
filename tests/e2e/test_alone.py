"""A gateway that is alone is killed in the middle of its reply, and started again by supervisord; its number has a fallback.

Twilio asks at once what becomes of the call, and nobody listens. So it asks the fallback, which is not ours: TwiML that Twilio itself
keeps (a TwiML Bin, docs/operations.md) and that has it wait, and ask once more.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import PIPE
from threading import Event, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import httpx
import pytest

from tests.e2e.gateway_process import RECORDINGS, ROOT
from tests.e2e.launched import READY, Launched, await_true, launched
from tests.e2e.placed import bot_side
from tts_worker.tones import HeardTone, heard_tones

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
LONG_REPLY = "the first sentence of turn {turn} is long enough to be cut off in the middle. the second sentence goes on."
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PATIENT_S = "7"
"""The caller waits for so long in silence."""
_HEARD_S = 0.7
_FRAME_MS = 20


class Bin(BaseHTTPRequestHandler):
    """Twilio's own server, as far as it matters here: fills in what it was told."""

    asked: ClassVar[Event] = Event()

    def do_POST(self) -> None:
        self.asked.set()
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(instructions().replace("{{ErrorUrl}}", escape(form["ErrorUrl"][0])).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def instructions() -> str:
    """The TwiML that the operator is told to give Twilio."""
    (found,) = re.findall(r"<Response><Pause.*</Response>", OPERATIONS)
    return str(found)


@contextmanager
def twiml_bin() -> Iterator[str]:
    """Its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bin)
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


@dataclass(frozen=True)
class Outlived:
    """What became of the call."""

    result: dict[str, Any]
    tones: list[HeardTone]
    timeline: str
    away_s: float
    """How long nobody answered at the gateway's port."""

    @property
    def silent_ms(self) -> int:
        """From the last of the cut reply to the first of the whole one."""
        cut, again = (next(tone for tone in self.tones if tone.turn == turn) for turn in (1, 2))
        return again.start_ms - cut.end_ms


def _answers(run: Launched) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{run.port}/healthz").is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def outlived(tmp_path_factory: pytest.TempPathFactory) -> Outlived:
    """A call whose gateway is killed (kill -9) while it speaks, and is the only one."""
    folder = tmp_path_factory.mktemp("alone")
    out = folder / "call.wav"
    with launched(folder, SCRIPTED_LLM_REPLY=LONG_REPLY, TONE_MS_PER_CHAR="60") as run, twiml_bin() as fallback:
        run.until_said(READY)
        url, log = f"http://127.0.0.1:{run.port}/twilio/voice", run.run_dir / "log" / "gateway_0.log"
        command = [sys.executable, "-m", "tools.call", url, "--json", "--out", str(out), "--gap", PATIENT_S, "--wav", str(HELLO)]
        with subprocess.Popen([*command, "--fallback", fallback], cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as call:
            await_true(lambda: bool(re.search(r"turn=1 STATE was=\S+ now=SPEAKING", log.read_text())))
            speaks_since_s = time.monotonic()
            await_true(lambda: time.monotonic() > speaks_since_s + _HEARD_S)
            supervisord = run.pid_of("supervisor.supervisord")
            os.kill(supervisord, signal.SIGSTOP)  # nobody takes its place before the caller found nobody there
            os.kill(run.pid_of("-m gateway"), signal.SIGKILL)
            killed_s = time.monotonic()
            await_true(Bin.asked.is_set)
            os.kill(supervisord, signal.SIGCONT)
            await_true(lambda: _answers(run))
            away_s = time.monotonic() - killed_s
            result, timeline = call.communicate()
    return Outlived(json.loads(result), heard_tones(bot_side(out)), timeline, away_s)


def test_nobody_answers_when_twilio_asks_at_first(outlived: Outlived) -> None:
    assert re.search(r"falls back: \S+/twilio/after\S*: ConnectError", outlived.timeline)


def test_the_call_goes_on_with_the_gateways_successor(outlived: Outlived, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(
            f"\na gateway that was alone was away for {outlived.away_s:.1f} s; its caller heard nothing for {outlived.silent_ms} ms\n"
        )
    assert [(tone.turn, tone.sentence) for tone in outlived.tones if tone.turn] == [(1, 0), (2, 0), (2, 1)]


def test_its_caller_is_greeted_once(outlived: Outlived) -> None:
    assert [tone.turn for tone in outlived.tones].count(0) == 1
