"""What a turn leaves when it ends: whether it was cut, and what the call remembers of it."""

from dataclasses import replace

from common.messages import Action, Collect, StageFailed
from gateway.turn.events import Report
from tests.sim.desk import Desk, asked_desk, quiet_desk, speaking_desk
from tests.sim.rules import RULES, SILENCE_ALONE
from tests.sim.sound import phrase_book

FILLER, REPEAT = 2, 1

# -- Cut --------------------------------------------------------------------------------------


def test_a_greeting_that_was_played_to_its_end_is_not_cut_though_no_mark_came_back() -> None:
    desk = Desk(phrases=phrase_book())
    desk.wait(0.8)
    desk.marks_come_back = False
    desk.wait(0.8)
    desk.hang_up()
    assert (desk.closed[-1].heard, desk.closed[-1].cut) == ("hello how can I help", False)


def test_a_reply_that_was_played_to_its_end_is_not_cut_though_no_mark_came_back() -> None:
    desk = asked_desk()
    desk.marks_come_back = False
    desk.reply("one two.", seconds=0.5)
    desk.wait(1.5)
    desk.hang_up()
    assert (desk.closed[-1].how, desk.closed[-1].heard, desk.closed[-1].cut) == ("hung_up", "one two.", False)


def test_a_greeting_of_which_nothing_was_heard_is_not_cut() -> None:
    desk = Desk(phrases=phrase_book())
    desk.press("1")
    assert (desk.closed[-1].heard, desk.closed[-1].cut) == ("", False)


def test_an_answer_of_which_nothing_was_heard_is_cut() -> None:
    desk = asked_desk()
    desk.hang_up()
    assert (desk.closed[-1].caller, desk.closed[-1].heard, desk.closed[-1].cut) == ("שלום", "", True)


def test_what_is_given_up_for_want_of_an_answer_is_not_cut_by_the_caller() -> None:
    desk = asked_desk()
    desk.wait(10.0)
    assert [(closed.caller, closed.cut) for closed in desk.closed if closed.how == "fallback"] == [("שלום", False)]


# -- Who hangs up -----------------------------------------------------------------------------


def test_who_hangs_up_before_all_words_are_known_leaves_those_that_are() -> None:
    desk = quiet_desk(replace(SILENCE_ALONE, max_utt_s=3.0))
    desk.speak(3.2)
    desk.understand("אני רוצה", piece="segment")
    desk.wait(0.72)
    desk.hang_up()
    assert (len(desk.published), desk.closed[-1].caller) == (2, "אני רוצה")


def test_who_hangs_up_behind_a_short_sound_leaves_what_was_said_before_it() -> None:
    desk = quiet_desk(SILENCE_ALONE)
    desk.speak(0.2)
    desk.wait(0.72)
    desk.understand("כן", piece="probe")
    desk.speak(0.14)
    desk.wait(0.32)
    desk.understand("לא", piece="probe")
    desk.speak(0.1)
    desk.wait(0.72)
    desk.hang_up()
    assert (desk.ends, desk.closed[-1].caller) == (["replied", "superseded", "hung_up"], "כן")


# -- What can be said again -------------------------------------------------------------------


def test_a_filler_is_not_said_again() -> None:
    desk = asked_desk()
    desk.wait(2.5)
    desk.reply("hello.", seconds=0.5)
    desk.wait(2.0)
    heard = len(desk.frames)
    desk.say("מה?")
    desk.wait(2.0)
    assert FILLER not in {frame.sentence for frame in desk.frames[heard:]}


def test_a_sentence_that_is_not_all_here_is_not_said_again() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two.", 0.5)
    desk.sentence(1, "three four five six.", 0.6, last=False)
    desk.wait(0.9)
    desk.speak(0.3)
    desk.wait(0.8)
    desk.understand("מה?")
    desk.wait(1.5)
    assert (desk.closed[-1].how, desk.closed[-1].heard) == ("replied", "one two.")


# -- What is remembered of the caller's words -------------------------------------------------


def test_a_fixed_phrase_does_not_make_the_caller_forgotten() -> None:
    desk = asked_desk()
    desk.reply("hello.", seconds=0.2)
    desk.wait(0.5)
    desk.say("")
    desk.wait(1.2)
    desk.say("שלום")
    assert (REPEAT in desk.sentences_heard, desk.ends[-1]) == (True, "deduplicated")


def test_without_a_window_the_same_over_the_bot_is_an_interruption() -> None:
    desk = speaking_desk(replace(RULES, dedup_s=0.0))
    desk.speak(0.4)
    desk.wait(0.8)
    desk.understand("שלום")
    assert desk.ends[-1] == "interrupted"


def test_no_words_are_no_duplicate_of_an_utterance_that_nobody_answered() -> None:
    desk = asked_desk()
    while "fallback" not in desk.ends:
        desk.wait(0.1)
    desk.wait(0.2)
    desk.speak(0.2)
    desk.wait(0.4)
    desk.understand("")
    assert (desk.reports[-1], [name for name in desk.reports if name.startswith("DEDUP")]) == ("BARGE_IN_RESUMED", [])


# -- What is said of words that nobody knows --------------------------------------------------


def test_words_that_are_not_known_are_no_history() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(0.8)
    desk.hang_up()
    assert (desk.closed[-1].how, desk.closed[-1].caller) == ("hung_up", "")


def test_who_hangs_up_over_the_bot_had_said_what_it_answered() -> None:
    desk = asked_desk()
    desk.speak(0.3)
    desk.hang_up()
    assert (desk.closed[-1].how, desk.closed[-1].caller) == ("hung_up", "שלום")


def test_a_draft_that_nobody_has_understood_yet_is_no_history() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(0.4)
    desk.hang_up()
    assert desk.closed[-1].caller == ""


def test_late_words_that_interrupt_a_greeting_are_not_said_in_its_turn() -> None:
    desk = Desk(phrases=phrase_book())
    desk.speak(0.2)
    desk.wait(2.4)
    late = desk.published[-1]
    desk.speak(0.2)
    desk.understand("שלום לך", seq=late.seq, piece="probe")
    assert (desk.closed[-1].how, desk.closed[-1].caller) == ("interrupted", "")


# -- What is told -----------------------------------------------------------------------------


def test_the_end_of_a_turn_a_reply_and_a_failed_stage_are_told() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.4)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="x"))
    names = [report.name for report in desk.all(Report)]
    assert {"LLM_REPLY", "STAGE_FAILED", "TURN_ENDED"} <= set(names)


def test_what_was_owed_is_not_said_to_who_is_understood() -> None:
    desk = asked_desk(replace(RULES, barge_in_mode="duck"))
    desk.sentence(0, "one two three four.", 0.5)
    desk.wait(0.2)
    desk.speak(0.3)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="x"))
    desk.speak(0.1)
    owed = desk.machine.call.owed
    desk.speak(0.5)
    desk.wait(1.2)
    desk.understand("שלום לך")
    assert (owed is not None, desk.machine.call.turn.text, desk.machine.call.owed) == (True, "שלום לך", None)


def test_keys_that_were_asked_for_are_not_asked_for_any_longer_once_the_caller_spoke() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="collect", collect=Collect(digits=4)))
    desk.reply("one.", seconds=0.4)
    desk.wait(1.0)
    before = desk.machine.call.collect
    desk.say("שלום לך")
    desk.wait(1.0)
    assert (before, desk.machine.call.collect) == (Collect(digits=4), None)
