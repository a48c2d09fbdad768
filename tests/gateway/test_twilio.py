"""Twilio's messages, as documented and as broken."""

import json
import random
from base64 import b64decode, b64encode
from typing import Any

import pytest

from common.audio import FRAME_BYTES
from common.errors import ProviderError
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, DigitPressed, MarkPlayed
from gateway.telephony.twilio import TwilioCodec, language_of

STREAM = "MZ0123456789abcdef0123456789abcdef"
CALL = "CA0123456789abcdef0123456789abcdef"
FRAME = bytes(range(FRAME_BYTES))


def start(**changes: Any) -> str:
    body = {
        "accountSid": "AC1",
        "streamSid": STREAM,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "secret", "language": "en", "menu": "main"},
    } | changes
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": body})


def media(payload: str | None = None, **changes: Any) -> str:
    body = {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": payload or b64encode(FRAME).decode()} | changes
    return json.dumps({"event": "media", "sequenceNumber": "3", "streamSid": STREAM, "media": body})


def stop() -> str:
    return json.dumps({"event": "stop", "sequenceNumber": "5", "streamSid": STREAM, "stop": {"accountSid": "AC1", "callSid": CALL}})


@pytest.fixture
def codec() -> TwilioCodec:
    """A stream that has started."""
    codec = TwilioCodec()
    codec.receive(start())
    return codec


def fault(codec: TwilioCodec, message: str | bytes) -> str:
    with pytest.raises(ProviderError) as caught:
        codec.receive(message)
    return str(caught.value)


# --- In


def test_connected_means_nothing() -> None:
    assert TwilioCodec().receive('{"event":"connected","protocol":"Call","version":"1.0.0"}') == []


def test_start_tells_call_stream_language_and_token() -> None:
    parameters = {"language": "en", "menu": "main"}
    assert TwilioCodec().receive(start()) == [CallStarted(CALL, STREAM, "en", "secret", parameters)]


def test_a_token_is_not_among_the_parameters() -> None:
    [started] = TwilioCodec().receive(start())
    assert isinstance(started, CallStarted)
    assert "token" not in started.parameters


def test_a_start_without_parameters_has_no_language() -> None:
    [started] = TwilioCodec().receive(start(customParameters={}))
    assert isinstance(started, CallStarted)
    assert started.language is None


@pytest.mark.parametrize(
    ("asked", "language"), [("he", "he"), ("en-US", "en-US"), ("", None), ("x", None), ("en'; DROP", None), ("e" * 99, None)]
)
def test_only_what_looks_like_a_language_is_one(asked: str, language: str | None) -> None:
    assert language_of({"language": asked}) == language


def test_media_is_sound_with_its_time(codec: TwilioCodec) -> None:
    assert codec.receive(media()) == [AudioReceived(FRAME, 5)]


def test_a_timestamp_may_be_a_number(codec: TwilioCodec) -> None:
    assert codec.receive(media(timestamp=25)) == [AudioReceived(FRAME, 25)]


@pytest.mark.parametrize("size", [1, 159, 161, 8000])
def test_sound_may_be_of_any_length(codec: TwilioCodec, size: int) -> None:
    assert codec.receive(media(b64encode(b"\x7f" * size).decode())) == [AudioReceived(b"\x7f" * size, 5)]


def test_received_sound_is_counted(codec: TwilioCodec) -> None:
    codec.receive(media())
    codec.receive(media())
    assert codec.rx_bytes == 2 * FRAME_BYTES


def test_a_key_is_a_digit(codec: TwilioCodec) -> None:
    message = json.dumps({"event": "dtmf", "streamSid": STREAM, "sequenceNumber": "5", "dtmf": {"track": "inbound_track", "digit": "#"}})
    assert codec.receive(message) == [DigitPressed("#")]


def test_a_key_that_no_telephone_has_is_refused(codec: TwilioCodec) -> None:
    assert fault(codec, json.dumps({"event": "dtmf", "streamSid": STREAM, "dtmf": {"digit": "12"}})) == "bad_field"


def test_a_mark_comes_back_by_name(codec: TwilioCodec) -> None:
    message = json.dumps({"event": "mark", "sequenceNumber": "4", "streamSid": STREAM, "mark": {"name": "12.0:3200"}})
    assert codec.receive(message) == [MarkPlayed("12.0:3200")]


def test_stop_ends_the_stream(codec: TwilioCodec) -> None:
    assert codec.receive(stop()) == [CallStopped()]


def test_a_second_stop_is_late_not_wrong(codec: TwilioCodec) -> None:
    codec.receive(stop())
    assert codec.receive(stop()) == []


def test_media_after_stop_is_late_not_wrong(codec: TwilioCodec) -> None:
    codec.receive(stop())
    codec.receive(media())
    assert codec.ignored["late"] == 1


def test_stop_before_start_is_an_end() -> None:
    assert TwilioCodec().receive(stop()) == [CallStopped()]


def test_unknown_events_are_ignored_and_counted(codec: TwilioCodec) -> None:
    codec.receive('{"event":"hologram","media":17}')
    assert codec.ignored["unknown_event"] == 1


def test_the_other_track_is_ignored(codec: TwilioCodec) -> None:
    assert codec.receive(media(track="outbound")) == []


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (b"\x00\x01", "binary"),
        ("hello", "not_json"),
        ("", "not_json"),
        ("[]", "not_json"),
        ("{}", "not_json"),
        ('{"event":7}', "not_json"),
        ('{"event":"media","x":' + "[" * 30_000, "not_json"),
        ("x" * (64 * 1024 + 1), "too_long"),
        (start(), "second_start"),
        (media("!!!"), "bad_field"),
        (media(timestamp="soon"), "bad_field"),
        (media(timestamp="-20"), "bad_field"),
        (media(timestamp="9" * 30), "bad_field"),
        ('{"event":"media","streamSid":"' + STREAM + '"}', "bad_field"),
        (media().replace(STREAM, "MZother"), "wrong_stream"),
        (stop().replace(STREAM, "MZother"), "wrong_stream"),
    ],
)
def test_a_bad_message_is_refused_by_kind(codec: TwilioCodec, message: str | bytes, kind: str) -> None:
    assert fault(codec, message) == kind


