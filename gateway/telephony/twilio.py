"""Twilio Media Streams, sans-I/O: one stream's JSON messages to events and back.

Rules (https://www.twilio.com/docs/voice/media-streams/websocket-messages)
- In: connected? start media* (mark | dtmf)* stop?; the socket may end at any point. Numbers come
  as strings, and are read from either. Unknown events are ignored: Twilio may add some.
- Out: exactly the fields of the documentation, or Twilio drops the message (31951).
- A message that breaks the rules raises ProviderError with a short kind and never with its
  content, which is somebody's voice; the stream goes on without that message.
- What comes after ``stop`` is late, not wrong: counted, dropped.
"""

import re
from binascii import b2a_base64
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

from common.errors import ProviderError
from common.language import LANGUAGE_TAG
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, DigitPressed, LineEvent, MarkPlayed

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGITS = frozenset("0123456789*#ABCD")
_LONGEST_MESSAGE = 64 * 1024
_LONGEST_MARK = 100
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


# --- What Twilio sends


class _Format(msgspec.Struct):
    encoding: str = "audio/x-mulaw"
    sample_rate: int = msgspec.field(default=8000, name="sampleRate")
    channels: int = 1


class _StartBody(msgspec.Struct):
    call: str = msgspec.field(name="callSid")
    format: _Format = msgspec.field(default_factory=_Format, name="mediaFormat")
    parameters: dict[str, str] = msgspec.field(default_factory=dict, name="customParameters")


class _MediaBody(msgspec.Struct):
    payload: bytes
    """msgspec reads base64."""
    timestamp_ms: _Milliseconds = msgspec.field(name="timestamp")
    track: str = "inbound"


class _DtmfBody(msgspec.Struct):
    digit: str


class _MarkBody(msgspec.Struct):
    name: str


class _Connected(msgspec.Struct, tag_field="event", tag="connected"):
    pass


class _Start(msgspec.Struct, tag_field="event", tag="start"):
    stream: str = msgspec.field(name="streamSid")
    start: _StartBody


class _Media(msgspec.Struct, tag_field="event", tag="media"):
    stream: str = msgspec.field(name="streamSid")
    media: _MediaBody


class _Dtmf(msgspec.Struct, tag_field="event", tag="dtmf"):
    stream: str = msgspec.field(name="streamSid")
    dtmf: _DtmfBody


class _Mark(msgspec.Struct, tag_field="event", tag="mark"):
    stream: str = msgspec.field(name="streamSid")
    mark: _MarkBody


class _Stop(msgspec.Struct, tag_field="event", tag="stop"):
    stream: str = msgspec.field(name="streamSid")


_Message = _Connected | _Start | _Media | _Dtmf | _Mark | _Stop


class _AnyEvent(msgspec.Struct):
    event: str


_KNOWN = frozenset({"connected", "start", "media", "dtmf", "mark", "stop"})
_Read = TypeVar("_Read")
_messages: msgspec.json.Decoder[_Message] = msgspec.json.Decoder(_Message, strict=False)
_any_event = msgspec.json.Decoder(_AnyEvent)


def language_of(parameters: dict[str, str]) -> str | None:
    """The language that a webhook or a stream asks for; None if it names none, or nothing like one."""
    asked = parameters.get("language", "")
    return asked if LANGUAGE_TAG.fullmatch(asked) else None


_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_HIDDEN = ("anonymous", "restricted", "blocked", "unknown", "unavailable")
_WITHHELD = frozenset(spelled for word in _HIDDEN for spelled in (word, word.translate(_KEYPAD)))
"""What Twilio says in place of a number that is withheld: a word, or the keys that it is typed with (+266696687)."""


def caller_of(form: Mapping[str, str]) -> str:
    """The number, or address, that a webhook says the call is from; "" where it is withheld."""
    shown = form.get("From", "").strip()
    return "" if shown.lower().removeprefix("sip:").partition("@")[0].lstrip("+") in _WITHHELD else shown


