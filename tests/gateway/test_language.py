"""A caller who asks for another language hears the fixed phrases in it, and is understood in it."""

import asyncio
from pathlib import Path

from common.bus import Delivery, TurnClosed
from common.config import Settings
from common.messages import Head, Sentence, Transcript
from gateway.agents import Agents
from gateway.call import LiveCall
from gateway.fixed_phrases import FixedPhrases
from gateway.lexicons import lexicon
from gateway.pacer import Pacer
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from tests import virtual_clock
from tests.common.agents.files import CLINIC, folder_of, write
from tests.gateway.test_call import LOUD, SILENT, FakeLine, LoudIsSpeech
from tests.sim.memory_bus import MemoryBus


def after_a_reply_in(language: str, folder: Path, *, turn: int = 1) -> TurnMachine:
    """The machine of a call that began in Hebrew, once a sentence in ``language`` came."""
    machines: list[TurnMachine] = []

    def new_machine(rules: Rules, phrases: PhraseBook, words: Lexicon) -> TurnMachine:
        machines.append(TurnMachine(rules, phrases, words))
        return machines[-1]

    async def main() -> None:
        settings = Settings(torim_cache=folder, greeting="", endpointing="fixed", speculate="off")
        bus = MemoryBus()
        around = Surroundings(bus, Pacer(), "gw1", False, lambda: 0.0)
        board = Switchboard(settings, FixedPhrases(settings, bus, "gw1"), LoudIsSpeech, around, new_machine)
        call = board.answer(CallStarted("CA1", "MZ1"), FakeLine())
        assert isinstance(call, LiveCall)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.run())
            await asyncio.sleep(0.1)
            for frame in (*[LOUD] * 50, *[SILENT] * 50):
                call.receive(AudioReceived(frame, 0))
            board.worker_reported(Delivery("1-0", Transcript(head=Head(call="CA1", turn=1, seq=1), utterance=1, text="English please")))
            board.worker_reported(Delivery("2-0", Sentence(head=Head(call="CA1", turn=turn, language=language), text="Of course.")))
            call.receive(CallStopped())

    virtual_clock.run(main())
    return machines[0]


def test_the_lexicon_is_that_of_the_language_of_the_reply(tmp_path: Path) -> None:
    assert after_a_reply_in("en", tmp_path).call.lexicon == lexicon("en")


def test_the_lexicon_of_a_call_in_one_language_stays(tmp_path: Path) -> None:
    assert after_a_reply_in("he", tmp_path).call.lexicon == lexicon("he")


def test_a_reply_of_a_turn_that_is_over_changes_nothing(tmp_path: Path) -> None:
    assert after_a_reply_in("en", tmp_path, turn=0).call.lexicon == lexicon("he")


def taken_over(folder: Path, *, waits: bool = False) -> tuple[TurnMachine, str, list[str]]:
    """The machine of a call whose caller asked another gateway for English, the language in which they are heard, what it says first.

    They may wait for an answer.
    """
    write(folder / "agents", CLINIC + 'numbers = ["*"]')
    settings = Settings(torim_cache=folder, endpointing="fixed", speculate="off")
    machines: list[TurnMachine] = []
    bus = MemoryBus()
    says: list[str] = []

    def new_machine(rules: Rules, phrases: PhraseBook, words: Lexicon) -> TurnMachine:
        machines.append(TurnMachine(rules, phrases, words))
        return machines[-1]

    async def main() -> str:
        fence = (await bus.take_call("CA1", "gw0", "stream-0", "he")).fence
        await bus.close_turn("CA1", TurnClosed(0, "replied", "English please", "Of course."), fence)
        if waits:
            await bus.open_turn("CA1", 1, fence)
        around = Surroundings(bus, Pacer(), "gw1", False, lambda: 0.0)
        agents = Agents(settings, folder_of(folder / "agents"))
        board = Switchboard(settings, FixedPhrases(settings, bus, "gw1"), LoudIsSpeech, around, new_machine, agents)
        call = board.answer(CallStarted("CA1", "MZ2", parameters={"again": "1"}), FakeLine())
        assert isinstance(call, LiveCall)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.run())
            await asyncio.sleep(0.1)
            says.extend(clip.text for clip in machines[0].call.playout.clips)
            for frame in (*[LOUD] * 50, *[SILENT] * 50):
                call.receive(AudioReceived(frame, 0))
            asked = await bus.take("asr", "worker-1")
            call.receive(CallStopped())
        assert asked is not None
        return asked.message.head.language

    heard_in = virtual_clock.run(main())
    return machines[0], heard_in, says


def test_a_call_that_is_taken_over_is_heard_and_answered_in_the_language_that_was_asked_for(tmp_path: Path) -> None:
    machine, heard_in, _ = taken_over(tmp_path)
    assert (machine.call.lexicon == lexicon("en"), heard_in) == (True, "en")


def test_the_phrase_that_takes_it_over_is_in_that_language_too(tmp_path: Path) -> None:
    machine, _, says = taken_over(tmp_path, waits=True)
    assert (says, says[0].isascii()) == ([machine.call.phrases.repeat.text], True)
