"""Signatures. The expected signatures were computed by hand from Twilio's description."""

import base64
import hashlib
import hmac

import pytest

from gateway.telephony.auth import Signatures, signature

TOKEN = "12345"
PUBLIC = "https://bot.example.org"


def by_the_book(text: str, token: str = TOKEN) -> str:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.fixture
def signatures() -> Signatures:
    return Signatures((TOKEN,), PUBLIC)


def test_the_example_in_twilios_documentation_holds() -> None:
    parameters = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    assert signature(TOKEN, "https://example.com/myapp.php?foo=1&bar=2", parameters) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_parameters_are_sorted_before_signing() -> None:
    assert signature(TOKEN, PUBLIC, [("b", "2"), ("a", "1")]) == by_the_book(PUBLIC + "a1b2")


def test_a_signed_webhook_passes(signatures: Signatures) -> None:
    given = by_the_book(f"{PUBLIC}/twilio/voice?language=enCallSidCA1")
    assert signatures.webhook("/twilio/voice?language=en", [("CallSid", "CA1")], given)


def test_a_webhook_with_another_parameter_fails(signatures: Signatures) -> None:
    given = by_the_book(f"{PUBLIC}/twilio/voiceCallSidCA1")
    assert not signatures.webhook("/twilio/voice", [("CallSid", "CA2")], given)


@pytest.mark.parametrize("given", ["", "x", "שלום", by_the_book(PUBLIC + "/twilio/media", token="54321")])
def test_a_forged_handshake_fails(signatures: Signatures, given: str) -> None:
    assert not signatures.handshake("/twilio/media", given)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("port", ["", ":443"])
@pytest.mark.parametrize("scheme", ["wss", "https"])
def test_a_handshake_passes_in_every_form_that_twilio_signs(signatures: Signatures, scheme: str, port: str, slash: str) -> None:
    assert signatures.handshake("/twilio/media", by_the_book(f"{scheme}://bot.example.org{port}/twilio/media{slash}"))


def test_a_handshake_for_another_host_fails(signatures: Signatures) -> None:
    assert not signatures.handshake("/twilio/media", by_the_book("wss://bot.example.com/twilio/media"))


def test_either_token_passes_while_they_are_rotated() -> None:
    both = Signatures((TOKEN, "new"), PUBLIC)
    assert both.handshake("/twilio/media", by_the_book("wss://bot.example.org/twilio/media", token="new"))


def test_a_public_url_may_have_a_port_and_a_path() -> None:
    signatures = Signatures((TOKEN,), "http://bot.example.org:8080/phone")
    assert signatures.handshake("/twilio/media", by_the_book("ws://bot.example.org:8080/phone/twilio/media"))


def test_without_a_token_everything_passes() -> None:
    assert Signatures((), "").handshake("/twilio/media", "")
