"""The desk does what it is asked, and tells what it is at."""

import asyncio

import httpx
import pytest

from tests.chaos.desk import Desk, Errand

BOOKED = Errand("book", "CA1", 4, "CA1-abc", "hello")


async def _book(desk: Desk) -> str:
    asked = {"call": "CA1", "arguments": {"turn": "4", "said": "hello"}}
    async with httpx.AsyncClient() as client:
        return str((await client.post(f"{desk.url}/book", json=asked, headers={"Idempotency-Key": "CA1-abc"})).json())


@pytest.fixture(scope="module")
def seen() -> tuple[bool, str, bool, list[Errand]]:
    """Of one thing that it was asked: whether it was at it, its answer, whether it still is, and what it noted."""

    async def ask() -> tuple[bool, str, bool, list[Errand]]:
        desk = Desk()
        await desk.open()
        asking = asyncio.gather(_book(desk))
        while not desk.errands:  # noqa: ASYNC110 - it happens at the other end of a socket
            await asyncio.sleep(0.01)
        was_at = desk.is_at("CA1", 4)
        (answer,) = await asking
        await desk.close()
        return was_at, answer, desk.is_at("CA1", 4), desk.errands

    return asyncio.run(ask())


def test_it_is_at_what_it_has_not_answered(seen: tuple[bool, str, bool, list[Errand]]) -> None:
    assert (seen[0], seen[2]) == (True, False)


def test_it_answers_and_notes_what_it_did(seen: tuple[bool, str, bool, list[Errand]]) -> None:
    assert (seen[1], seen[3]) == ("done", [BOOKED])