def test_a_bad_message_does_not_end_the_stream(codec: TwilioCodec) -> None:
    fault(codec, "hello")
    assert codec.receive(media()) == [AudioReceived(FRAME, 5)]


@pytest.mark.parametrize("event", ["media", "dtmf", "mark"])
def test_nothing_comes_before_start(event: str) -> None:
    bodies = {"media": {"payload": "AAAA", "timestamp": "5"}, "dtmf": {"digit": "1"}, "mark": {"name": "m"}}
    message = json.dumps({"event": event, "streamSid": STREAM, event: bodies[event]})
    assert fault(TwilioCodec(), message) == f"{event}_before_start"


@pytest.mark.parametrize("wanted", [{"encoding": "audio/x-l16"}, {"sampleRate": 16000}, {"channels": 2}])
def test_only_mulaw_mono_at_8_khz_is_taken(wanted: dict[str, Any]) -> None:
    assert fault(TwilioCodec(), start(mediaFormat=wanted)) == "bad_format"


@pytest.mark.parametrize("call", ["", "CA 1", "CA1\nEVENT", "{s0}", "C" * 65])
def test_a_call_id_fits_into_keys_and_lines(call: str) -> None:
    assert fault(TwilioCodec(), start(callSid=call)) == "bad_id"


def test_a_refused_start_may_be_followed_by_a_good_one() -> None:
    codec = TwilioCodec()
    fault(codec, start(callSid=""))
    assert len(codec.receive(start())) == 1


def test_no_fault_repeats_what_was_sent(codec: TwilioCodec) -> None:
    assert "secret" not in fault(codec, media("secret!"))


# --- Out


def test_sound_goes_out_as_documented(codec: TwilioCodec) -> None:
    assert json.loads(codec.audio(FRAME)) == {"event": "media", "streamSid": STREAM, "media": {"payload": b64encode(FRAME).decode()}}


def test_sent_sound_is_counted(codec: TwilioCodec) -> None:
    codec.audio(FRAME)
    assert codec.tx_bytes == FRAME_BYTES


def test_a_mark_goes_out_as_documented(codec: TwilioCodec) -> None:
    assert json.loads(codec.mark("12.0:3200")) == {"event": "mark", "streamSid": STREAM, "mark": {"name": "12.0:3200"}}


def test_a_clear_goes_out_as_documented(codec: TwilioCodec) -> None:
    assert json.loads(codec.clear()) == {"event": "clear", "streamSid": STREAM}


# --- Fuzz

_WORDS = [
    "event",
    "start",
    "media",
    "mark",
    "dtmf",
    "stop",
    "streamSid",
    STREAM,
    "callSid",
    "payload",
    "AAAA",
    "timestamp",
    "5",
    "name",
    "digit",
    "1",
]


def random_value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(9 if depth else 6)
    if kind < 2:
        return chance.choice(_WORDS)
    if kind == 2:
        return "".join(chr(chance.choice([0, 10, 34, 92, 233, 1488, 0x1F600])) for _ in range(chance.randrange(4)))
    if kind == 3:
        return chance.choice([0, -1, 5, 2**31, 2**64, 1e300, True, None])
    if kind < 6:
        return b64encode(chance.randbytes(chance.randrange(200))).decode()
    if kind == 6:
        return [random_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(_WORDS): random_value(chance, depth - 1) for _ in range(chance.randrange(5))}


def mutated(chance: random.Random, text: str) -> str | bytes:
    """The text with some of it replaced, cut out or doubled."""
    for _ in range(chance.randrange(1, 4)):
        begin = chance.randrange(len(text) + 1)
        end = min(len(text), begin + chance.randrange(12))
        middle = chance.choice(["", text[begin:end] * 2, chance.choice(_WORDS), chance.choice('{}[],:"\\0'), "\ud800"])
        text = text[:begin] + middle + text[end:]
    return text.encode("utf-8", "replace") if chance.random() < 0.05 else text


def random_message(chance: random.Random) -> str | bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return json.dumps(random_value(chance, 4))
    if kind == 1:
        return "".join(map(chr, chance.choices(range(1, 256), k=chance.randrange(80))))
    return mutated(chance, chance.choice([start(), media(), stop(), media(track="outbound")]))


@pytest.mark.parametrize("seed", range(4))
def test_no_message_makes_anything_but_events_or_a_provider_error(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(250):
        codec = TwilioCodec()
        for _ in range(20):
            try:
                events = codec.receive(random_message(chance))
            except ProviderError:
                continue
            assert all(isinstance(event, (CallStarted, AudioReceived, DigitPressed, MarkPlayed, CallStopped)) for event in events)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_said_the_answers_are_valid(seed: int) -> None:
    chance = random.Random(seed)
    codec = TwilioCodec()
    codec.receive(start())
    for _ in range(500):
        sound, name = chance.randbytes(chance.randrange(400)), chance.choice(["a", 'quote"', "שלום", "line\nend"])
        assert b64decode(json.loads(codec.audio(sound))["media"]["payload"]) == sound
        assert json.loads(codec.mark(name))["mark"]["name"] == name
