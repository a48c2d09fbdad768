"""All lines are read together, in rounds."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from functools import partial

import pytest

from gateway.rounds import AT_ONCE_BYTES, PERIOD_S, STEP_BYTES, Rounds
from tests import virtual_clock

SOON_S = 30.0


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """Two lines: our end of each, and the other side's."""
    made = [socket.socketpair() for _ in range(2)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


class Heard:
    """What a line was given."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.changed = asyncio.Event()

    def read(self, data: bytes) -> None:
        self.pieces.append(data)
        self.changed.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(SOON_S):
            while len(self.pieces) < count:
                self.changed.clear()
                await self.changed.wait()


async def test_what_comes_on_each_line_is_given_to_who_reads_it(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds, heard = Rounds(), [Heard(), Heard()]
    own = [rounds.join(ours.fileno(), each.read) for (ours, _), each in zip(pairs, heard, strict=True)]
    for number, (_, theirs) in enumerate(pairs):
        theirs.send(bytes([number]))
    for each in heard:
        await each.until(1)
    assert [each.pieces for each in heard] == [[b"\x00"], [b"\x01"]]
    for descriptor in own:
        rounds.leave(descriptor)


async def test_a_line_whose_other_side_is_gone_is_given_nothing(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds, heard = Rounds(), Heard()
    own = rounds.join(pairs[0][0].fileno(), heard.read)
    pairs[0][1].close()
    await heard.until(1)
    assert heard.pieces[0] == b""
    rounds.leave(own)


async def test_of_a_flood_no_more_than_so_much_is_read_at_once(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds, heard = Rounds(), Heard()
    own = rounds.join(pairs[0][0].fileno(), heard.read)
    pairs[0][1].send(bytes(AT_ONCE_BYTES + 1))
    await heard.until(2)
    assert [len(each) for each in heard.pieces] == [AT_ONCE_BYTES, 1]
    rounds.leave(own)


async def test_a_line_that_left_is_read_no_more_and_the_others_are(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds, heard = Rounds(), [Heard(), Heard()]
    left, stays = (rounds.join(ours.fileno(), each.read) for (ours, _), each in zip(pairs, heard, strict=True))
    rounds.leave(left)
    for _, theirs in pairs:
        theirs.send(b"x")
    await heard[1].until(1)
    assert heard[0].pieces == []
    rounds.leave(stays)


async def test_a_line_that_was_given_back_holds_no_descriptor(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds = Rounds()
    own = rounds.join(pairs[0][0].fileno(), lambda data: None)
    rounds.leave(own)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(own)


async def test_lines_that_come_after_all_others_left_are_read(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds, heard = Rounds(), [Heard(), Heard()]
    first = rounds.join(pairs[0][0].fileno(), heard[0].read)
    pairs[0][1].send(b"x")
    await heard[0].until(1)
    rounds.leave(first)
    second = rounds.join(pairs[1][0].fileno(), heard[1].read)
    pairs[1][1].send(b"y")
    await heard[1].until(1)
    assert heard[1].pieces == [b"y"]
    rounds.leave(second)


async def test_a_line_that_fails_keeps_no_other_waiting(
    pairs: list[tuple[socket.socket, socket.socket]], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(data: bytes) -> None:
        raise ValueError("a bug")

    rounds, heard = Rounds(), Heard()
    own = [rounds.join(pairs[0][0].fileno(), fail), rounds.join(pairs[1][0].fileno(), heard.read)]
    for text in (b"x", b"y"):
        for _, theirs in pairs:
            theirs.send(text)
        await heard.until(len(heard.pieces) + 1)
    assert b"".join(heard.pieces) == b"xy"
    assert "bug=rounds" in caplog.text
    for descriptor in own:
        rounds.leave(descriptor)


async def test_a_line_that_is_readable_no_more_is_not_taken_for_gone(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    rounds, heard = Rounds(), Heard()
    ours, theirs = pairs[0]
    ours.setblocking(False)
    own = [rounds.join(ours.fileno(), heard.read) for _ in range(2)]  # who is asked second finds nothing
    for number, text in enumerate((b"x", b"y"), 1):
        theirs.send(text)
        await heard.until(number)
    assert heard.pieces == [b"x", b"y"]
    for descriptor in own:
        rounds.leave(descriptor)


# --- Many at once


Pairs = list[tuple[socket.socket, socket.socket]]


def test_behind_a_stall_the_loop_does_other_things_between_the_lines() -> None:
    lines = STEP_BYTES // AT_ONCE_BYTES + 2
    made = [socket.socketpair() for _ in range(lines)]

    async def read_at() -> list[int]:
        rounds, turns, found, loop = Rounds(), 0, list[int](), asyncio.get_running_loop()

        def turn() -> None:
            nonlocal turns
            turns += 1
            if len(found) < lines:
                loop.call_soon(turn)

        def read(data: bytes) -> None:
            if not found:
                turn()
            found.append(turns)

        own = [rounds.join(ours.fileno(), read) for ours, _ in made]
        for _, theirs in made:
            theirs.send(bytes(AT_ONCE_BYTES))
        await asyncio.sleep(3 * PERIOD_S)
        for descriptor in own:
            rounds.leave(descriptor)
        return found

    found = virtual_clock.run(read_at())
    assert [found.count(turn) for turn in sorted(set(found))] == [STEP_BYTES // AT_ONCE_BYTES, 2]
    for end in (end for pair in made for end in pair):
        end.close()


def test_who_leaves_within_a_round_is_not_asked_any_more(pairs: Pairs) -> None:
    async def heard() -> list[bytes]:
        rounds, pieces, own = Rounds(), list[bytes](), list[int]()

        def read(number: int, data: bytes) -> None:
            pieces.append(data)
            rounds.leave(own[1 - number])

        own += [rounds.join(ours.fileno(), partial(read, number)) for number, (ours, _) in enumerate(pairs)]
        for _, theirs in pairs:
            theirs.send(b"x")
        await asyncio.sleep(3 * PERIOD_S)
        rounds.leave(next(filter(still_open, own)))
        return pieces

    assert virtual_clock.run(heard()) == [b"x"]


def test_who_comes_within_a_round_is_not_given_to_who_had_the_number_before(pairs: Pairs) -> None:
    async def heard() -> tuple[list[bytes], list[bytes]]:
        rounds, before, behind, own = Rounds(), list[bytes](), list[bytes](), list[int]()

        def read(number: int, data: bytes) -> None:
            before.append(data)
            rounds.leave(own[1 - number])
            assert rounds.join(pairs[1 - number][0].fileno(), behind.append) == own[1 - number]

        own += [rounds.join(ours.fileno(), partial(read, number)) for number, (ours, _) in enumerate(pairs)]
        for _, theirs in pairs:
            theirs.send(b"x")
        await asyncio.sleep(3 * PERIOD_S)
        for descriptor in own:
            rounds.leave(descriptor)
        return before, behind

    assert virtual_clock.run(heard()) == ([b"x"], [b"x"])


def still_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


# --- What goes wrong is one line's affair


class Halt(BaseException):
    """Ends more than what it happened in."""


def test_even_behind_what_no_boundary_holds_the_lines_are_heard_again(pairs: Pairs) -> None:
    pieces, own = list[bytes](), list[int]()

    async def one_falls() -> None:
        rounds = Rounds()

        def fail(data: bytes) -> None:
            raise Halt

        own[:] = [rounds.join(pairs[0][0].fileno(), fail), rounds.join(pairs[1][0].fileno(), pieces.append)]
        for _, theirs in pairs:
            theirs.send(b"x")
        with contextlib.suppress(Halt):
            rounds._go()
        await asyncio.sleep(3 * PERIOD_S)
        for descriptor in own:
            rounds.leave(descriptor)

    virtual_clock.run(one_falls())
    assert pieces == [b"x"]
