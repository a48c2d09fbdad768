"""The bench of the bot's own echo, shorter, with a fixed seed."""

from gateway.vad.webrtc import WebrtcDetector
from tests.bench.self_echo import Gateway, interruptions, self_interruptions, with_guard, without_guard

SEED, REPLIES = 1, 60


def unguarded() -> Gateway:
    return without_guard(WebrtcDetector())


def guarded() -> Gateway:
    return with_guard(WebrtcDetector())


def test_the_bot_never_interrupts_itself() -> None:
    assert self_interruptions(SEED, REPLIES, guarded).interrupted == 0


def test_without_the_guard_it_does() -> None:
    assert self_interruptions(SEED, REPLIES, unguarded).interrupted > REPLIES // 4


def test_callers_are_heard_over_the_echo() -> None:
    assert interruptions(SEED, REPLIES, -6, guarded, unguarded, echo=True).share >= 0.95


def test_callers_are_heard_where_there_is_no_echo() -> None:
    assert interruptions(SEED, REPLIES, -6, guarded, unguarded, echo=False).share >= 0.95
