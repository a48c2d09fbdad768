"""Twilio's side of the wire: its messages, with strings where it has strings, and a strict reading of the bot's.

Real Twilio drops a message of the bot that is not exactly as documented and warns once (31951,
31950 for a binary one). Here each is a violation, by name.
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from common.audio import FRAME_BYTES, FRAME_MS

ACCOUNT = "AC" + "0" * 32
_FIELDS = {"media": {"payload"}, "mark": {"name"}, "clear": None}


# --- What the bot sends


@dataclass(frozen=True, slots=True)
class BotSound:
    """Sound to be played."""

    sound: bytes


@dataclass(frozen=True, slots=True)
class BotMark:
    """A mark to be returned."""

    name: str


@dataclass(frozen=True, slots=True)
class BotClear:
    """Everything buffered is to be dropped."""


BotMessage = BotSound | BotMark | BotClear


class Violation(Exception):
    """The bot sent what Twilio would drop."""


def read(message: str | bytes, stream: str) -> BotMessage:
    """The bot's message.

    Raises:
        Violation: saying what is wrong with it.
    """
    if isinstance(message, bytes):
        raise Violation("binary message (31950)")
    try:
        fields = json.loads(message)
    except (ValueError, RecursionError):
        raise Violation("not JSON (31951)") from None
    event = fields.get("event") if isinstance(fields, dict) else None
    if not isinstance(event, str) or event not in _FIELDS:
        raise Violation("unknown event (31951)")
    inner = _FIELDS[event]
    _check_keys(fields, {"event", "streamSid"} | ({event} if inner else set()), event)
    if fields["streamSid"] != stream:
        raise Violation(f"{event}: wrong streamSid (31951)")
    if inner:
        _check_keys(fields[event], inner, event)
    return _body(event, fields)


def _check_keys(fields: object, expected: set[str], event: str) -> None:
    if not isinstance(fields, dict) or set(fields) != expected:
        raise Violation(f"{event}: missing or extra field (31951)")


def _body(event: str, fields: dict[str, dict[str, object]]) -> BotMessage:
    match event:
        case "media":
            return BotSound(_payload(fields["media"]["payload"]))
        case "mark":
            name = fields["mark"]["name"]
            if not isinstance(name, str) or not name:
                raise Violation("mark: no name (31951)")
            return BotMark(name)
        case _:
            return BotClear()


def _payload(payload: object) -> bytes:
    try:
        sound = b64decode(payload, validate=True) if isinstance(payload, str) else b""
    except (binascii.Error, ValueError):
        sound = b""
    if not sound:
        raise Violation("media: no sound in the payload (31951)")
    if sound.startswith(b"RIFF"):
        raise Violation("media: a WAV header, which is a click")
    return sound


def fault_of(sound: bytes) -> str | None:
    """What is wrong with sound that Twilio would play all the same."""
    return f"media: {len(sound)} bytes are not whole frames of {FRAME_BYTES}" if len(sound) % FRAME_BYTES else None


# --- What Twilio sends


class Messages:
    """Writes the messages of one stream, numbered as Twilio does it."""

    def __init__(self, call: str, stream: str) -> None:
        self.call = call
        self.stream = stream
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        """The first message; the only one without a number."""
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: Mapping[str, str]) -> str:
        """The stream begins."""
        body = {
            "accountSid": ACCOUNT,
            "streamSid": self.stream,
            "callSid": self.call,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        return self._numbered("start", start=body)

    def media(self, frame: bytes) -> str:
        """The caller's next 20 ms."""
        timestamp_ms = self._chunk * FRAME_MS
        self._chunk += 1
        payload = b64encode(frame).decode()
        return self._numbered(
            "media", media={"track": "inbound", "chunk": str(self._chunk), "timestamp": str(timestamp_ms), "payload": payload}
        )

    def dtmf(self, digit: str) -> str:
        """The caller pressed a key."""
        return self._numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """A mark goes back."""
        return self._numbered("mark", mark={"name": name})

    def stop(self) -> str:
        """The stream is over."""
        return self._numbered("stop", stop={"accountSid": ACCOUNT, "callSid": self.call})

    def _numbered(self, event: str, **body: object) -> str:
        self._sequence += 1
        return json.dumps({"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.stream, **body})
