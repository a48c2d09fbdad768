"""The ASR vendors as one: the next is asked where one fails, and the gates stand behind all of them."""

import asyncio

import pytest

from asr_worker.lineup import Gated, Transcribers
from asr_worker.vendors.base import NO_HINTS, Heard, Hints, Transcriber
from common.audio import silence
from common.errors import VendorError
from common.lineup import Lineup
from common.vendor_stream import alive
from tests.virtual_clock import run

DOWN = VendorError("fake", "http_500", retryable=True)


class Ear:
    """Hears what it is told to, or fails; after its pauses, and alive behind each."""

    def __init__(self, heard: str | VendorError, *pauses_s: float) -> None:
        self._heard = heard
        self._pauses_s = pauses_s

    async def warm_up(self) -> None: ...

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        for pause_s in self._pauses_s:
            await asyncio.sleep(pause_s)
            alive()
        if isinstance(self._heard, VendorError):
            raise self._heard
        return self._heard

    async def close(self) -> None: ...


def heard(*says: str | VendorError | Ear, vocabulary: tuple[str, ...] = ()) -> str:
    ears = [each if isinstance(each, Ear) else Ear(each) for each in says]
    vendors: list[tuple[str, Transcriber]] = [(f"vendor {number}", each) for number, each in enumerate(ears)]
    hints = Hints(vocabulary)
    return run(Transcribers(Lineup("asr", vendors)).transcribe(silence(2000), language="en", turn=1, hints=hints))


def test_the_next_one_hears_what_the_first_did_not() -> None:
    assert heard(DOWN, "opening hours") == "opening hours"


def test_the_first_ear_has_time_for_a_whole_answer_whoever_stands_behind_it() -> None:
    assert heard(Ear("opening hours", 1.5), "no", "no") == "opening hours"


def test_words_that_come_in_are_waited_for() -> None:
    assert heard(Ear("opening hours", *6 * [0.5]), "no", "no") == "opening hours"


@pytest.mark.parametrize("made_up", [Heard("opening hours", 0.9), "Thanks for watching!", "you " * 9])
def test_what_was_made_up_is_no_words(made_up: str) -> None:
    assert heard(made_up) == ""


def test_the_vocabulary_given_back_is_no_words() -> None:
    assert heard("Torim, Chirp.", vocabulary=("Torim", "Chirp")) == ""


def test_it_is_known_which_gate_took_something_away_and_how_much() -> None:
    left = heard("I want to cancel. Thanks for watching!")
    assert isinstance(left, Gated)
    assert (left, left.why, left.heard_chars) == ("I want to cancel.", "phantom", 38)