class TwilioCodec:
    """One stream: what it may send next, whose it is, and how much went by."""

    def __init__(self) -> None:
        self.stream = ""
        """Its streamSid, once it started."""
        self.rx_bytes = 0
        self.tx_bytes = 0
        self.ignored: Counter[str] = Counter()
        """Messages without effect, by kind: unknown_event, other_track, late."""
        self._stopped = False
        self._media_head = self._media_tail = ""

    # --- In

    def receive(self, message: str | bytes) -> list[LineEvent]:
        """What a message means; see ``Codec.receive``.

        Raises:
            ProviderError: ``binary``, ``too_long``, ``not_json``, ``bad_field``, ``second_start``,
                ``<event>_before_start``, ``wrong_stream``, ``bad_format`` or ``bad_id``.
        """
        if isinstance(message, bytes):
            raise ProviderError("binary")
        if len(message) > _LONGEST_MESSAGE:
            raise ProviderError("too_long")
        read = self._decode(message)
        if isinstance(read, _Media) and read.stream == self.stream and read.media.track == "inbound" and not self._stopped:
            self.rx_bytes += len(read.media.payload)  # as nearly always
            return [AudioReceived(read.media.payload, read.media.timestamp_ms)]
        if read is None or isinstance(read, _Connected):
            return []
        if self._stopped:
            return self._ignore("late")
        if isinstance(read, _Start):
            return [self._start(read)]
        self._check_stream(read)
        return self._meaning(read)

    def _decode(self, message: str) -> _Message | None:
        """The message; None for an event that this version does not know."""
        try:
            return _messages.decode(message)
        except msgspec.ValidationError:
            if _parsed(_any_event, message).event in _KNOWN:
                raise ProviderError("bad_field") from None
            self._ignore("unknown_event")
            return None
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            raise ProviderError("not_json") from None

    def _check_stream(self, read: _Media | _Dtmf | _Mark | _Stop) -> None:
        # A stop before the start is an end like any other: there is nothing it could belong to.
        if not self.stream and not isinstance(read, _Stop):
            raise ProviderError(f"{type(read).__name__[1:].lower()}_before_start")
        if self.stream and read.stream != self.stream:
            raise ProviderError("wrong_stream")

    def _start(self, read: _Start) -> CallStarted:
        body = read.start
        if self.stream:
            raise ProviderError("second_start")
        if not _ID.fullmatch(body.call) or not _ID.fullmatch(read.stream):
            raise ProviderError("bad_id")
        if (body.format.encoding, body.format.sample_rate, body.format.channels) != ("audio/x-mulaw", 8000, 1):
            raise ProviderError("bad_format")
        self.stream = read.stream
        # What is the same in every frame is written once.
        self._media_head = f'{{"event":"media","streamSid":"{self.stream}","media":{{"payload":"'
        self._media_tail = '"}}'
        others = {name: value for name, value in body.parameters.items() if name != "token"}
        return CallStarted(body.call, self.stream, language_of(others), body.parameters.get("token", ""), others)

    def _meaning(self, read: _Media | _Dtmf | _Mark | _Stop) -> list[LineEvent]:
        match read:
            case _Media():
                return self._ignore("other_track")
            case _Mark(mark=mark):
                return [MarkPlayed(mark.name)]
            case _Dtmf(dtmf=dtmf) if dtmf.digit not in _DIGITS:
                raise ProviderError("bad_field")
            case _Dtmf(dtmf=dtmf):
                return [DigitPressed(dtmf.digit)]
            case _:  # stop
                self._stopped = True
                return [CallStopped()]

    def _ignore(self, kind: str) -> list[LineEvent]:
        self.ignored[kind] += 1
        return []

    # --- Out

    def audio(self, mulaw: bytes) -> str:
        """A media message; Twilio plays it behind what it has."""
        assert self.stream
        self.tx_bytes += len(mulaw)
        return self._media_head + b2a_base64(mulaw, newline=False).decode("ascii") + self._media_tail

    def mark(self, name: str) -> str:
        """A mark message; it comes back once what was sent before was played, or cleared."""
        assert len(name) <= _LONGEST_MARK
        return msgspec.json.encode({"event": "mark", "streamSid": self.stream, "mark": {"name": name}}).decode()

    def clear(self) -> str:
        """A clear message; all marks that wait come back at once."""
        return f'{{"event":"clear","streamSid":"{self.stream}"}}'


def _parsed(decoder: msgspec.json.Decoder[_Read], message: str) -> _Read:
    """Raises ProviderError: not an object with an event, or no JSON at all."""
    try:
        return decoder.decode(message)
    except (msgspec.DecodeError, RecursionError):
        raise ProviderError("not_json") from None
