"""The callers' end of a websocket."""

import pytest

from tests.bench.load.wire import Reader, handshake, text_frame

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def server_frame(payload: bytes, kind: int = 1) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((0x80 | kind, length)) + payload
    return bytes((0x80 | kind, 126)) + length.to_bytes(2, "big") + payload


def test_texts_come_out_however_the_bytes_were_cut() -> None:
    data = ACCEPTED + server_frame(b"short") + server_frame(b"x" * 300)
    for size in (1, 7, 4096):
        reader = Reader()
        found = [text for at in range(0, len(data), size) for text in reader.feed(data[at : at + size])]
        assert found == [b"short", b"x" * 300]


def test_a_refusal_is_an_error() -> None:
    with pytest.raises(ConnectionRefusedError, match="403"):
        Reader().feed(b"HTTP/1.1 403 Forbidden\r\n\r\n")


def test_pings_wait_for_their_answer_and_a_close_is_seen() -> None:
    reader = Reader()
    assert reader.feed(ACCEPTED + server_frame(b"p", 9) + server_frame(b"", 8)) == []
    assert (reader.pings, reader.closed) == ([b"p"], True)


def test_what_is_sent_is_masked_and_whole() -> None:
    assert text_frame(b"abc") == b"\x81\x83" + bytes(4) + b"abc"
    assert text_frame(b"a" * 200) == b"\x81\xfe\x00\xc8" + bytes(4) + b"a" * 200


def test_the_handshake_asks_for_a_websocket() -> None:
    assert handshake("here", "/twilio/media").startswith(b"GET /twilio/media HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n")
