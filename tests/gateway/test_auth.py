"""Signatures and tokens. The expected signatures were computed by hand from Twilio's description."""

import base64
import hashlib
import hmac

import pytest

from common.errors import BusUnavailable
from gateway.telephony.auth import TOKEN_LIFE_S, MemoryTokens, SharedTokens, Signatures, signature
from tests.gateway.clock import Clock

TOKEN = "12345"
PUBLIC = "https://bot.example.org"


def by_the_book(text: str, token: str = TOKEN) -> str:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.fixture
def signatures() -> Signatures:
    return Signatures((TOKEN,), PUBLIC)


# --- Signatures


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


# --- Tokens


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_token_opens_its_call(clock: Clock) -> None:
    tokens = MemoryTokens(clock)
    assert await tokens.take(await tokens.issue("CA1")) == "CA1"


async def test_a_token_opens_only_once(clock: Clock) -> None:
    tokens = MemoryTokens(clock)
    token = await tokens.issue("CA1")
    await tokens.take(token)
    assert await tokens.take(token) is None


async def test_a_token_expires(clock: Clock) -> None:
    tokens = MemoryTokens(clock)
    token = await tokens.issue("CA1")
    clock.now_s = TOKEN_LIFE_S
    assert await tokens.take(token) is None


async def test_an_unknown_token_opens_nothing(clock: Clock) -> None:
    assert await MemoryTokens(clock).take("") is None


# Tokens of several gateways


class FakeShelf:
    """Where gateways look for each other's tokens; may not answer."""

    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self.answers = True

    async def keep(self, token: str, call: str) -> None:
        self._ask()
        self.calls[token] = call

    async def take(self, token: str) -> str | None:
        self._ask()
        return self.calls.pop(token, None)

    def _ask(self) -> None:
        if not self.answers:
            raise BusUnavailable("down")


def gateway_of(shelf: FakeShelf, clock: Clock) -> SharedTokens:
    return SharedTokens(MemoryTokens(clock), shelf.keep, shelf.take)


async def test_a_stream_may_reach_another_gateway_than_its_webhook(clock: Clock) -> None:
    shelf = FakeShelf()
    one, other = gateway_of(shelf, clock), gateway_of(shelf, clock)
    assert await other.take(await one.issue("CA1")) == "CA1"


async def test_a_token_that_another_gateway_took_is_spent(clock: Clock) -> None:
    shelf = FakeShelf()
    one, other = gateway_of(shelf, clock), gateway_of(shelf, clock)
    token = await one.issue("CA1")
    await other.take(token)
    assert await one.take(token) is None


async def test_where_nobody_answers_a_gateway_takes_its_own_tokens(clock: Clock) -> None:
    shelf = FakeShelf()
    shelf.answers = False
    tokens = gateway_of(shelf, clock)
    assert await tokens.take(await tokens.issue("CA1")) == "CA1"


async def test_where_nobody_answers_any_more_a_token_opens_only_once(clock: Clock) -> None:
    shelf = FakeShelf()
    tokens = gateway_of(shelf, clock)
    token = await tokens.issue("CA1")
    await tokens.take(token)
    shelf.answers = False
    assert await tokens.take(token) is None


async def test_the_oldest_token_makes_room(clock: Clock) -> None:
    tokens = MemoryTokens(clock, capacity=2)
    first, second, third = [await tokens.issue(call) for call in ("CA1", "CA2", "CA3")]
    assert [await tokens.take(token) for token in (first, second, third)] == [None, "CA2", "CA3"]


async def test_expired_tokens_are_forgotten(clock: Clock) -> None:
    tokens = MemoryTokens(clock)
    for _ in range(100):
        await tokens.issue("CA1")
    clock.now_s = TOKEN_LIFE_S + 1
    await tokens.issue("CA2")
    assert len(tokens) == 1
