"""Workers that stand still cost new calls, which are told so, and cost them no longer than that."""

import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import streams
from common.messages import Head, Utterance, encode
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true

pytestmark = pytest.mark.e2e

BUSY = "All our lines are busy"


@pytest.fixture
def stalled(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A house whose one worker for ASR stands still, with more work than its last read had taken."""
    with house(tmp_path, redis_url, BUSY_AFTER_SEC="0.5", **SCRIPTED) as running:
        running.process("asr_worker").send_signal(signal.SIGSTOP)
        for number in (1, 2):
            message = Utterance(head=Head(call="CA-nobody", turn=0, gateway="gone"), utterance=number)
            running.redis.xadd(streams.work(streams.ONE_TAG, "asr"), {"m": encode(message)})
        yield running
        running.process("asr_worker").send_signal(signal.SIGCONT)


def webhook(running: House) -> str:
    """What a new call is told."""
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/twilio/voice?language=en", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def test_new_calls_hear_that_the_lines_are_busy_until_the_workers_have_caught_up(stalled: House) -> None:
    await_true(lambda: BUSY in webhook(stalled))
    stalled.process("asr_worker").send_signal(signal.SIGCONT)
    await_true(lambda: "<Stream" in webhook(stalled))
