"""The TTS stage: sound as soon as there is any, complete, and told by attempt."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from common.agents.in_use import in_use
from common.audio import BYTES_PER_MS
from common.bus import Delivery
from common.config import Settings
from common.errors import VendorError
from common.lineup import Lineup
from common.messages import Head, SpeechChunk, Transcript, fingerprint
from common.messages import Sentence as SentenceMessage
from tests.common.agents.files import snapshot
from tests.recorded_bus import RecordedBus
from tests.virtual_clock import run
from tts_worker.lineup import Voices
from tts_worker.vendors.base import SpeechRequest, StandIn, WordEnds
from tts_worker.worker import TtsWorker, attempt_number

HEAD = Head(call="c1", turn=3, seq=2, take=1, gateway="g1", language="en")
RESET = VendorError("fake", "reset", retryable=True)

Step = int | float | WordEnds | VendorError
"""Milliseconds of sound, a pause in seconds, where words end, or a failure."""


class Scripted:
    """A voice that follows its script."""

    def __init__(self, *script: Step) -> None:
        self.requests: list[SpeechRequest] = []
        self.closed = False
        self._script = script

    async def warm_up(self) -> None: ...

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        self.requests.append(request)
        try:
            for step in self._script:
                match step:
                    case float():
                        await asyncio.sleep(step)
                    case VendorError():
                        raise step
                    case WordEnds():
                        yield step
                    case _:
                        yield bytes(step * BYTES_PER_MS)
        finally:
            self.closed = True

    async def close(self) -> None: ...


def handle(voice: Scripted, bus: RecordedBus | None = None, attempt: int = 1, head: Head = HEAD, text: str = "Hello.") -> RecordedBus:
    bus = bus or RecordedBus()
    delivery = Delivery("1-0", SentenceMessage(head=head, text=text), attempt=attempt)
    run(TtsWorker(voice, "fake").handle(delivery, bus))
    return bus


def chunks(bus: RecordedBus) -> list[SpeechChunk]:
    return [message for message in bus.sent_to(None) if isinstance(message, SpeechChunk)]


def sizes_ms(bus: RecordedBus) -> list[int]:
    """Of what has sound: all but the end."""
    return [len(output.audio) // BYTES_PER_MS for output in bus.sent if output.audio]


def last(bus: RecordedBus) -> SpeechChunk:
    return chunks(bus)[-1]


def fails(*script: Step) -> VendorError:
    with pytest.raises(VendorError) as failed:
        handle(Scripted(*script))
    return failed.value


def test_the_voice_is_told_what_to_say() -> None:
    voice = Scripted(100)
    handle(voice)
    assert voice.requests == [SpeechRequest("Hello.", "en", 3, 2)]


def test_the_first_sound_leaves_while_the_voice_goes_on() -> None:
    assert handle(Scripted(100, 1.0, 150)).sent_at_s == [0.0, 1.0, 1.0]


def test_sound_leaves_in_growing_chunks() -> None:
    assert sizes_ms(handle(Scripted(600))) == [100, 150, 250, 100]


def test_a_chunk_tells_where_it_begins() -> None:
    assert [chunk.offset_bytes // BYTES_PER_MS for chunk in chunks(handle(Scripted(600)))] == [0, 100, 250, 500, 600]


def test_every_chunk_tells_which_words_are_spoken() -> None:
    assert {chunk.words for chunk in chunks(handle(Scripted(600)))} == {fingerprint("Hello.")}


def test_the_end_is_told_behind_the_sound_and_not_in_the_commit() -> None:
    bus = handle(Scripted(600))
    assert (last(bus).last, bus.sent[-1].audio, bus.committed) == (True, b"", [])


def test_the_end_tells_how_long_the_sound_is() -> None:
    assert last(handle(Scripted(600))).offset_bytes == 600 * BYTES_PER_MS


def test_a_chunk_before_the_end_is_not_the_last() -> None:
    assert not any(chunk.last for chunk in chunks(handle(Scripted(600)))[:-1])


def test_a_chunk_carries_its_sentence_and_take() -> None:
    assert chunks(handle(Scripted(100)))[0].head == HEAD


def test_a_later_attempt_has_a_higher_number() -> None:
    first, second = (chunks(handle(Scripted(100), attempt=attempt))[0].attempt for attempt in (1, 2))
    assert second > first


def test_the_same_sentence_on_the_stream_twice_is_told_apart() -> None:
    sentence = SentenceMessage(head=HEAD, text="Hello.")
    assert attempt_number(Delivery("1-0", sentence), 1.0) != attempt_number(Delivery("1-1", sentence), 1.0)


def test_the_first_attempt_that_comes_again_after_redis_forgot_it_is_told_apart() -> None:
    delivery = Delivery("1-0", SentenceMessage(head=HEAD, text="Hello."))
    assert attempt_number(delivery, 1.0) != attempt_number(delivery, 5.0)


def test_a_chunk_tells_the_voices_time_to_the_first_sound() -> None:
    assert chunks(handle(Scripted(0.3, 100)))[0].tts_ms == 300


def test_a_slow_voice_is_not_waited_for_longer_than_half_of_what_was_delivered() -> None:
    bus = handle(Scripted(100, 20, 1.0, 20))
    assert bus.sent_at_s == pytest.approx([0.0, 0.05, 1.0, 1.0])


def test_a_sound_shorter_than_a_chunk_is_sent_at_its_end() -> None:
    assert sizes_ms(handle(Scripted(30, 0.5, 30))) == [60]


def test_a_finished_sentence_is_not_spoken_again() -> None:
    voice = Scripted(100)
    handle(voice, RecordedBus(is_done=True))
    assert voice.requests == []


def test_a_finished_sentence_is_dropped() -> None:
    assert handle(Scripted(100), RecordedBus(is_done=True)).dropped


def test_a_gateway_that_is_gone_stops_the_voice() -> None:
    voice = Scripted(200, 1.9, 200)
    bus = handle(voice, RecordedBus(somebody_reads=False))
    assert (voice.closed, bus.sent) == (True, [])


def test_a_gateway_that_is_gone_does_not_keep_the_entry() -> None:
    assert handle(Scripted(200), RecordedBus(somebody_reads=False)).committed is not None


def test_a_voice_without_sound_fails() -> None:
    assert fails().kind == "no_sound"


def test_a_voice_that_does_not_begin_fails() -> None:
    assert fails(3.6, 100).kind == "timeout"


FIRST = msgspec.structs.replace(HEAD, seq=0, take=0)
LATER = msgspec.structs.replace(HEAD, seq=2, take=0)
AGAIN = msgspec.structs.replace(HEAD, seq=2, take=1)


@pytest.mark.parametrize("head", [FIRST, AGAIN])
def test_a_sentence_that_is_next_to_play_and_waited_leaves_the_voice_less_time(head: Head) -> None:
    with pytest.raises(VendorError, match="fake: timeout"):
        handle(Scripted(2.6, 100), RecordedBus(server_began_s=1.0), head=head)


@pytest.mark.parametrize("head", [FIRST, AGAIN])
def test_a_sentence_that_is_next_to_play_and_waited_for_too_long_is_not_spoken(head: Head) -> None:
    voice = Scripted(100)
    with pytest.raises(VendorError, match="fake: too_late"):
        handle(voice, RecordedBus(server_began_s=3.6), head=head)
    assert not voice.requests


def test_a_later_sentence_may_have_waited_for_those_before_it() -> None:
    assert sizes_ms(handle(Scripted(3.4, 100), RecordedBus(server_began_s=9.0), head=LATER)) == [100]


def test_a_voice_that_stalls_fails() -> None:
    assert fails(100, 2.2, 100).kind == "timeout"


def test_a_voice_that_works_on_the_next_clause_while_a_long_one_is_heard_does_not_stall() -> None:
    assert sum(sizes_ms(handle(Scripted(1500, 3.4, 200)))) == 1700


def test_a_voice_that_fails_midway_fails() -> None:
    assert fails(300, RESET).kind == "reset"


def test_the_sound_before_a_failure_has_left() -> None:
    bus = RecordedBus()
    with pytest.raises(VendorError):
        handle(Scripted(100, 1.0, RESET), bus)
    assert sizes_ms(bus) == [100]


def test_a_voice_that_fails_is_closed() -> None:
    voice = Scripted(100, 2.2, 100)
    with pytest.raises(VendorError):
        handle(voice)
    assert voice.closed


def test_a_handler_that_is_cancelled_closes_the_voice() -> None:
    voice = Scripted(100, 1.5, 100, 1.5, 100)

    async def cancelled() -> None:
        delivery = Delivery("1-0", SentenceMessage(head=HEAD, text="Hello."))
        async with asyncio.timeout(1.0):
            await TtsWorker(voice, "fake").handle(delivery, RecordedBus())

    with pytest.raises(TimeoutError):
        run(cancelled())
    assert voice.closed


def test_another_message_on_the_stream_is_a_bug() -> None:
    with pytest.raises(TypeError):
        run(TtsWorker(Scripted(), "fake").handle(Delivery("1-0", Transcript(head=HEAD, utterance=1, text="")), RecordedBus()))


def test_what_the_voice_knows_of_its_words_goes_with_the_next_chunk() -> None:
    sent = chunks(handle(Scripted(WordEnds((300, 700)), 100, WordEnds((900,)), 150), text="Hello to you."))
    assert [chunk.word_ends for chunk in sent] == [(300, 700), (900,), ()]


def test_what_it_says_of_its_words_at_the_end_goes_with_the_last_chunk() -> None:
    assert last(handle(Scripted(100, WordEnds((700,))))).word_ends == (700,)


def test_the_voice_is_given_words_for_digits_and_signs() -> None:
    voice = Scripted(100)
    handle(voice, text="It is **$5**.")
    assert voice.requests[0].text == "It is five dollars."


def test_where_words_end_is_told_in_those_of_the_sentence() -> None:
    sent = chunks(handle(Scripted(WordEnds((100, 200, 300)), 100, WordEnds((400, 500)), 150), text="It is $5.50 today."))
    assert [chunk.word_ends for chunk in sent] == [(100, 200), (), ()]


def test_words_without_sound_are_no_sound() -> None:
    assert fails(WordEnds((300,))).kind == "no_sound"


def test_a_sentence_is_spoken_with_its_agents_voice_and_pronunciations(tmp_path: Path) -> None:
    clinic = in_use(
        snapshot(tmp_path, 'voice = "he-IL-Chirp3-HD-Leda"\n[models]\ntts = "big"\n[pronunciations]\nTorim = "toe reem"'), Settings()
    )
    voice, head = Scripted(100), msgspec.structs.replace(HEAD, agent=clinic.carried.reference)
    handle(voice, RecordedBus(agents={clinic.carried.reference: clinic.carried.data}), head=head, text="Torim.")
    asked = voice.requests[0]
    assert (asked.voice, asked.model, asked.text) == ("he-IL-Chirp3-HD-Leda", "big", "toe reem.")


def test_english_is_not_pronounced_in_hebrew_letters(tmp_path: Path) -> None:
    clinic = in_use(snapshot(tmp_path, '[pronunciations]\nDNA = "די אן איי"\nTorim = "toe reem"'), Settings())
    voice, head = Scripted(100), msgspec.structs.replace(HEAD, agent=clinic.carried.reference, language="en")
    handle(voice, RecordedBus(agents={clinic.carried.reference: clinic.carried.data}), head=head, text="Torim, DNA.")
    assert voice.requests[0].text == "toe reem, DNA."


class Second(Scripted):
    """A voice that stands in for another."""

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        async for piece in super().synthesise(request):
            yield StandIn(piece) if isinstance(piece, bytes) else piece


@pytest.mark.parametrize(("voice", "told"), [(Scripted(500), False), (Second(500), True), (Second(WordEnds((80,)), 500), True)])
def test_every_chunk_tells_whether_the_voice_stands_in(voice: Scripted, told: bool) -> None:
    assert {chunk.stand_in for chunk in chunks(handle(voice))} == {told}


def test_a_voice_that_hangs_is_blamed_before_its_sentence_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    voices = Voices(Lineup("tts", [("fake", Scripted(60.0))], may_be_empty=False))
    head = msgspec.structs.replace(HEAD, seq=0)
    waited = RecordedBus(server_began_s=1.5)
    with pytest.raises(VendorError, match="fake: timeout"):
        run(TtsWorker(voices, "fake").handle(Delivery("1-0", SentenceMessage(head=head, text="Hello.")), waited))
    assert [line for line in caplog.messages if line.startswith("stage=tts vendor=fake what=vendor_failed error=timeout after_ms=19")]
