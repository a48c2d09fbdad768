"""ECHO without a socket."""

import json
from base64 import b64decode
from collections.abc import Sequence

import pytest

from common.audio import FRAME_BYTES
from gateway.echo import Echo
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, DigitPressed
from gateway.telephony.twilio import TwilioCodec


class Paper:
    """A line that writes down what is sent."""

    def __init__(self) -> None:
        self.codec = TwilioCodec()
        self.codec.receive('{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1"}}')
        self.sent: list[dict[str, object]] = []

    def send(self, messages: Sequence[str]) -> None:
        self.sent += [json.loads(message) for message in messages]

    def clear(self) -> None:
        self.send([self.codec.clear()])

    def close(self) -> None:
        pass

    @property
    def frames(self) -> list[bytes]:
        return [b64decode(message["media"]["payload"]) for message in self.sent if message["event"] == "media"]  # type: ignore[index]


@pytest.fixture
def line() -> Paper:
    return Paper()


@pytest.fixture
def echo(line: Paper) -> Echo:
    return Echo(CallStarted("CA1", "MZ1"), line)


def test_a_frame_comes_back(echo: Echo, line: Paper) -> None:
    echo.receive(AudioReceived(b"\x01" * FRAME_BYTES, 0))
    assert line.frames == [b"\x01" * FRAME_BYTES]


@pytest.mark.parametrize("sizes", [[1] * 480, [7, 313, 160], [479, 1], [480]])
def test_sound_of_any_size_comes_back_in_whole_frames(echo: Echo, line: Paper, sizes: list[int]) -> None:
    sound = bytes(range(240)) * 2
    for at, size in zip([sum(sizes[:index]) for index in range(len(sizes))], sizes, strict=True):
        echo.receive(AudioReceived(sound[at : at + size], 0))
    assert line.frames == [sound[at : at + FRAME_BYTES] for at in (0, 160, 320)]


def test_a_remainder_waits(echo: Echo, line: Paper) -> None:
    echo.receive(AudioReceived(b"\x01" * 159, 0))
    assert line.frames == []


def test_a_mark_is_sent_every_second(echo: Echo, line: Paper) -> None:
    for _ in range(150):
        echo.receive(AudioReceived(b"\x01" * FRAME_BYTES, 0))
    assert [message["mark"] for message in line.sent if message["event"] == "mark"] == [{"name": f"echo:{8000 * n}"} for n in (1, 2, 3)]


def test_a_key_is_nothing_to_an_echo(echo: Echo, line: Paper) -> None:
    echo.receive(DigitPressed("1"))
    assert line.sent == []


async def test_the_echo_ends_with_the_call(echo: Echo) -> None:
    echo.receive(CallStopped())
    await echo.run()
