"""A call for which there is no more money, or that is too long: it hears its reply, then that, and is hung up."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from common.agents.in_use import InUse
from common.audio import FRAME_BYTES
from common.bus import Delivery
from common.config import Settings
from common.messages import Head, Message, ReplyEnded, Sentence, SpeechChunk, Transcript
from gateway.call import LiveCall
from gateway.fixed_phrases import FixedPhrases
from gateway.pacer import Pacer
from gateway.parting import Parting
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped
from gateway.turn.events import WorkerReported
from gateway.turn.phrases import Phrase, PhraseBook
from tests import virtual_clock
from tests.gateway.test_call import LOUD, SILENT, FakeLine, LoudIsSpeech
from tests.sim.memory_bus import MemoryBus

HEAD = Head(call="CA1", turn=1)
ENDED = ReplyEnded(head=HEAD, sentences=1)
REPLY, WORDS = bytes(4000), bytes([1] * 8000)
NONE = Phrase("", b"")


def book(spent: Phrase, goodbye: Phrase = NONE) -> PhraseBook:
    return PhraseBook(None, NONE, NONE, NONE, NONE, goodbye, b"", spent=spent)


def told(message: Message, spent: Phrase) -> list[str]:
    """What the core is told, by kind."""
    parting = Parting()
    parting.words = "spent"
    return [type(each.message).__name__ for each in parting.told(Delivery("1-0", message), book(spent))]


def test_while_there_is_money_the_core_hears_what_workers_say() -> None:
    assert Parting().told(Delivery("1-0", ENDED, b"x"), book(Phrase("bye", WORDS))) == [WorkerReported(ENDED, b"x")]


@pytest.mark.parametrize("words", ["spent", "goodbye"])
def test_the_words_are_those_of_the_reason(words: Literal["spent", "goodbye"]) -> None:
    parting = Parting()
    parting.words = words
    (first, *_) = parting.told(Delivery("1-0", ENDED), book(Phrase("spent", WORDS), Phrase("goodbye", WORDS)))
    assert isinstance(first.message, Sentence)
    assert first.message.text == words


def test_sound_is_not_changed() -> None:
    assert told(SpeechChunk(head=HEAD, offset_bytes=0, last=True), Phrase("bye", WORDS)) == ["SpeechChunk"]


def test_where_the_words_are_switched_off_the_call_ends_without() -> None:
    assert told(ENDED, Phrase("", b"")) == ["Action", "ReplyEnded"]


class Booked(FixedPhrases):
    """Phrases of which the last one has its sound."""

    def book(self, language: str, agent: InUse | None = None) -> PhraseBook:
        goodbye = Phrase("Thank you, goodbye.", WORDS)
        return replace(super().book(language, agent), spent=Phrase("Please call again tomorrow.", WORDS), goodbye=goodbye)


class House:
    """One gateway, and a caller who asks something when there is no more money."""

    def __init__(self, folder: Path, max_call_sec: float = 3600) -> None:
        settings = Settings(torim_cache=folder, greeting="", language="en", endpointing="fixed", speculate="off", max_call_sec=max_call_sec)
        self.bus, self.pacer, self.line = MemoryBus(), Pacer(), FakeLine()
        around = Surroundings(self.bus, self.pacer, "gw1", False, lambda: 0.0)
        self.board = Switchboard(settings, Booked(settings, self.bus, "gw1"), LoudIsSpeech, around)

    async def call(self, *, spent: bool = True, talks_at_s: float | None = None) -> bool:
        """Whether the bot ended the call; ``talks_at_s``: the caller talks so long after the reply began."""
        call = self.board.answer(CallStarted("CA1", "MZ1"), self.line)
        assert isinstance(call, LiveCall)
        async with asyncio.TaskGroup() as tasks:
            pacing = tasks.create_task(self.pacer.run())
            running = tasks.create_task(call.run())
            await asyncio.sleep(0.1)
            for _ in range(2 * spent):
                call.spent("spent_today")
            hear(call)
            self._answer()
            if talks_at_s is not None:
                await asyncio.sleep(talks_at_s)
                hear(call)
            await asyncio.wait([running], timeout=6)
            ended = running.done()
            call.receive(CallStopped())
            await running
            pacing.cancel()
        return ended

    def _answer(self) -> None:
        self._tell(Transcript(head=Head(call="CA1", turn=1, seq=1), utterance=1, text="when do you open"))
        self._tell(Sentence(head=HEAD, text="At nine."))
        self._tell(SpeechChunk(head=HEAD, offset_bytes=0, last=True), REPLY)
        self._tell(ENDED)

    def _tell(self, message: Message, audio: bytes = b"") -> None:
        self.board.worker_reported(Delivery("1-0", message, audio))


def hear(call: LiveCall) -> None:
    """A second of voice, and a second of silence."""
    for frame in (*[LOUD] * 50, *[SILENT] * 50):
        call.receive(AudioReceived(frame, 0))


def test_the_bot_hangs_up_behind_its_reply(tmp_path: Path) -> None:
    assert [virtual_clock.run(House(tmp_path).call(spent=spent)) for spent in (True, False)] == [True, False]


def test_the_reply_and_the_words_are_heard_as_a_whole(tmp_path: Path) -> None:
    house = House(tmp_path)
    virtual_clock.run(house.call())
    assert house.line.sent.count("media") == (len(REPLY) + len(WORDS)) // FRAME_BYTES


def test_the_words_stand_in_the_history(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def main() -> list[str]:
        await house.call()
        return [turn.heard for turn in await house.bus.history("CA1") if turn.heard]

    assert virtual_clock.run(main()) == ["At nine. Please call again tomorrow."]


def test_a_call_that_is_too_long_hears_goodbye_behind_its_reply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house = House(tmp_path, max_call_sec=0.05)

    async def main() -> tuple[bool, list[str]]:
        ended = await house.call(spent=False)
        return ended, [turn.heard for turn in await house.bus.history("CA1") if turn.heard]

    assert virtual_clock.run(main()) == (True, ["At nine. Thank you, goodbye."])
    assert capsys.readouterr().out.count("TOO_LONG limit=max_call_sec") == 1


@pytest.mark.parametrize("talks_at_s", [0.2, 0.8])
def test_no_voice_stops_the_last_reply_or_the_words(tmp_path: Path, talks_at_s: float) -> None:
    house = House(tmp_path)
    ended = virtual_clock.run(house.call(talks_at_s=talks_at_s))
    assert (ended, "clear" in house.line.sent) == (True, False)


def test_it_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    virtual_clock.run(House(tmp_path).call())
    assert capsys.readouterr().out.count("SPENT limit=spent_today") == 1
