"""A voice over the reply that is too soft to be the caller's: its words are somebody else's, but for a call to stop (R4)."""

from dataclasses import replace

import pytest

from gateway.turn.events import FrameHeard
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from tests.sim.desk import LOUD, Desk
from tests.sim.rules import RULES

DUCK = replace(RULES, barge_in_mode="duck")
SOFT = 200
LONG = "one two three four five six seven eight."


def known_desk(rules: Rules = RULES, known_s: float = 1.5) -> Desk:
    """A call in which the caller spoke for so long, and the bot thinks."""
    desk = Desk(rules)
    desk.wait(0.5)
    desk.say("שלום", known_s)
    return desk


def answering_desk(rules: Rules = RULES, known_s: float = 1.5) -> Desk:
    """The bot has been speaking its reply for 0.6 s."""
    desk = known_desk(rules, known_s)
    desk.reply(LONG, seconds=4.0)
    desk.wait(0.6)
    return desk


def aside(desk: Desk, text: str = "מי שם", *, level: int = SOFT) -> None:
    """Somebody speaks for half a second, and the recogniser understands it."""
    desk.speak(0.5, level=level)
    desk.wait(0.32)
    desk.understand(text, piece="probe")


# -- Words ------------------------------------------------------------------------------------


def test_its_words_bring_the_bot_back() -> None:
    desk = answering_desk()
    aside(desk)
    assert (desk.turn, desk.state, desk.reports[-1]) == (1, BotState.SPEAKING, "BARGE_IN_RESUMED")


def test_a_call_to_stop_is_one_however_soft() -> None:
    desk = answering_desk()
    aside(desk, "רגע")
    assert desk.ends[-1] == "interrupted"


@pytest.mark.parametrize(("level", "turn"), [(LOUD, 2), (318, 2), (315, 1)])
def test_within_ten_decibels_they_are_the_callers(level: int, turn: int) -> None:
    desk = answering_desk()
    aside(desk, level=level)
    assert desk.turn == turn


def test_any_voice_is_the_callers_until_a_second_of_it_is_known() -> None:
    desk = answering_desk(known_s=0.9)
    aside(desk)
    assert desk.ends[-1] == "interrupted"


def test_a_caller_who_begins_softly_is_heard() -> None:
    desk = answering_desk()
    desk.speak(0.4, level=SOFT)
    aside(desk, level=LOUD)
    assert desk.ends[-1] == "interrupted"


def test_words_that_come_late_are_nobodys_either() -> None:
    desk = answering_desk()
    desk.speak(0.3, level=SOFT)
    desk.wait(2.4)
    desk.understand("מי שם", piece="probe")
    assert (desk.turn, desk.state) == (1, BotState.SPEAKING)


def test_a_call_to_stop_that_comes_late_stops_the_bot() -> None:
    desk = answering_desk()
    desk.speak(0.3, level=SOFT)
    desk.wait(2.4)
    desk.understand("רגע", piece="probe")
    assert desk.ends[-1] == "interrupted"


# -- It goes on --------------------------------------------------------------------------------


def muttering_desk(rules: Rules = RULES, level: int = SOFT) -> Desk:
    """Somebody talks over the bot in bits and pieces, and nobody knows yet what they say."""
    desk = answering_desk(rules)
    for _ in range(3):
        desk.speak(0.24, level=level)
        desk.wait(0.4)
    return desk


@pytest.mark.parametrize(("level", "resumed"), [(SOFT, 1), (LOUD, 0)])
def test_it_keeps_the_bot_silent_for_no_longer_than_a_word_however_it_goes_on(level: int, resumed: int) -> None:
    assert muttering_desk(level=level).reports.count("BARGE_IN_RESUMED") == resumed


def test_the_bot_is_back_after_one_second_and_a_half() -> None:
    desk = muttering_desk()
    desk.wait(0.2)
    back_at = next(at for at, item in desk.sent if isinstance(item, bytes) and at > desk.clears[0])
    assert back_at - desk.clears[0] == pytest.approx(1.5, abs=0.021)


def test_what_was_said_up_to_then_is_listened_to() -> None:
    desk = answering_desk()
    desk.speak(0.24, level=SOFT)
    for _ in range(4):
        desk.wait(0.24)
        desk.speak(0.12, level=SOFT)
    last = desk.published[-1]
    desk.understand("רגע", piece="probe")
    assert (last.piece, desk.reports.count("BARGE_IN_RESUMED"), desk.ends[-1]) == ("probe", 1, "interrupted")


def test_what_was_probed_is_not_probed_again() -> None:
    desk = answering_desk()
    desk.speak(0.5, level=SOFT)
    desk.wait(1.2)
    assert (desk.state, len(desk.published)) == (BotState.SPEAKING, 2)


def test_a_voice_that_turns_out_to_be_soft_brings_the_bot_back_at_once() -> None:
    desk = answering_desk(replace(RULES, barge_in_final_ms=5000))
    desk.speak(0.4)
    before = desk.reports.count("BARGE_IN_RESUMED")
    desk.speak(3.4, level=10)
    assert (before, desk.reports.count("BARGE_IN_RESUMED")) == (0, 1)


# -- Over nothing -----------------------------------------------------------------------------


def test_while_the_bot_listens_a_soft_voice_is_answered() -> None:
    desk = answering_desk()
    desk.wait(4.5)
    desk.speak(0.5, level=SOFT)
    desk.wait(1.06)
    desk.understand("מי שם")
    assert desk.machine.call.turn.text == "מי שם"


def test_while_the_bot_thinks_its_words_are_the_callers() -> None:
    desk = known_desk()
    aside(desk)
    assert desk.ends[-1] == "superseded"


def test_while_more_of_the_reply_is_waited_for_its_words_are_the_callers() -> None:
    desk = known_desk()
    desk.sentence(0, "one two three.", 0.6)
    desk.wait(1.0)
    aside(desk)
    assert desk.ends[-1] == "interrupted"


def test_as_the_reply_begins_its_words_are_the_callers() -> None:
    desk = known_desk()
    desk.speak(0.08, level=SOFT)
    desk.reply(LONG, seconds=4.0)
    desk.do(FrameHeard(speech=True, level=SOFT))
    aside(desk)
    assert desk.ends[-1] == "superseded"


def test_one_that_outlasts_the_reply_is_an_answer() -> None:
    desk = known_desk(DUCK)
    desk.reply("one two.", seconds=1.2)
    desk.wait(0.6)
    desk.speak(1.0, level=SOFT)
    desk.wait(1.06)
    desk.understand("מי שם")
    assert (desk.ends[-1], desk.machine.call.turn.text) == ("replied", "מי שם")


# -- Mode duck --------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "clears"), [(LOUD, 1), (SOFT, 0)])
def test_half_a_second_of_it_silences_nobody(level: int, clears: int) -> None:
    desk = answering_desk(DUCK)
    desk.speak(0.56, level=level)
    assert len(desk.clears) == clears


def test_it_silences_the_bot_once_it_is_as_loud_as_the_caller() -> None:
    desk = answering_desk(DUCK)
    desk.speak(0.6, level=SOFT)
    desk.speak(0.3)
    assert len(desk.clears) == 1
