"""Asked "what?": the last reply, from memory."""

from dataclasses import replace

import pytest

from common.messages import Action, Collect
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from tests.sim.desk import Desk, asked_desk, quiet_desk, speaking_desk
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book


def answered_desk(rules: Rules | None = None) -> Desk:
    """A call in which the bot has replied in two sentences."""
    desk = asked_desk(rules)
    desk.reply("hello.", "how are you?", seconds=0.5)
    desk.wait(1.5)
    return desk


def test_what_is_answered_with_the_last_reply() -> None:
    desk = answered_desk()
    heard = len(desk.frames)
    desk.say("מה?")
    desk.wait(1.5)
    assert desk.frames[heard:] == desk.frames[:heard]


def test_no_model_is_waited_for() -> None:
    desk = answered_desk()
    desk.say("מה?")
    assert (desk.state, desk.reports[-1]) == (BotState.SPEAKING, "SAID_AGAIN")


def test_what_a_model_makes_of_the_question_is_stale() -> None:
    desk = answered_desk()
    turn = desk.turn
    desk.say("מה?")
    assert (desk.ends[-1], desk.turn) == ("superseded", turn + 1)


def test_both_are_in_the_history() -> None:
    desk = answered_desk()
    desk.say("מה?")
    desk.wait(1.5)
    assert (desk.closed[-1].how, desk.closed[-1].caller, desk.closed[-1].heard) == ("replied", "מה?", "hello. how are you?")


def test_it_can_be_asked_for_again_and_again() -> None:
    desk = answered_desk()
    for _ in range(3):
        desk.say("מה?")
        desk.wait(1.5)
    assert [closed.heard for closed in desk.closed].count("hello. how are you?") == 4


def test_a_greeting_is_said_again_as_well() -> None:
    desk = Desk(None, phrase_book())
    desk.wait(1.5)
    desk.say("מה?")
    desk.wait(1.5)
    assert desk.closed[-1].heard == "hello how can I help"


def test_before_anything_was_said_a_model_is_asked() -> None:
    desk = quiet_desk()
    desk.say("מה?")
    assert (desk.turn, desk.machine.call.turn.committed, desk.frames) == (1, True, [])


def test_over_the_bot_it_begins_the_reply_from_its_start() -> None:
    desk = speaking_desk(None, "one two three four five six seven eight.", seconds=4.0)
    desk.wait(1.0)
    desk.speak(0.3)
    desk.wait(0.8)
    desk.understand("מה?")
    desk.wait(0.2)
    assert desk.frames[-1].offset < 0.4 * 8000


def test_known_words_of_a_probe_need_no_raise() -> None:
    desk = speaking_desk(None, "one two three four five six seven eight.", seconds=4.0)
    desk.wait(1.0)
    desk.speak(0.3)
    desk.wait(0.8)
    desk.understand("מה?")
    assert desk.ends[-1] == "interrupted"


@pytest.mark.parametrize("rules", [RULES, replace(RULES, speculate="asr")], ids=["full", "asr"])
def test_a_draft_of_it_is_not_answered_by_a_model(rules: Rules) -> None:
    desk = answered_desk(rules)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.understand("מה?")
    desk.wait(0.7)
    assert (desk.state, "מה?" in desk.asked) == (BotState.SPEAKING, False)


def test_a_hold_goes_on_over_it() -> None:
    desk = answered_desk()
    desk.speak(1.0)
    desk.wait(1.06)
    asked = desk.published[-1].seq
    desk.speak(0.3)
    desk.understand("מה?", seq=asked)
    assert (desk.machine.holding.hold is not None, desk.machine.call.turn.committed, desk.frames_since(desk.now)) == (True, True, [])


def test_keys_that_were_asked_for_are_asked_for_again() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="collect", collect=Collect(digits=2)))
    desk.reply("your number?", seconds=0.5)
    desk.wait(1.0)
    desk.say("מה?")
    desk.wait(1.0)
    desk.press("4", "2")
    assert desk.asked == ["42"]
