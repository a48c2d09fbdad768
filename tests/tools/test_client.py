"""The caller over real sockets."""

from collections.abc import Sequence

import pytest
from starlette.websockets import WebSocketDisconnect

from common.audio import beep
from tests.tools.bot import Bot, Line, bot
from tools.caller.caller import Caller
from tools.caller.client import RETRIEVAL_FAILED, Call
from tools.caller.record import Record
from tools.caller.score import score
from tools.caller.script import Interrupt, Patience, Say, Script, Step
from tools.caller.sound import Recording
from tools.caller.webhook import Addresses, NoConnection, Refused

WORDS = Recording("words", b"\x00" * 1600, 0, 1600)
HASTE = Patience(gap_s=0.1, greeting_s=30.0, reply_s=0.3)
NO_PATIENCE = Patience(gap_s=0.1, greeting_s=0.1, reply_s=0.3)
"""Where the bot says nothing."""


async def place(
    url: str, *steps: Step, addresses: Addresses | None = None, max_s: float = 10, patience: Patience = HASTE, dialled: str = "completed"
) -> tuple[Record, Call]:
    record = Record("CA1")
    caller = Caller(Script(steps, patience), record, lambda at, text: None)
    call = Call(caller, record, addresses or Addresses(), lambda at, text: None, max_s, dialled=dialled)
    await call.place(url, {})
    return record, call


async def say_nothing(line: Line) -> None:
    await line.until("stop")


async def greet(line: Line) -> None:
    await line.until("start")
    await line.speak(beep())
    await line.send("mark", mark={"name": "0.0:2400"})
    await line.until("stop")


async def hang_up(line: Line) -> None:
    await line.until("media")


def events(line: Line) -> Sequence[object]:
    return [message["event"] for message in line.messages]


# --- The way there


async def test_the_webhook_is_asked_as_twilio_asks() -> None:
    async with bot(say_nothing) as answering:
        await place(answering.url, patience=NO_PATIENCE)
    path, form, _ = answering.asked[0]
    assert (path, form["CallSid"], form["Direction"], sorted(form)) == (
        "/voice",
        "CA1",
        "inbound",
        ["AccountSid", "ApiVersion", "CallSid", "CallStatus", "Direction", "From", "To"],
    )


async def test_the_stream_begins_with_connected_and_start() -> None:
    async with bot(say_nothing) as answering:
        await place(answering.url, patience=NO_PATIENCE)
    assert events(answering.lines[0])[:3] == ["connected", "start", "media"]


async def test_parameters_of_the_twiml_arrive_in_start() -> None:
    async with bot(say_nothing) as answering:
        await place(answering.url, patience=NO_PATIENCE)
    start = answering.lines[0].messages[1]["start"]
    assert isinstance(start, dict)
    assert start["customParameters"] == {"menu": "main"}


async def test_messages_are_numbered_in_order() -> None:
    async with bot(greet) as answering:
        await place(answering.url, Say(WORDS))
    numbers = [message["sequenceNumber"] for message in answering.lines[0].messages[1:]]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


async def test_a_caller_who_hangs_up_says_stop() -> None:
    async with bot(greet) as answering:
        await place(answering.url)
    assert events(answering.lines[0])[-1] == "stop"


async def test_the_status_callback_hears_of_begin_and_end() -> None:
    async with bot(greet) as answering:
        await place(answering.url)
    assert [form["StreamEvent"] for path, form, _ in answering.asked if path == "/status"] == ["stream-started", "stream-stopped"]


# --- What is heard


async def test_a_mark_comes_back_over_the_wire() -> None:
    async with bot(greet) as answering:
        await place(answering.url)
    assert [message["mark"] for message in answering.lines[0].messages if message["event"] == "mark"] == [{"name": "0.0:2400"}]


