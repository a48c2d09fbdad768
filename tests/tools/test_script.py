"""When the caller speaks."""

import pytest

from tools.caller.script import HangUp, Interrupt, Patience, Press, Say, Script
from tools.caller.sound import Recording

SECOND = 8000
WORDS = Recording("words", b"x" * SECOND, 0, SECOND)
PATIENCE = Patience(gap_s=1.0, greeting_s=4.0, reply_s=10.0)


@pytest.fixture
def script() -> Script:
    return Script([Say(WORDS)], PATIENCE)


def test_the_caller_waits_for_the_greeting(script: Script) -> None:
    assert script.next(3 * SECOND) is None


def test_the_caller_does_not_wait_for_ever_for_a_greeting(script: Script) -> None:
    assert script.next(4 * SECOND) == Say(WORDS)


def test_the_caller_speaks_when_the_greeting_was_over_for_the_gap(script: Script) -> None:
    script.bot_sounds(0, 2 * SECOND)
    assert script.next(3 * SECOND) == Say(WORDS)


def test_a_pause_shorter_than_the_gap_is_no_end(script: Script) -> None:
    script.bot_sounds(0, 2 * SECOND)
    assert script.next(3 * SECOND - 1) is None


def test_keys_wait_like_words() -> None:
    script = Script([Press("1#")], PATIENCE)
    script.bot_sounds(0, 2 * SECOND)
    assert (script.next(2 * SECOND), script.next(3 * SECOND)) == (None, Press("1#"))


def test_after_words_the_caller_waits_for_a_reply(script: Script) -> None:
    script.next(4 * SECOND)
    script.acted(5 * SECOND)
    assert script.next(14 * SECOND) is None


def test_a_reply_that_never_comes_is_not_waited_for(script: Script) -> None:
    script.next(4 * SECOND)
    script.acted(5 * SECOND)
    assert script.next(15 * SECOND) == HangUp()


def test_what_was_heard_before_the_words_ended_is_no_reply(script: Script) -> None:
    script.next(4 * SECOND)
    script.acted(6 * SECOND)
    script.bot_sounds(5 * SECOND, 6 * SECOND)
    assert script.next(8 * SECOND) is None


def test_after_the_last_reply_the_caller_hangs_up(script: Script) -> None:
    script.next(4 * SECOND)
    script.acted(5 * SECOND)
    script.bot_sounds(6 * SECOND, 8 * SECOND)
    assert (script.next(9 * SECOND - 1), script.next(9 * SECOND)) == (None, HangUp())


def test_an_interruption_starts_so_long_after_the_reply_began() -> None:
    script = Script([Interrupt(WORDS, 0.5)], PATIENCE)
    script.bot_sounds(SECOND, SECOND + 160)
    assert (script.next(SECOND + SECOND // 2 - 1), script.next(SECOND + SECOND // 2)) == (None, Interrupt(WORDS, 0.5))


def test_an_interruption_after_words_waits_for_their_reply() -> None:
    script = Script([Say(WORDS), Interrupt(WORDS, 0.5)], PATIENCE)
    script.bot_sounds(0, SECOND)
    script.next(2 * SECOND)
    script.acted(3 * SECOND)
    assert script.next(9 * SECOND) is None


def test_without_a_reply_an_interruption_becomes_an_utterance() -> None:
    script = Script([Interrupt(WORDS, 0.5)], PATIENCE)
    assert script.next(4 * SECOND) == Interrupt(WORDS, 0.5)


def test_a_reply_that_began_while_the_caller_spoke_counts_from_his_end() -> None:
    script = Script([Say(WORDS), Interrupt(WORDS, 0.5)], PATIENCE)
    script.next(4 * SECOND)
    script.acted(6 * SECOND)
    script.bot_sounds(5 * SECOND, 7 * SECOND)
    assert (script.next(6 * SECOND + 3999), script.next(6 * SECOND + 4000)) == (None, Interrupt(WORDS, 0.5))
