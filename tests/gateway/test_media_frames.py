"""Text frames are read by hand, all others are left to the library, however they are cut."""

import random

import pytest
from websockets.frames import Frame, Opcode

from gateway.media_frames import MediaFrames, text_frame

LONGEST = 64 * 1024


def client_frame(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


def text(payload: str) -> bytes:
    return client_frame(Opcode.TEXT, payload.encode())


def read(*pieces: bytes) -> list[str | bytes]:
    frames = MediaFrames(LONGEST)
    return [found for piece in pieces for found in frames.feed(piece)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 300, 65_535])
def test_a_text_is_read_whatever_its_length(length: int) -> None:
    assert read(text("x" * length)) == ["x" * length]


def test_letters_of_all_languages_are_read() -> None:
    assert read(text("שלום ✓")) == ["שלום ✓"]


def test_a_frame_is_read_once_all_of_it_is_there() -> None:
    frame = text("y" * 300)
    assert read(*(frame[at : at + 1] for at in range(len(frame)))) == ["y" * 300]


def test_frames_that_come_together_are_read_in_order() -> None:
    assert read(text("one") + text("two") + text("three")) == ["one", "two", "three"]


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
def test_a_control_frame_is_left_to_the_library_and_text_goes_on(opcode: Opcode) -> None:
    control = client_frame(opcode, b"\x03\xe8")
    assert read(text("before") + control + text("behind")) == ["before", control, "behind"]


@pytest.mark.parametrize(
    "frame",
    [
        client_frame(Opcode.BINARY, b"\x00\x01"),
        client_frame(Opcode.TEXT, b"frag", fin=False),
        client_frame(Opcode.CONT, b"ment"),
        client_frame(Opcode.BINARY, bytes(300)),
        client_frame(Opcode.TEXT, bytes(LONGEST + 1)),
        Frame(Opcode.TEXT, b"unmasked").serialize(mask=False),
        bytes((0xC1, 0x80, 0, 0, 0, 0)),
    ],
    ids=["binary", "fragment", "continuation", "long binary", "too long", "unmasked", "reserved bit"],
)
def test_from_any_other_frame_on_everything_is_the_librarys(frame: bytes) -> None:
    frames, behind = MediaFrames(LONGEST), text("behind")
    found = [*frames.feed(frame), *frames.feed(behind)]
    assert b"".join(each for each in found if isinstance(each, bytes)) == frame + behind


def test_what_is_too_long_is_the_librarys_before_it_is_all_here() -> None:
    head = client_frame(Opcode.TEXT, bytes(60_000))[:8]
    assert MediaFrames(50_000).feed(head) == [head]


def test_a_text_that_is_none_is_left_to_the_library() -> None:
    frame = client_frame(Opcode.TEXT, b"\xff\xfe")
    assert read(frame) == [frame]


def test_nothing_is_lost_or_changed_however_the_bytes_are_cut() -> None:
    chance = random.Random(1)
    for _ in range(300):
        sent: list[str | bytes] = []
        for _ in range(chance.randrange(1, 8)):
            ping = client_frame(Opcode.PING, chance.randbytes(chance.randrange(20)))
            sent.append(ping if chance.random() < 0.3 else "z" * chance.choice([0, 3, 125, 126, 400]))
        line = b"".join(text(each) if isinstance(each, str) else each for each in sent)
        cuts = sorted(chance.randrange(len(line) + 1) for _ in range(chance.randrange(6)))
        assert read(*(line[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(line)], strict=True))) == sent


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_what_is_written_is_what_the_library_writes(length: int) -> None:
    assert text_frame("x" * length) == Frame(Opcode.TEXT, b"x" * length).serialize(mask=False)