async def test_a_clear_in_mid_word_is_scored() -> None:
    async def yield_at_once(line: Line) -> None:
        await line.until("start")
        await line.speak(beep() * 10)
        while b"AAAA" not in str((await line.until("media"))["media"]).encode():
            pass
        await line.send("clear")
        await line.until("stop")

    async with bot(yield_at_once) as answering:
        record, _ = await place(answering.url, Interrupt(WORDS, 0.1))
    barge_in = score(record)["turns"][1]["barge_in"]
    assert (barge_in["clear_ms"] > barge_in["onset_ms"], barge_in["frames_after_clear"]) == (True, 0)


async def test_a_binary_message_of_the_bot_is_a_violation() -> None:
    async def misbehave(line: Line) -> None:
        await line.until("start")
        await line.socket.send_bytes(b"\x00")
        await line.speak(beep())
        await line.until("stop")

    async with bot(misbehave) as answering:
        record, _ = await place(answering.url)
    assert record.violations == ["binary message (31950)"]


# --- The end


async def test_a_bot_that_hangs_up_is_asked_for_its_action() -> None:
    async with bot(hang_up) as answering:
        await place(answering.url)
    assert "/after" in answering.paths()


async def test_a_caller_who_hung_up_asks_for_nothing() -> None:
    async with bot(greet) as answering:
        await place(answering.url)
    assert "/after" not in answering.paths()


async def test_an_action_that_connects_again_opens_a_new_stream_of_the_same_call() -> None:
    async with bot(hang_up) as answering:
        answering.after = [answering.connect]
        await place(answering.url, patience=Patience())
    starts = [line.messages[1]["start"] for line in answering.lines]
    assert len({(start["callSid"], start["streamSid"]) for start in starts if isinstance(start, dict)}) == 2


async def test_a_redirect_is_followed() -> None:
    async with bot(hang_up) as answering:
        answering.after = ["<Response><Redirect>/after?elsewhere=1</Redirect></Response>", answering.connect]
        await place(answering.url, patience=Patience())
    assert (answering.paths().count("/after"), len(answering.lines)) == (3, 2)


async def test_a_bot_that_redirects_for_ever_is_left() -> None:
    async with bot(hang_up) as answering:
        answering.after = ["<Response><Redirect>/after</Redirect></Response>"] * 100
        with pytest.raises(NoConnection, match="for ever"):
            await place(answering.url, patience=Patience())


async def test_a_stream_that_cannot_be_opened_again_is_asked_about() -> None:
    async with bot(hang_up) as answering:
        answering.after = [answering.connect.replace("/media", "/nowhere")]
        await place(answering.url, patience=Patience())
    assert (answering.paths().count("/after"), len(answering.lines)) == (2, 1)


async def test_a_bot_that_connects_for_ever_is_left() -> None:
    async with bot(hang_up) as answering:
        answering.after = [answering.connect] * 10
        await place(answering.url, patience=Patience())
    assert len(answering.lines) == 4


async def test_a_call_that_lasts_too_long_is_ended() -> None:
    async with bot(say_nothing) as answering:
        _, call = await place(answering.url, max_s=0.05, patience=Patience())
    assert call.out_of_time


async def test_a_socket_that_drops_is_an_end() -> None:
    async def drop(line: Line) -> None:
        await line.until("media")
        raise WebSocketDisconnect

    async with bot(drop) as answering:
        record, _ = await place(answering.url)
    assert record.sent_frames > 0


# --- No connection


@pytest.mark.parametrize("path", ["/broken", "/nowhere"])
async def test_a_webhook_that_is_none_is_no_connection(path: str) -> None:
    async with bot(say_nothing) as answering:
        with pytest.raises(NoConnection, match=path):
            await place(answering.url.replace("/voice", path), patience=NO_PATIENCE)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/media", "http://127.0.0.1:1/voice"])
async def test_where_nobody_listens_there_is_no_connection(url: str) -> None:
    with pytest.raises(NoConnection):
        await place(url)


async def test_a_webhook_that_refuses_the_signature_says_what_to_set() -> None:
    async with bot(say_nothing) as answering:
        with pytest.raises(Refused, match=r"HTTP 403.*TWILIO_AUTH_TOKEN and PUBLIC_URL"):
            await place(answering.url.replace("/voice", "/forbidden"), patience=NO_PATIENCE)


