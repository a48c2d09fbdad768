"""The LLM vendors as one: a long call is no silence, a word now and then no answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from common.errors import VendorError
from common.lineup import Lineup
from common.vendor_stream import Working
from llm_worker.lineup import Models
from llm_worker.vendors.base import Model, Piece, Prompt, ToolCall
from llm_worker.vendors.openai_answer import CALL_S
from tests.virtual_clock import run

PROMPT = Prompt("take a note", "he", 1)
NOTE = ("הודעה למרפאה. " * 30)[:400]
"""400 letters of Hebrew."""
TOKENS_PER_S = 40
Step = Piece | float
"""A piece, or a pause in seconds."""


class Scripted:
    """A model that follows its script."""

    def __init__(self, *script: Step) -> None:
        self.asked = 0
        self._script = script

    async def warm_up(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.asked += 1
        for step in self._script:
            if isinstance(step, float):
                await asyncio.sleep(step)
            else:
                yield step

    async def close(self) -> None: ...


def times(count: int, *steps: Step) -> list[Step]:
    return count * list(steps)


def writing(letters: str) -> Iterator[Step]:
    """A call whose arguments are those letters, a token each: Hebrew has hardly more in one."""
    for _ in letters:
        yield 1 / TOKENS_PER_S
        yield Working(CALL_S, on="leave_message")
    yield ToolCall("c1", "leave_message", letters)


def replied(*models: Model) -> tuple[list[Piece], float]:
    """What is said and done, and when that was through."""

    async def listen() -> tuple[list[Piece], float]:
        line = Models(Lineup("llm", [(f"model {number}", each) for number, each in enumerate(models)]))
        got: list[Piece] = [piece async for piece in line.reply(PROMPT) if not isinstance(piece, Working)]
        return got, asyncio.get_running_loop().time()

    return run(listen())


@pytest.mark.parametrize("said", [(), ("רגע, אני רושמת. ",)])
def test_a_note_of_400_hebrew_letters_is_waited_for(said: tuple[str, ...]) -> None:
    other = Scripted("no")
    got, at_s = replied(Scripted(0.5, *said, *writing(NOTE)), other)
    assert (got, other.asked) == ([*said, ToolCall("c1", "leave_message", NOTE)], 0)
    assert at_s == pytest.approx(0.5 + 400 / TOKENS_PER_S)


@pytest.mark.parametrize("others", [0, 1])
def test_a_call_that_never_ends_fails_and_is_tried_again_by_another_model_alone(others: int) -> None:
    with pytest.raises(VendorError, match="model 0: timeout") as failed:
        replied(Scripted(*writing(10 * NOTE)), *others * [Scripted("no")])
    assert failed.value.retryable is bool(others)


def test_a_thought_has_the_time_of_a_first_word() -> None:
    with pytest.raises(VendorError, match="model 0: timeout"):
        replied(Scripted(*times(99, 0.1, Working(3.2))))


def test_a_word_now_and_then_has_failed_once_the_line_is_dry() -> None:
    with pytest.raises(VendorError, match="model 0: too_slow"):
        replied(Scripted(*times(9, "word ", 1.3)))


def test_a_model_as_fast_as_a_slow_voice_is_heard_out() -> None:
    assert len(replied(Scripted(*times(50, "word ", 0.4)))[0]) == 50
