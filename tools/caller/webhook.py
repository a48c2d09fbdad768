"""Twilio's HTTP side: asks a webhook what to do with a call, signs, and reads the TwiML that comes back.

Where ``PUBLIC_URL`` is set and the webhook is called by another address (the machine's own),
requests go to that address, but are signed for the public one, as if they had come through it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit, urlunsplit
from xml.etree import ElementTree

import httpx

from gateway.telephony.auth import signature
from tools.caller.wire import ACCOUNT

TIMEOUT_S = 10.0
_REDIRECTS = 20
FROM, TO = "+15005550006", "+15005550009"
"""Numbers that Twilio reserves for tests."""


class NoConnection(Exception):
    """Nobody answers there, or not as a webhook does."""


class Refused(NoConnection):
    """Somebody is there, and does not take the call."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The webhook wants the call connected to a media socket."""

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    action: str = ""
    """Whom to ask when the stream ended; empty: the call ends then."""
    status_callback: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """The webhook wants the call put through to a telephone."""

    number: str
    ring_s: int
    caller_id: str = ""
    """What is shown there; empty: the caller's own number."""
    action: str = ""
    """Whom to ask what becomes of the call afterwards."""


@dataclass(frozen=True, slots=True)
class End:
    """The webhook wants nothing more of the call."""

    why: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """The webhook wants another one to be asked."""

    url: str
    pause_s: int = 0


Plan = Stream | End | Dial


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where requests really go, and what they are signed as."""

    auth_token: str = ""
    public_url: str = ""
    own_url: str = ""
    """The webhook's address as given; its host stands in for that of the public URL."""
    called: str = TO
    """The number that is called."""

    def reach(self, url: str) -> str:
        """The address that a URL of the public host is reached at."""
        parts, public, own = urlsplit(url), urlsplit(self.public_url), urlsplit(self.own_url)
        if not self.public_url or parts.hostname != public.hostname:
            return url
        scheme = own.scheme.replace("http", "ws") if parts.scheme.startswith("ws") else own.scheme
        return urlunsplit((scheme, own.netloc, parts.path, parts.query, ""))

    def signed_url(self, url: str) -> str:
        """The URL that Twilio would call for this address."""
        parts, public, own = urlsplit(url), urlsplit(self.public_url), urlsplit(self.own_url)
        if not self.public_url or parts.netloc != own.netloc:
            return url
        return urlunsplit((public.scheme, public.netloc, parts.path, parts.query, ""))

    def headers(self, url: str, form: Mapping[str, str] | None = None) -> dict[str, str]:
        """The signature of a request, if there is a token to sign with."""
        if not self.auth_token:
            return {}
        return {"X-Twilio-Signature": signature(self.auth_token, url, list((form or {}).items()))}


async def ask(client: httpx.AsyncClient, addresses: Addresses, url: str, call: str, elsewhere: str = "", **more: str) -> Plan:
    """POST a webhook as Twilio does, follow where it leads, and read what is wanted.

    ``elsewhere``: base URL of the gateway that a load balancer sends a second request to.

    Raises:
        NoConnection: nobody answered, or with something else than TwiML.
    """
    for _ in range(_REDIRECTS):
        plan = read_twiml(await post(client, addresses, url, call, **more), addresses.signed_url(url))
        if not isinstance(plan, Redirect):
            return plan
        await asyncio.sleep(plan.pause_s)
        url = at(elsewhere, plan.url) if elsewhere else plan.url
    raise NoConnection(f"{url}: redirects for ever")


def at(base_url: str, url: str) -> str:
    """The same URL of another gateway."""
    return urlunsplit((*urlsplit(base_url)[:2], *urlsplit(url)[2:]))


async def post(client: httpx.AsyncClient, addresses: Addresses, url: str, call: str, **more: str) -> str:
    """POST a webhook; returns the body of its answer."""
    form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": call, "CallStatus": "in-progress"}
    form |= {"Direction": "inbound", "From": FROM, "To": addresses.called, **more}
    signed = addresses.signed_url(url)
    try:
        response = await client.post(addresses.reach(url), data=form, headers=addresses.headers(signed, form), timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoConnection(f"{url}: {type(error).__name__} {error}".rstrip()) from None
    if response.status_code == httpx.codes.FORBIDDEN:
        raise Refused(f"{url}: HTTP 403: the signature is not the gateway's; TWILIO_AUTH_TOKEN and PUBLIC_URL have to be the same here")
    if response.status_code >= 300:
        raise Refused(f"{url}: HTTP {response.status_code}")
    return response.text


def read_twiml(body: str, url: str) -> Plan | Redirect:
    """The first thing that TwiML wants, of those that matter to a call.

    Raises:
        NoConnection: it is no TwiML.
    """
    try:
        response = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise NoConnection(f"{url}: answers with something else than XML") from None
    verb = next((verb for verb in response if verb.tag != "Pause"), None)
    if verb is not None and verb.tag == "Redirect":
        pause_s = sum(int(pause.get("length", "1")) for pause in response.findall("Pause"))
        return Redirect(urljoin(url, verb.text or ""), pause_s)
    if verb is not None and verb.tag == "Dial":
        number = verb.findtext("Number") or ""
        return Dial(number, int(verb.get("timeout", "30")), verb.get("callerId", ""), urljoin(url, verb.get("action", "")))
    stream = None if verb is None or verb.tag != "Connect" else verb.find("Stream")
    if response.tag != "Response" or verb is None or stream is None:
        return End("nothing" if verb is None else f"{verb.tag} {verb.text or ''}".rstrip())
    return Stream(
        url=stream.get("url", ""),
        parameters={one.get("name", ""): one.get("value", "") for one in stream.findall("Parameter")},
        action=urljoin(url, verb.get("action")) if verb.get("action") else "",
        status_callback=urljoin(url, stream.get("statusCallback")) if stream.get("statusCallback") else "",
    )