async def test_a_stream_that_is_refused_is_no_connection() -> None:
    async with bot(say_nothing) as answering:
        with pytest.raises(NoConnection, match="403"):
            await place(f"ws://127.0.0.1:{answering.port}/nowhere")


async def test_a_status_callback_that_fails_is_nothing_to_the_call() -> None:
    async with bot(greet) as answering:
        answering.status_callback = "http://127.0.0.1:1/status"
        record, _ = await place(answering.url)
    assert record.heard


# --- Signatures


async def test_requests_for_a_public_url_go_to_this_machine_and_are_signed_for_the_public_one() -> None:
    async with bot(greet) as answering:
        addresses = Addresses("12345", "https://bot.example.org", answering.url)
        await place(answering.url, addresses=addresses)
    assert _signed_alike(answering, addresses)


def _signed_alike(answering: Bot, addresses: Addresses) -> bool:
    path, form, given = answering.asked[0]
    return addresses.headers(f"https://bot.example.org{path}", form) == {"X-Twilio-Signature": given}


async def test_a_call_fails_over_where_its_gateway_is_gone() -> None:
    async with bot(hang_up) as dying, bot(greet) as other:
        other.after = [other.connect]
        dying.after = ["", "sorry"]
        record = Record("CA1")
        call = Call(Caller(Script([], HASTE), record, lambda at, text: None), record, Addresses(), lambda at, text: None, 10, [other.url])
        await call.place(dying.url, {})
    assert (dying.paths()[-1], other.paths()[0], len(other.lines)) == ("/after", "/after", 1)


async def test_where_a_webhook_fails_the_fallback_is_asked_with_its_address() -> None:
    async with bot(hang_up) as dying, bot(greet) as spare:
        spare.after = [f"<Response><Redirect>{spare.url}</Redirect></Response>"]
        dying.after = ["sorry"]
        record = Record("CA1")
        caller, fallback = Caller(Script([], HASTE), record, lambda at, text: None), spare.url.replace("/voice", "/after")
        await Call(caller, record, Addresses(), lambda at, text: None, 10, fallback=fallback).place(dying.url, {})
    path, form, _ = spare.asked[0]
    failed = dying.url.replace("/voice", "/after")
    assert (path, form["ErrorUrl"], form["ErrorCode"], len(spare.lines)) == ("/after", failed, RETRIEVAL_FAILED, 1)


# --- Transfers

DIAL = '<Response><Dial action="/after?dialled=1" timeout="25" callerId="+97245550100"><Number>+97245550101</Number></Dial></Response>'


async def test_a_transfer_is_in_the_record_with_what_rings_for_how_long() -> None:
    async with bot(hang_up) as answering:
        answering.after = [DIAL]
        record, _ = await place(answering.url)
    assert score(record)["dials"] == [{"number": "+97245550101", "ring_s": 25, "caller_id": "+97245550100"}]


@pytest.mark.parametrize("dialled", ["completed", "no-answer"])
async def test_the_webhook_is_told_what_became_of_a_transfer(dialled: str) -> None:
    async with bot(hang_up) as answering:
        answering.after = [DIAL]
        await place(answering.url, dialled=dialled)
    assert answering.asked[-1][1]["DialCallStatus"] == dialled


async def test_who_was_transferred_may_come_back() -> None:
    async with bot(hang_up) as answering:
        answering.after = [DIAL, answering.connect]
        await place(answering.url, dialled="busy")
    assert len(answering.lines) == 2


async def test_where_a_gateway_dies_meanwhile_another_is_told_what_became_of_a_transfer() -> None:
    async with bot(hang_up) as dying, bot(say_nothing) as other:
        dying.after = [DIAL, "sorry"]
        record = Record("CA1")
        call = Call(Caller(Script([], HASTE), record, lambda at, text: None), record, Addresses(), lambda at, text: None, 10, [other.url])
        await call.place(dying.url, {})
    path, form, _ = other.asked[0]
    assert (path, form["DialCallStatus"], len(record.dials)) == ("/after", "completed", 1)
