"""The ASR stage: what goes where, and how long it may take."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from asr_worker.lineup import Gated, Transcribers
from asr_worker.vendors.base import NO_HINTS, Hints
from asr_worker.worker import AsrWorker
from common.agents.in_use import in_use
from common.bus import Delivery
from common.config import Settings
from common.errors import VendorError
from common.lineup import Lineup
from common.messages import Head, Message, Piece, Sentence, Transcript, Utterance
from tests.common.agents.files import snapshot
from tests.recorded_bus import RecordedBus
from tests.virtual_clock import run

SERVER_TIME_MS = 1_000_000
HEAD = Head(call="c1", turn=3, seq=1, gateway="g1", language="en", t0_s=999.5, trace="t")


class Recogniser:
    """A vendor that takes its time and hears what it is told to."""

    def __init__(self, text: str = "opening hours", takes_s: float = 0.0) -> None:
        self.asked: list[tuple[bytes, str, int]] = []
        self.hints: list[Hints] = []
        self._text = text
        self._takes_s = takes_s

    async def warm_up(self) -> None: ...

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        self.asked.append((audio, language, turn))
        self.hints.append(hints)
        await asyncio.sleep(self._takes_s)
        return self._text

    async def close(self) -> None: ...


def delivery(piece: Piece = "whole") -> Delivery:
    return Delivery(f"{SERVER_TIME_MS}-0", Utterance(head=HEAD, utterance=2, piece=piece), b"\xff\x00")


def handle(vendor: Recogniser, bus: RecordedBus, *, given: Delivery | None = None) -> RecordedBus:
    run(AsrWorker(vendor, "fake", Settings()).handle(given or delivery(), bus))
    return bus


def after(waited_s: float) -> RecordedBus:
    """A bus on which the entry has waited for so long."""
    return RecordedBus(server_began_s=SERVER_TIME_MS / 1000 + waited_s)


def transcript(text: str, piece: Piece = "whole", asr_ms: int = 0) -> Message:
    return Transcript(head=HEAD, utterance=2, text=text, piece=piece, asr_ms=asr_ms)


def test_the_vendor_gets_audio_language_and_turn() -> None:
    vendor = Recogniser()
    handle(vendor, RecordedBus())
    assert vendor.asked == [(b"\xff\x00", "en", 3)]


def test_what_a_gate_took_away_is_told_of_its_call_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="torim")
    handle(Recogniser(Gated("I want to cancel.", "phantom", 38)), RecordedBus())
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "call=c1 turn=3 utterance=2 piece=whole what=gated why=phantom heard_chars=38 left_chars=17"
    assert not any("cancel" in line for line in told)


def test_a_whole_utterance_goes_on_to_the_llm() -> None:
    assert handle(Recogniser(), RecordedBus()).committed_to("llm") == [transcript("opening hours")]


def test_a_whole_utterance_is_told_to_the_gateway() -> None:
    assert handle(Recogniser(), RecordedBus()).committed_to(None) == [transcript("opening hours")]


def test_s14_an_utterance_without_words_does_not_reach_the_llm() -> None:
    assert handle(Recogniser(" \n"), RecordedBus()).committed_to("llm") == []


def test_s14_an_utterance_without_words_is_told_to_the_gateway() -> None:
    assert handle(Recogniser(" \n"), RecordedBus()).committed_to(None) == [transcript("")]


@pytest.mark.parametrize("piece", ["segment", "probe"])
def test_a_piece_is_never_forwarded(piece: Piece) -> None:
    assert handle(Recogniser(), RecordedBus(), given=delivery(piece)).committed_to("llm") == []


@pytest.mark.parametrize("piece", ["segment", "probe"])
def test_a_piece_is_told_to_the_gateway(piece: Piece) -> None:
    assert handle(Recogniser(), RecordedBus(), given=delivery(piece)).committed_to(None) == [transcript("opening hours", piece)]


def test_the_vendors_time_is_measured() -> None:
    assert handle(Recogniser(takes_s=0.25), RecordedBus()).committed_to("llm") == [transcript("opening hours", asr_ms=250)]


def test_a_finished_piece_is_not_transcribed_again() -> None:
    vendor = Recogniser()
    handle(vendor, RecordedBus(is_done=True))
    assert vendor.asked == []


def test_a_finished_piece_is_dropped() -> None:
    assert handle(Recogniser(), RecordedBus(is_done=True)).dropped


def test_a_vendor_that_hangs_fails_at_the_deadline() -> None:
    with pytest.raises(VendorError, match="fake: timeout"):
        handle(Recogniser(takes_s=60), after(0))


def test_what_waited_in_the_stream_has_less_time_left() -> None:
    with pytest.raises(VendorError, match="fake: timeout"):
        handle(Recogniser(takes_s=2.5), after(1.1))


def test_what_is_begun_has_two_seconds_at_the_least() -> None:
    assert handle(Recogniser(takes_s=1.9), after(3.4)).committed is not None


def test_what_was_taken_over_is_transcribed_at_any_age() -> None:
    assert handle(Recogniser(), after(9.0), given=replace(delivery(), taken_over=True)).committed is not None


def test_what_waited_for_too_long_is_not_transcribed() -> None:
    vendor = Recogniser()
    with pytest.raises(VendorError, match="fake: too_late"):
        handle(vendor, after(3.5))
    assert vendor.asked == []


def test_a_server_clock_that_is_ahead_takes_no_time_away() -> None:
    assert handle(Recogniser(takes_s=3.0), after(-100)).committed is not None


# --- The call's agent


def hinted(folder: Path, language: str) -> Hints:
    """What the vendor is told of a call of an agent, whose caller is heard in this language."""
    file = 'vocabulary = ["מרפאת הגליל", "Moovit"]\nmodels.asr = "big"'
    carried = in_use(snapshot(folder, file), Settings()).carried
    vendor, head = Recogniser(), msgspec.structs.replace(HEAD, agent=carried.reference, language=language)
    bus = RecordedBus(agents={carried.reference: carried.data})
    handle(vendor, bus, given=Delivery(f"{SERVER_TIME_MS}-0", Utterance(head=head, utterance=2), b"\xff"))
    return vendor.hints[0]


def test_the_vendor_is_told_the_agents_vocabulary_and_model(tmp_path: Path) -> None:
    assert hinted(tmp_path, "he") == Hints(("מרפאת הגליל", "Moovit"), "big")


def test_a_caller_who_changed_the_language_is_not_heard_with_words_of_the_first_one(tmp_path: Path) -> None:
    assert hinted(tmp_path, "en").vocabulary == ("Moovit",)


def test_without_an_agent_the_settings_tell_the_vocabulary() -> None:
    vendor = Recogniser()
    run(AsrWorker(vendor, "fake", Settings(asr_vocabulary="Torim, Chirp,")).handle(delivery(), RecordedBus()))
    assert vendor.hints == [Hints(("Torim", "Chirp"))]


def test_another_message_on_the_stream_is_a_bug() -> None:
    with pytest.raises(TypeError):
        handle(Recogniser(), RecordedBus(), given=Delivery("1-0", Sentence(head=HEAD, text="x")))


def test_a_vendor_that_hangs_is_blamed_before_its_piece_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    ears = Transcribers(Lineup("asr", [("fake", Recogniser(takes_s=60))]))
    with pytest.raises(VendorError, match="fake: timeout") as failed:
        run(AsrWorker(ears, "fake", Settings()).handle(delivery(), after(1.5)))
    assert not failed.value.retryable
    assert [line for line in caplog.messages if line.startswith("stage=asr vendor=fake what=vendor_failed error=timeout after_ms=19")]
