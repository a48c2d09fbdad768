"""What is written for a reader who may stand still: on real pipes, of which nobody reads more than a test says."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from common.lines import KEPT_BYTES, Lines, stream

ROOM_BYTES = 8192


@dataclass(slots=True)
class Pipe:
    """A pipe with little room, and what writes into it."""

    reader: int
    writer: int

    def read(self) -> bytes:
        """What stands in it."""
        return os.read(self.reader, 1 << 20)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe(*os.pipe())
    fcntl.fcntl(made.writer, fcntl.F_SETPIPE_SZ, ROOM_BYTES)
    yield made
    for end in (made.reader, made.writer):
        os.close(end)


@pytest.fixture
def out(pipe: Pipe) -> Lines:
    return Lines(pipe.writer, "stdout")


def numbered(count: int, size: int = 100) -> list[bytes]:
    return [(b"%06d" % number).ljust(size - 1, b".") + b"\n" for number in range(count)]


def write(out: Lines, written: list[bytes]) -> None:
    for line in written:
        out.write(line)


def test_a_line_leaves_at_once(pipe: Pipe, out: Lines) -> None:
    out.write(b"one\n")
    assert pipe.read() == b"one\n"


def read_all(pipe: Pipe, out: Lines, last: bytes) -> bytes:
    """What comes until ``last`` does, as somebody reads who comes back."""
    read = pipe.read()
    while not read.endswith(last):
        out.pass_on()
        read += pipe.read()
    return read


def test_what_nobody_reads_keeps_nobody_waiting_and_leaves_in_order_once_somebody_does(pipe: Pipe, out: Lines) -> None:
    many = numbered(2 * ROOM_BYTES // 100)
    write(out, many)
    assert read_all(pipe, out, many[-1]) == b"".join(many)


def test_what_is_too_much_is_dropped_counted_and_told_once_it_goes_on(pipe: Pipe, out: Lines, caplog: pytest.LogCaptureFixture) -> None:
    before = lost()
    many = numbered((ROOM_BYTES + KEPT_BYTES) // 100 + 500)
    write(out, many)
    dropped = round(lost() - before)
    assert read_all(pipe, out, many[-dropped - 1]) == b"".join(many[:-dropped])
    write(out, [b"one\n", b"more\n"])
    assert [record.getMessage() for record in caplog.records] == [f"what=lines_lost stream=stdout lines={dropped}"]


def lost() -> float:
    return REGISTRY.get_sample_value("torim_lines_lost_total") or 0.0


def test_a_line_that_is_longer_than_the_room_is_torn_by_no_other(pipe: Pipe, out: Lines) -> None:
    long = b"x" * 3 * ROOM_BYTES + b"\n"
    write(out, [long, b"behind\n"])
    assert read_all(pipe, out, b"behind\n") == long + b"behind\n"


def test_a_reader_who_is_gone_stops_nobody_and_is_told_nothing(caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    before = lost()
    write(Lines(writer, "stdout"), [b"one\n", b"two\n"])
    os.close(writer)
    assert (lost() - before, caplog.records) == (2, [])


def test_a_text_leaves_with_its_line_whatever_letters_it_has(pipe: Pipe) -> None:
    with stream(pipe.writer, "stdout") as out:
        out.write('text="שלום"\n')
    assert pipe.read() == 'text="שלום"\n'.encode()
