"""Reading TwiML, and addresses."""

import pytest

from tools.caller.webhook import Addresses, End, NoConnection, Redirect, Stream, read_twiml

URL = "https://bot.example.org/twilio/voice"
BEHIND = Addresses("12345", "https://bot.example.org", "http://127.0.0.1:8080/twilio/voice")


def test_a_stream_is_read_with_all_that_belongs_to_it() -> None:
    inner = '<Stream url="wss://x/media" statusCallback="/status"><Parameter name="a" value="b"/></Stream>'
    twiml = f'<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="/after">{inner}</Connect></Response>'
    assert read_twiml(twiml, URL) == Stream("wss://x/media", {"a": "b"}, "https://bot.example.org/after", "https://bot.example.org/status")


@pytest.mark.parametrize(
    ("verbs", "why"),
    [
        ("<Hangup/>", "Hangup"),
        ('<Reject reason="busy"/>', "Reject"),
        ("", "nothing"),
        ("<Connect/>", "Connect"),
        ("<Say>Call again</Say><Hangup/>", "Say Call again"),
    ],
)
def test_anything_else_ends_the_call(verbs: str, why: str) -> None:
    assert read_twiml(f"<Response>{verbs}</Response>", URL) == End(why)


@pytest.mark.parametrize(("pause", "pause_s"), [("", 0), ("<Pause/>", 1), ('<Pause length="4"/>', 4)])
def test_a_redirect_leads_to_another_webhook(pause: str, pause_s: int) -> None:
    twiml = f"<Response>{pause}<Redirect>/twilio/voice?a=1&amp;b=2</Redirect></Response>"
    assert read_twiml(twiml, URL) == Redirect("https://bot.example.org/twilio/voice?a=1&b=2", pause_s)


def test_what_is_no_xml_is_no_connection() -> None:
    with pytest.raises(NoConnection):
        read_twiml("hello", URL)


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("https://bot.example.org/twilio/after", "http://127.0.0.1:8080/twilio/after"),
        ("wss://bot.example.org/twilio/media", "ws://127.0.0.1:8080/twilio/media"),
        ("https://elsewhere.example.org/x", "https://elsewhere.example.org/x"),
    ],
)
def test_the_public_host_is_reached_at_the_address_given(url: str, reached: str) -> None:
    assert BEHIND.reach(url) == reached


def test_the_address_given_is_signed_as_the_public_one() -> None:
    assert BEHIND.signed_url("http://127.0.0.1:8080/twilio/voice?language=en") == "https://bot.example.org/twilio/voice?language=en"


def test_without_a_public_url_addresses_are_what_they_are() -> None:
    assert Addresses().reach(URL) == URL


def test_without_a_token_nothing_is_signed() -> None:
    assert Addresses().headers(URL) == {}
