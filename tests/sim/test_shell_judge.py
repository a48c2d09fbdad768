"""Of a simulated call through the shell the judge complains, too, and whatever goes wrong in it is told with its seed.

Here vendors and bus do wrong on purpose, in calls in which nothing is lost by itself.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest

from asr_worker.vendors.base import NO_HINTS, Hints
from common.bus import PastTurn, Taken
from common.messages import Message, Stage, Transcript, Utterance
from gateway.records.format import Header
from gateway.records.recorder import Recorder, Unrecorded
from llm_worker.vendors.base import Piece, Prompt
from tests.sim.broken_rule import BrokenRule
from tests.sim.memory_bus import MemoryBus
from tests.sim.shell import LOSSLESS_EVERY, Parts, ShellCall, simulate
from tests.sim.shell_calls import run_calls
from tests.sim.shell_vendors import Vendors

pytestmark = pytest.mark.long

_LEFT: list[asyncio.Task[None]] = []
_SEEDS = range(0, 25 * LOSSLESS_EVERY, LOSSLESS_EVERY)


def leaves_a_task(header: Header) -> Recorder:
    """A recorder that begins something and never ends it."""
    _LEFT.append(asyncio.get_running_loop().create_task(asyncio.sleep(3600.0)))
    return Unrecorded()


async def leaves_tasks(seed: int) -> ShellCall:
    """A call in which each stream leaves one."""
    return await simulate(seed, leaves_a_task, hostile=False)


async def breaks(seed: int) -> ShellCall:
    """A call that breaks a rule in one task, and dies in another."""
    if seed == 3:
        rules = BaseExceptionGroup("two", [BrokenRule("seed 3: a rule"), ZeroDivisionError("by none")])
        raise BaseExceptionGroup("tasks", [rules])
    return await simulate(seed, hostile=False)


def test_no_task_may_outlive_a_call() -> None:
    assert run_calls([1], leaves_tasks).outcome.broken == ["seed 1: 1 tasks outlive the call"]


def test_a_call_that_breaks_is_told_with_its_seed_and_the_others_go_on() -> None:
    calls = run_calls([1, 3, 5], breaks)
    assert (calls.outcome.broken, calls.outcome.calls) == (["seed 3: a rule", "seed 3: ZeroDivisionError('by none')"], 2)


# -- What goes wrong on purpose ---------------------------------------------------------------


class HearsNothing(Vendors):
    """A recogniser to which one text in ten is none."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """Now and then empty."""
        text = await Vendors.transcribe(self, audio, language=language, turn=turn, hints=hints)
        return "" if self.rng.random() < 0.1 else text


class HearsTooLate(Vendors):
    """A recogniser that misses the beginning."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """Of several words all but the first."""
        first, *rest = (await Vendors.transcribe(self, audio, language=language, turn=turn, hints=hints)).split(" ")
        return " ".join(rest) or first


class IsAskedAnother(Vendors):
    """A model that is asked something else."""

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """As if the caller had said that."""
        async for piece in Vendors.reply(self, replace(prompt, text="something else")):
            yield piece


class IsAskedTwice(Vendors):
    """A model that is asked a second time, and differently."""

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Two questions, one answer."""
        assert self.prompts is not None
        async for piece in Vendors.reply(self, prompt):
            yield piece
        self.prompts.asked(replace(prompt, text="and another"))


class Forgets(Vendors):
    """A model that is not told of the turn before."""

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Without the end of the past."""
        async for piece in Vendors.reply(self, replace(prompt, history=prompt.history[:-1])):
            yield piece


class PublishesAnother(MemoryBus):
    """A bus that changes the words that the core publishes."""

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Of text other words."""
        if isinstance(message, Transcript):
            message = msgspec.structs.replace(message, text="w999")
        await MemoryBus.publish(self, stage, message, audio)


class LosesSound(MemoryBus):
    """A bus that loses every other piece of the caller's sound."""

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Nothing is published, and nobody is told."""
        if not isinstance(message, Utterance) or message.head.seq % 2:
            await MemoryBus.publish(self, stage, message, audio)


class LosesText(MemoryBus):
    """A bus that loses the words that the core publishes."""

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Nothing is published, and nobody is told."""
        if not isinstance(message, Transcript):
            await MemoryBus.publish(self, stage, message, audio)


class Invents(MemoryBus):
    """A bus whose history has what was not."""

    async def history(self, call: str) -> list[PastTurn]:
        """One turn more, behind all."""
        return [*await MemoryBus.history(self, call), PastTurn(0, "never said", "never heard")]


class ForgetsWhatWasSaid(MemoryBus):
    """A bus that keeps no committed words for another stream."""

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Open, as it was, and without its words."""
        return replace(await MemoryBus.take_call(self, call, gateway, stream, language, turn), text="")


def complaint(parts: Parts, seeds: range = _SEEDS) -> str:
    """What the judge says of the first call that it takes exception to; "": of none."""
    for seed in seeds:
        broken = run_calls([seed], lambda seed: simulate(seed, parts=parts)).outcome.broken
        if broken:
            return broken[0].removeprefix(f"seed {seed}: ")
    return ""


@pytest.mark.parametrize("vendors", [HearsNothing, HearsTooLate])
def test_words_that_the_recogniser_loses_are_missed(vendors: type[Vendors]) -> None:
    assert complaint(Parts(new_vendors=vendors)).startswith("lost: ")


def test_sound_that_does_not_reach_the_recogniser_is_missed() -> None:
    assert complaint(Parts(new_bus=LosesSound)).startswith("lost: ")


@pytest.mark.parametrize("parts", [Parts(new_vendors=IsAskedAnother), Parts(new_bus=PublishesAnother)])
def test_a_model_is_asked_what_is_committed(parts: Parts) -> None:
    assert " is committed" in complaint(parts)


def test_a_model_is_asked_the_same_every_time() -> None:
    assert "and then 'and another'" in complaint(Parts(new_vendors=IsAskedTwice))


def test_a_model_is_asked_about_every_committed_turn() -> None:
    assert complaint(Parts(new_bus=LosesText)).startswith("no model was asked about ")


def test_a_model_is_told_of_every_turn_before() -> None:
    assert "the model is not told of turn " in complaint(Parts(new_vendors=Forgets))


def test_a_model_is_told_of_nothing_that_was_not() -> None:
    assert "the model is told what was not: " in complaint(Parts(new_bus=Invents))


def test_another_stream_begins_with_the_words_that_were_committed() -> None:
    assert "is handed over as ''" in complaint(Parts(new_bus=ForgetsWhatWasSaid), range(1, 100, LOSSLESS_EVERY))
