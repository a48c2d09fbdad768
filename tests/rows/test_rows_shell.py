"""Rows that need the shell: counters, echo and names of events, on a virtual clock and a bus in memory.

``WS_START``, ``WS_STOP`` and ``WS_DONE`` come from the media socket: ``tests/gateway`` and ``tests/e2e`` see them.
"""

import json
from base64 import b64decode
from collections.abc import Sequence

import pytest

from gateway.echo import Echo
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped
from gateway.telephony.twilio import TwilioCodec
from tests.sim.shell import ShellCall, simulate
from tests.virtual_clock import run


class RecordedLine:
    """A line that keeps what it is sent."""

    def __init__(self) -> None:
        self.codec = TwilioCodec()
        body = {"callSid": "CA1", "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}
        self.codec.receive(json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": body}))
        self.sound = b""

    def send(self, messages: Sequence[str]) -> None:
        """Keep sound."""
        for message in map(json.loads, messages):
            if message["event"] == "media":
                self.sound += b64decode(message["media"]["payload"])

    def clear(self) -> None:
        """Nothing waits here."""
        self.send([self.codec.clear()])

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture(scope="module")
def call() -> ShellCall:
    """A call in which the caller talks over the bot."""
    return run(simulate(4, hostile=False))


def test_s15_sound_is_counted_both_ways(call: ShellCall) -> None:
    assert (call.rx > 0, call.tx > 0) == (True, True)


def test_s16_an_echo_plays_the_caller_back() -> None:
    line = RecordedLine()
    said = bytes(range(160)) * 10

    async def echo() -> None:
        conversation = Echo(CallStarted("CA1", "MZ1"), line)
        conversation.receive(AudioReceived(said, 0))
        conversation.receive(CallStopped())
        await conversation.run()

    run(echo())
    assert line.sound == said


def test_s17_events_of_calls_go_by_their_names() -> None:
    wanted = {"ASR_TEXT", "LLM_REPLY", "BARGE_IN: interrupt speaking"}
    for seed in range(10):
        wanted -= run(simulate(seed, hostile=False)).counts.keys()
        if not wanted:
            break
    assert wanted == set()
