"""Twilio's messages to the bot, and its strictness about the bot's."""

import json
from base64 import b64encode

import pytest

from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, DigitPressed, MarkPlayed
from gateway.telephony.twilio import TwilioCodec
from tools.caller.wire import BotClear, BotMark, BotSound, Messages, Violation, fault_of, read

SOUND = b"\x01" * 160
PAYLOAD = b64encode(SOUND).decode()


def message(**fields: object) -> str:
    return json.dumps({"streamSid": "MZ1", **fields})


@pytest.fixture
def messages() -> Messages:
    return Messages("CA1", "MZ1")


# --- From Twilio


def test_connected_has_no_number(messages: Messages) -> None:
    assert json.loads(messages.connected()) == {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def test_start_is_as_documented(messages: Messages) -> None:
    assert json.loads(messages.start({"token": "x"})) == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": "MZ1",
        "start": {
            "accountSid": "AC" + "0" * 32,
            "streamSid": "MZ1",
            "callSid": "CA1",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "x"},
        },
    }


def test_media_has_strings_for_numbers(messages: Messages) -> None:
    messages.start({})
    messages.media(SOUND)
    assert json.loads(messages.media(SOUND)) == {
        "event": "media",
        "sequenceNumber": "3",
        "streamSid": "MZ1",
        "media": {"track": "inbound", "chunk": "2", "timestamp": "20", "payload": PAYLOAD},
    }


def test_a_key_is_on_the_inbound_track(messages: Messages) -> None:
    assert json.loads(messages.dtmf("#"))["dtmf"] == {"track": "inbound_track", "digit": "#"}


def test_the_gateways_codec_reads_all_of_it(messages: Messages) -> None:
    codec = TwilioCodec()
    said = [messages.connected(), messages.start({}), messages.media(SOUND), messages.dtmf("1"), messages.mark("m"), messages.stop()]
    assert [event for text in said for event in codec.receive(text)] == [
        CallStarted("CA1", "MZ1"),
        AudioReceived(SOUND, 0),
        DigitPressed("1"),
        MarkPlayed("m"),
        CallStopped(),
    ]


# --- From the bot


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (message(event="media", media={"payload": PAYLOAD}), BotSound(SOUND)),
        (message(event="mark", mark={"name": "1.0:160"}), BotMark("1.0:160")),
        (message(event="clear"), BotClear()),
    ],
)
def test_what_is_documented_is_read(text: str, meaning: object) -> None:
    assert read(text, "MZ1") == meaning


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"x", "binary"),
        ("x", "not JSON"),
        ("[" * 10_000, "not JSON"),
        ("[]", "unknown event"),
        (message(event="play"), "unknown event"),
        (message(event=["media"]), "unknown event"),
        (message(event="media", media={"payload": PAYLOAD}, extra=1), "missing or extra field"),
        (message(event="media", media={"payload": PAYLOAD, "track": "outbound"}), "missing or extra field"),
        (message(event="media"), "missing or extra field"),
        (message(event="media", media="x"), "missing or extra field"),
        ('{"event":"clear"}', "missing or extra field"),
        ('{"event":"clear","streamSid":"MZ2"}', "wrong streamSid"),
        (message(event="media", media={"payload": "?"}), "no sound"),
        (message(event="media", media={"payload": ""}), "no sound"),
        (message(event="media", media={"payload": 7}), "no sound"),
        (message(event="media", media={"payload": b64encode(b"RIFF" + SOUND).decode()}), "WAV header"),
        (message(event="mark", mark={"name": ""}), "no name"),
    ],
)
def test_what_is_not_documented_is_a_violation(text: str | bytes, complaint: str) -> None:
    with pytest.raises(Violation, match=complaint):
        read(text, "MZ1")


def test_the_gateways_codec_writes_what_twilio_reads() -> None:
    codec = TwilioCodec()
    codec.receive(Messages("CA1", "MZ1").start({}))
    written = [codec.audio(SOUND), codec.mark("m"), codec.clear()]
    assert [read(text, "MZ1") for text in written] == [BotSound(SOUND), BotMark("m"), BotClear()]


@pytest.mark.parametrize(("size", "whole"), [(160, True), (1600, True), (1, False), (161, False)])
def test_sound_is_to_be_whole_frames(size: int, whole: bool) -> None:
    assert (fault_of(b"x" * size) is None) == whole
