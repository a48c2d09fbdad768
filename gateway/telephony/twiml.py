"""What the gateway answers when Twilio asks what to do with a call (TwiML).

    <Response><Connect action="…/twilio/after">
      <Stream url="wss://…/twilio/media" statusCallback="…/twilio/stream-status"><Parameter name="…" value="…"/></Stream>
    </Connect></Response>

``<Connect><Stream>`` lasts until the socket is closed by either side; then Twilio asks ``action``.
``<Dial>`` (a transfer) lasts until somebody there hangs up, or nobody answered; then Twilio asks its ``action``, the same address.
A stream's URL takes no query string, so what the webhook knows travels as ``<Parameter>``. The action's takes one: there
the same goes along for the next stream, in case this one dies.
"""

from collections.abc import Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from common.language import base_language

_LONGEST_PARAMETER = 500


_SPOKEN = {"he": "he-IL", "en": "en-US"}
"""``<Say>`` wants a region."""
_VOICES = {"he-IL": "Google.he-IL-Wavenet-A"}
"""Where Twilio's default voice does not speak the language: it would say nothing, and hang up (Twilio's list of voices for ``<Say>``)."""


def connect(base_url: str, parameters: Mapping[str, str], token: str = "", about: Mapping[str, str] | None = None) -> str:
    """Connect the call to our media socket.

    Args:
        base_url: where Twilio reaches us, http:// or https://, without a slash at the end.
        parameters: name and value together under 500 characters each, as Twilio demands.
        token: the single-use one of this stream; it is for no other.
        about: more parameters of this stream that stand in no address.
    """
    all_of_them = {**parameters, **(about or {}), **({"token": token} if token else {})}
    assert all(len(name) + len(value) < _LONGEST_PARAMETER for name, value in all_of_them.items())
    inner = "".join(f"<Parameter name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in all_of_them.items())
    stream = (
        f"<Stream url={quoteattr(_socket_url(base_url))} statusCallback={quoteattr(base_url + '/twilio/stream-status')}>{inner}</Stream>"
    )
    return _response(f"<Connect action={quoteattr(after(base_url, parameters))}>{stream}</Connect>")


def hang_up() -> str:
    """End the call."""
    return _response("<Hangup/>")


def dial(action: str, number: str, ring_s: int, caller_id: str = "") -> str:
    """Connect the call to a telephone; Twilio asks ``action`` when that is over, with what came of it.

    Args:
        caller_id: what is shown there; "": the caller's own number.
    """
    shown = f" callerId={quoteattr(caller_id)}" if caller_id else ""
    return _response(f'<Dial action={quoteattr(action)} timeout="{ring_s}"{shown}><Number>{escape(number)}</Number></Dial>')


def ask_again(url: str, pause_s: int = 0) -> str:
    """Have the call's webhook asked once more, at ``url``. A call that was not answered yet goes on ringing meanwhile."""
    pause = f'<Pause length="{pause_s}"/>' if pause_s else ""
    return _response(f"{pause}<Redirect>{escape(url)}</Redirect>")


def say_and_hang_up(text: str, language: str) -> str:
    """End the call with the provider's own voice, where ours cannot be heard."""
    tag = _SPOKEN.get(base_language(language), language)
    voice = f" voice={quoteattr(_VOICES[tag])}" if tag in _VOICES else ""
    return _response(f"<Say language={quoteattr(tag)}{voice}>{escape(text)}</Say><Hangup/>" if text else "<Hangup/>")


def after(base_url: str, parameters: Mapping[str, str]) -> str:
    """Where Twilio asks what becomes of a call whose stream, or whose transfer, is over."""
    return base_url + "/twilio/after" + ("?" + urlencode(parameters) if parameters else "")


def _socket_url(base_url: str) -> str:
    return "ws" + base_url.removeprefix("http") + "/twilio/media"


def _response(inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
