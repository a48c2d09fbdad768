"""The bench of the bot's own echo, shorter, with a fixed seed."""

from typing import TYPE_CHECKING

import pytest

from gateway.vad.webrtc import WebrtcDetector
from tests.bench.self_echo import Gateway, interruptions, self_interruptions, with_guard, without_guard

if TYPE_CHECKING:
    from gateway.vad.silero import SileroModel

SEED, REPLIES = 1, 60
SOFT_SEED = 102
"""Some soft frames of echo in a row are like nothing; silero hears a voice in them."""


def unguarded() -> Gateway:
    return without_guard(WebrtcDetector())


def guarded() -> Gateway:
    return with_guard(WebrtcDetector())


def test_the_bot_never_interrupts_itself() -> None:
    assert self_interruptions(SEED, REPLIES, guarded).interrupted == 0


@pytest.mark.speech
def test_nor_does_it_with_a_quick_detector(silero: "SileroModel") -> None:
    from gateway.vad.silero import SileroDetector

    assert self_interruptions(SOFT_SEED, REPLIES, lambda: with_guard(SileroDetector(silero))).interrupted == 0


def test_without_the_guard_it_does() -> None:
    assert self_interruptions(SEED, REPLIES, unguarded).interrupted > REPLIES // 4


@pytest.mark.long
def test_callers_are_heard_over_the_echo() -> None:
    assert interruptions(SEED, REPLIES, -6, guarded, unguarded, echo=True).share >= 0.95


@pytest.mark.long
def test_callers_are_heard_where_there_is_no_echo() -> None:
    assert interruptions(SEED, REPLIES, -6, guarded, unguarded, echo=False).share >= 0.95
