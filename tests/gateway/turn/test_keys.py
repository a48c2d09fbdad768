"""Keys: text of an utterance, whole when what was asked for is there."""

from dataclasses import replace

import pytest

from common.messages import Action, Collect
from gateway.turn.state import Rules
from tests.sim.desk import Desk, asked_desk, quiet_desk, speaking_desk
from tests.sim.rules import RULES, SILENCE_ALONE


def test_keys_are_one_number_after_a_pause() -> None:
    desk = quiet_desk()
    desk.press("1", "2", "3")
    desk.wait(1.6)
    assert desk.asked == ["123"]


def test_keys_are_not_a_number_before_the_pause() -> None:
    desk = quiet_desk()
    desk.press("1", "2", "3")
    desk.wait(1.4)
    assert desk.asked == []


def test_a_hash_ends_the_number() -> None:
    desk = quiet_desk()
    desk.press("1", "2", "#")
    assert desk.asked == ["12"]


def test_a_hash_alone_says_nothing() -> None:
    desk = quiet_desk()
    desk.press("#")
    desk.wait(1.0)
    assert (desk.ends[-1], desk.line.heard) == ("nothing_heard", [])


def test_voice_before_a_key_stands_before_it() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.press("7")
    desk.wait(1.6)
    desk.understand("מספר")
    assert desk.asked == ["מספר 7"]


def test_the_tone_of_a_key_is_no_voice() -> None:
    desk = quiet_desk()
    desk.speak(0.12)
    desk.press("7")
    desk.wait(1.6)
    assert desk.published == []


@pytest.mark.parametrize("before_s", [0.0, 0.06])
def test_the_tone_of_a_key_that_is_told_at_its_begin_is_no_voice(before_s: float) -> None:
    desk = quiet_desk()
    desk.speak(before_s)
    desk.press("7")
    desk.speak(0.2)
    desk.wait(1.6)
    assert (desk.published, desk.asked) == ([], ["7"])


def test_a_short_word_that_had_paused_is_no_tone() -> None:
    desk = quiet_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.press("7")
    assert [piece.piece for piece in desk.published] == ["probe", "segment"]


def test_a_short_word_before_the_tone_of_a_key_is_kept() -> None:
    desk = quiet_desk()
    desk.speak(0.12)
    desk.wait(0.6)
    desk.speak(0.04)
    desk.press("7")
    assert [piece.piece for piece in desk.published] == ["probe", "segment"]


def test_voice_after_keys_goes_on_with_them() -> None:
    desk = quiet_desk()
    desk.press("7")
    desk.wait(0.5)
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("זה המספר")
    assert desk.asked == ["7 זה המספר"]


def test_keys_after_voice_after_keys_stay_in_order() -> None:
    desk = quiet_desk()
    desk.press("7")
    desk.wait(0.5)
    desk.speak(1.0)
    desk.press("8")
    desk.wait(1.6)
    desk.understand("או")
    assert desk.asked == ["7 או 8"]


# -- Keys that were asked for -----------------------------------------------------------------


def collecting_desk(collect: Collect | None, rules: Rules | None = None) -> Desk:
    """A call in which the bot has asked for keys."""
    desk = asked_desk(rules)
    desk.report(Action(head=desk.head(), after=0, name="collect", collect=collect))
    desk.reply("your number?", seconds=0.5)
    desk.wait(1.0)
    return desk


def test_so_many_keys_are_whole_at_once() -> None:
    desk = collecting_desk(Collect(digits=3, timeout_s=9.0))
    desk.press("1", "2", "3")
    assert desk.asked == ["123"]


def test_fewer_keys_wait_for_the_rest() -> None:
    desk = collecting_desk(Collect(digits=3, timeout_s=5.0))
    desk.press("1", "2")
    desk.wait(4.9)
    assert desk.asked == []


def test_the_time_out_ends_them() -> None:
    desk = collecting_desk(Collect(digits=3, timeout_s=5.0))
    desk.press("1", "2")
    desk.wait(5.1)
    assert desk.asked == ["12"]


def test_the_terminator_ends_them_and_is_none_of_them() -> None:
    desk = collecting_desk(Collect(terminator="*"))
    desk.press("1", "#", "*")
    assert desk.asked == ["1#"]


def test_without_a_terminator_every_key_counts() -> None:
    desk = collecting_desk(Collect(digits=4, terminator=""))
    desk.press("1", "#", "*", "0")
    assert desk.asked == ["1#*0"]


def test_nothing_said_about_them_leaves_time_for_the_next_key() -> None:
    desk = collecting_desk(None)
    desk.press("1")
    desk.wait(3.9)
    desk.press("2", "#")
    assert desk.asked == ["12"]


def test_keys_that_were_pressed_over_the_question_count() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="collect", collect=Collect(digits=2)))
    desk.reply("one two three four five six seven?", seconds=3.0)
    desk.wait(1.0)
    desk.press("4", "2")
    assert (desk.ends[-1], desk.asked) == ("interrupted", ["42"])


def test_a_spoken_answer_counts_as_well() -> None:
    desk = collecting_desk(Collect(digits=2))
    desk.say("ארבעים ושתיים")
    assert desk.machine.call.turn.committed


def test_they_are_asked_for_once() -> None:
    desk = collecting_desk(Collect(digits=2))
    desk.press("4", "2")
    desk.reply("thank you.", seconds=0.5)
    desk.wait(1.0)
    desk.press("4", "2")
    assert desk.asked == ["42"]


def test_being_asked_whether_they_are_there_changes_nothing() -> None:
    desk = collecting_desk(Collect(digits=2, timeout_s=9.0))
    desk.wait(9.5)
    desk.press("4", "2")
    assert desk.asked == ["42"]


