"""What the gateway answers when Twilio asks what to do with a call (TwiML).

    <Response><Connect action="…/twilio/after">
      <Stream url="wss://…/twilio/media" statusCallback="…/twilio/stream-status"><Parameter name="…" value="…"/></Stream>
    </Connect></Response>

``<Connect><Stream>`` lasts until the socket is closed by either side; then Twilio asks ``action``.
A stream's URL takes no query string, so what the webhook knows travels as ``<Parameter>``.
"""

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

_LONGEST_PARAMETER = 500


def connect(base_url: str, parameters: Mapping[str, str]) -> str:
    """Connect the call to our media socket.

    Args:
        base_url: where Twilio reaches us, http:// or https://, without a slash at the end.
        parameters: name and value together under 500 characters each, as Twilio demands.
    """
    assert all(len(name) + len(value) < _LONGEST_PARAMETER for name, value in parameters.items())
    inner = "".join(f"<Parameter name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in parameters.items())
    stream = (
        f"<Stream url={quoteattr(_socket_url(base_url))} statusCallback={quoteattr(base_url + '/twilio/stream-status')}>{inner}</Stream>"
    )
    return _response(f"<Connect action={quoteattr(base_url + '/twilio/after')}>{stream}</Connect>")


def hang_up() -> str:
    """End the call."""
    return _response("<Hangup/>")


def _socket_url(base_url: str) -> str:
    return "ws" + base_url.removeprefix("http") + "/twilio/media"


def _response(inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
