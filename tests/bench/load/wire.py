"""The callers' end of a websocket (sans-I/O): of RFC 6455 what a caller needs who sends and reads short texts.

Two hundred callers have to fit on one core beside Redis and the workers, which no library's client does.
"""

from dataclasses import dataclass, field

_NO_MASK = bytes(4)
"""A client has to mask (5.3); masked with zeros a text is what it was."""
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_TWO_BYTES = 126


def handshake(host: str, path: str) -> bytes:
    """The request that opens a websocket; its key is always the same, since nobody caches here."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]
    return "\r\n".join(lines).encode()


def text_frame(text: bytes) -> bytes:
    """A whole text message."""
    return _frame(_TEXT, text)


def pong_frame(payload: bytes) -> bytes:
    """The answer to a ping."""
    return _frame(_PONG, payload)


def _frame(kind: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _TWO_BYTES:
        return bytes((_FINAL | kind, _MASKED | length)) + _NO_MASK + payload
    return bytes((_FINAL | kind, _MASKED | _TWO_BYTES)) + length.to_bytes(2, "big") + _NO_MASK + payload


@dataclass(slots=True)
class Reader:
    """Bytes of a server in, its texts out."""

    accepted: bool = False
    closed: bool = False
    pings: list[bytes] = field(default_factory=list)
    """To be answered, and taken out, by whoever sends."""
    _left: bytes = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The texts that ``data`` completes.

        Raises:
            ConnectionRefusedError: the server did not want this websocket.
        """
        self._left += data
        if not self.accepted and not self._read_answer():
            return []
        return self._texts()

    def _read_answer(self) -> bool:
        head, end, rest = self._left.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise ConnectionRefusedError(head.partition(b"\r\n")[0].decode(errors="replace"))
        self.accepted, self._left = True, rest
        return True

    def _texts(self) -> list[bytes]:
        texts, at, data = list[bytes](), 0, self._left
        while (bounds := _payload(data, at)) is not None:
            begin, end = bounds
            kind = data[at] & 0x0F
            if kind == _TEXT:
                texts.append(data[begin:end])
            elif kind == _PING:
                self.pings.append(data[begin:end])
            self.closed = self.closed or kind == _CLOSE
            at = end
        self._left = data[at:]
        return texts


def _payload(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at ``at`` begins and ends; None if it is not all here."""
    if len(data) < at + 2:
        return None
    length, begin = data[at + 1], at + 2
    if length >= _TWO_BYTES:
        begin += 2 if length == _TWO_BYTES else 8
        if len(data) < begin:
            return None
        length = int.from_bytes(data[at + 2 : begin], "big")
    return (begin, begin + length) if len(data) >= begin + length else None