def test_there_are_not_more_keys_than_anybody_presses() -> None:
    desk = quiet_desk()
    desk.press(*"1" * 64)
    assert desk.asked == ["1" * 64]


def test_a_lone_star_over_a_bot_that_would_only_speak_more_quietly_is_an_answer() -> None:
    desk = speaking_desk(replace(RULES, barge_in_mode="duck"))
    desk.press("*")
    desk.wait(1.6)
    assert desk.asked[-1] == "*"


def test_a_key_is_heard_over_what_may_not_be_interrupted() -> None:
    desk = speaking_desk()
    desk.machine.call.playout.clips[0].interruptible = False
    desk.press("1", "#")
    assert desk.asked == ["1"]


def test_keys_do_not_hang_though_digits_of_a_code_are_missing() -> None:
    desk = asked_desk()
    desk.reply("מה קוד?", seconds=0.5)
    desk.wait(1.0)
    desk.press("1", "2", "#")
    assert desk.asked == ["12"]


def test_a_tone_after_a_key_is_no_voice_whatever_was_said_before() -> None:
    desk = asked_desk()
    desk.reply("hello.", seconds=0.2)
    desk.wait(1.0)
    heard = len(desk.published)
    desk.press("1")
    desk.wait(0.3)
    desk.speak(0.14)
    desk.press("2")
    assert len(desk.published) == heard


def test_keys_that_come_slowly_are_one_number_beyond_the_longest_turn() -> None:
    desk = quiet_desk(replace(RULES, max_turn_s=2.0))
    for digit in "1234":
        desk.press(digit)
        desk.wait(1.0)
    desk.wait(0.6)
    assert desk.asked == ["1234"]


def test_a_key_into_silence_interrupts_nothing() -> None:
    desk = quiet_desk()
    desk.press("1")
    assert (desk.ends, desk.reports) == (["replied"], [])


@pytest.mark.parametrize("rules", [RULES, SILENCE_ALONE])
def test_a_cough_between_keys_does_not_end_them(rules: Rules) -> None:
    desk = collecting_desk(Collect(digits=4, timeout_s=4.0), rules)
    desk.press("1", "2")
    desk.wait(0.5)
    desk.speak(0.14)
    desk.wait(1.06)
    desk.understand("")
    desk.press("3", "4")
    assert desk.asked == ["1234"]


def test_a_cough_does_not_end_the_keys_behind_those_that_had_a_cough_between_them() -> None:
    desk = collecting_desk(Collect(digits=4, timeout_s=1.5))
    desk.press("1")
    cough_without_words(desk)
    desk.press("2")
    desk.wait(1.6)
    asked = list(desk.asked)
    desk.press("3")
    cough_without_words(desk)
    assert (asked, desk.asked) == (["12"], ["12"])


def cough_without_words(desk: Desk) -> None:
    """Too short to be asked about."""
    desk.wait(0.5)
    desk.speak(0.14)
    desk.wait(1.06)
    desk.understand("")


@pytest.mark.parametrize("rules", [RULES, SILENCE_ALONE])
def test_a_word_between_keys_stands_between_them(rules: Rules) -> None:
    desk = collecting_desk(Collect(digits=4, timeout_s=4.0), rules)
    desk.press("1", "2")
    desk.wait(0.5)
    desk.speak(0.2)
    desk.wait(1.06)
    desk.understand("או")
    desk.press("3", "4")
    assert desk.asked == ["12 או 34"]


def test_a_look_at_a_sound_between_keys_is_its_only_piece() -> None:
    desk = collecting_desk(Collect(digits=4, timeout_s=4.0), replace(RULES, speculate="asr"))
    desk.press("1", "2")
    before = len(desk.published)
    desk.wait(0.5)
    desk.speak(0.2)
    desk.wait(0.8)
    assert len(desk.published) == before + 1


def test_a_terminator_alone_answers_the_question() -> None:
    desk = collecting_desk(Collect(digits=4))
    desk.press("#")
    assert desk.asked == ["#"]


def test_a_star_is_an_answer() -> None:
    desk = quiet_desk()
    desk.press("*")
    desk.wait(1.6)
    assert desk.asked == ["*"]


def test_voice_behind_a_voice_and_a_key_goes_on_with_them() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.press("7")
    desk.wait(0.5)
    desk.speak(0.5)
    held = desk.machine.holding.hold
    desk.wait(1.0)
    assert (held, [piece.piece for piece in desk.published]) == (None, ["segment", "segment"])


def cough_between_keys(desk: Desk) -> None:
    """Asked about, and without words."""
    desk.wait(0.3)
    desk.speak(0.2)
    desk.wait(1.06)
    desk.understand("")


def test_a_second_cough_between_keys_does_not_end_them() -> None:
    desk = collecting_desk(Collect(digits=4, timeout_s=4.0))
    desk.press("1", "2")
    cough_between_keys(desk)
    cough_between_keys(desk)
    desk.press("3", "4")
    assert desk.asked == ["1234"]


def test_words_between_keys_end_them_though_there_was_a_cough_before() -> None:
    desk = collecting_desk(Collect(digits=4, timeout_s=4.0))
    desk.press("1", "2")
    cough_between_keys(desk)
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("that is all")
    assert desk.asked == ["12 that is all"]


def test_a_sound_without_words_in_front_of_keys_leaves_them_keys() -> None:
    desk = quiet_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.press("1")
    for piece in desk.published:
        desk.understand("", seq=piece.seq, piece="segment")
    desk.wait(1.6)
    desk.press("2")
    desk.wait(0.4)
    desk.speak(0.2)
    desk.wait(1.06)
    assert (desk.ends[-1], desk.machine.call.keys_until is not None) == ("superseded", True)
