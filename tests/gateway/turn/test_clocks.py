"""The clocks that the caller feels."""

from dataclasses import replace
from itertools import pairwise

import pytest

from common.messages import Sentence, ToolEnded, ToolStarted
from gateway.turn import clocks
from gateway.turn.events import HangUp
from gateway.turn.machine import BotState
from gateway.turn.phrases import Phrase
from tests.sim.desk import Desk, asked_desk, quiet_desk, speaking_desk
from tests.sim.sound import phrase_book

REPEAT, FILLER, FALLBACK, STILL_THERE, GOODBYE = 1, 2, 3, 4, 5


# -- Filler -----------------------------------------------------------------------------------


def test_a_filler_is_said_after_two_seconds() -> None:
    desk = asked_desk()
    desk.wait(1.9)
    before = desk.sentences_heard
    desk.wait(0.2)
    assert (before, desk.sentences_heard) == ([], [FILLER])


def test_it_is_said_once_a_turn() -> None:
    desk = asked_desk()
    desk.report(Sentence(head=desk.head(), text="one."))
    desk.wait(4.9)
    assert desk.sentences_heard == [FILLER]


def test_progress_does_not_put_it_off() -> None:
    desk = asked_desk()
    desk.wait(1.5)
    desk.report(Sentence(head=desk.head(), text="one."))
    desk.wait(0.6)
    assert desk.sentences_heard == [FILLER]


def test_it_is_said_before_the_words_are_known() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(3.3)
    assert desk.sentences_heard == [FILLER]


def test_the_reply_does_not_cut_it() -> None:
    desk = asked_desk()
    desk.wait(2.1)
    desk.reply("one.", seconds=0.5)
    desk.wait(2.0)
    assert (desk.sentences_heard, len([frame for frame in desk.frames if frame.sentence == FILLER])) == ([FILLER, 0], 25)


def test_it_waits_two_seconds_after_the_last_sound() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", 1.0)
    desk.wait(2.9)
    before = desk.sentences_heard
    desk.wait(0.3)
    assert (before, desk.sentences_heard) == ([0], [0, FILLER])


def test_it_is_not_said_while_the_caller_speaks() -> None:
    desk = asked_desk()
    desk.wait(1.5)
    desk.speak(1.1)
    assert desk.sentences_heard == []


def test_it_is_no_part_of_the_history() -> None:
    desk = asked_desk()
    desk.wait(2.6)
    assert desk.machine.call.playout.heard_text(desk.now) == ""


# -- Fallback ---------------------------------------------------------------------------------


def test_a_fallback_is_said_five_seconds_after_the_last_progress() -> None:
    desk = asked_desk()
    desk.wait(3.0)
    desk.report(Sentence(head=desk.head(), text="one."))
    desk.wait(4.9)
    before = desk.turn
    desk.wait(0.2)
    assert (before, desk.ends[-1]) == (1, "fallback")


def test_sound_is_progress() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", 2.0)
    desk.wait(6.0)
    assert desk.turn == 1


def test_a_reply_that_never_ends_is_given_up_with_what_was_heard() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", 2.0)
    desk.wait(7.4)
    assert desk.ends[-1] == "fallback"


def test_a_hold_puts_it_off() -> None:
    desk = asked_desk()
    desk.wait(4.8)
    desk.speak(0.2)
    desk.wait(1.0)
    assert desk.turn == 1


# -- Are you there? ---------------------------------------------------------------------------


def greeted_desk() -> Desk:
    """A call whose greeting was heard."""
    desk = Desk(phrases=phrase_book())
    desk.wait(1.2)
    assert desk.ends == ["replied"]
    return desk


def test_the_caller_is_asked_eight_seconds_after_the_last_sound() -> None:
    desk = greeted_desk()
    desk.wait(7.9)
    before = desk.sentences_heard[-1]
    desk.wait(0.3)
    assert (before, desk.sentences_heard[-1]) == (0, STILL_THERE)


def test_without_a_greeting_it_counts_from_the_start() -> None:
    desk = Desk()
    desk.wait(8.2)
    assert desk.sentences_heard == [STILL_THERE]


def test_the_caller_is_asked_twice_and_then_left() -> None:
    desk = greeted_desk()
    desk.wait(28.0)
    phrases = [frame.sentence for frame in desk.frames if frame.offset == 0]
    assert (phrases, desk.commands[-1]) == ([0, STILL_THERE, STILL_THERE, GOODBYE], HangUp())


def test_the_call_ends_after_the_goodbye_was_heard() -> None:
    desk = greeted_desk()
    desk.wait(28.0)
    assert desk.ends[-2:] == ["replied", "hung_up"]


def test_words_begin_the_count_anew() -> None:
    desk = greeted_desk()
    desk.wait(18.0)
    desk.say("שלום")
    desk.reply("one.", seconds=0.5)
    desk.wait(9.5)
    assert desk.sentences_heard[-1] == STILL_THERE


def test_empty_voice_restarts_nothing_and_the_clock_stands_still_meanwhile() -> None:
    desk = greeted_desk()
    desk.wait(6.0)
    desk.speak(0.2)
    desk.wait(0.8)
    desk.understand("", piece="probe")
    desk.wait(1.3)
    before = desk.sentences_heard[-1]
    desk.wait(0.9)
    assert (before, desk.sentences_heard[-1]) == (0, STILL_THERE)


@pytest.mark.parametrize("pending", ["voice", "words", "short words", "reply"])
def test_never_while_anything_is_pending(pending: str) -> None:
    desk = greeted_desk()
    match pending:
        case "voice":
            desk.wait(5.0)
            desk.speak(4.0)
        case "words":
            desk.wait(5.0)
            desk.speak(1.0)
            desk.wait(3.0)
        case "short words":
            desk.wait(6.0)
            desk.speak(0.2)
            desk.wait(2.5)
        case _:
            desk.wait(5.0)
            desk.say("שלום")
            desk.wait(3.0)
    assert STILL_THERE not in desk.sentences_heard


def test_after_a_duplicate_the_clock_runs_on() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.5)
    desk.wait(4.6)
    desk.say("שלום")
    desk.wait(2.5)
    assert (desk.ends[-2:], desk.sentences_heard[-1]) == (["replied", "deduplicated"], STILL_THERE)


# -- They stand still -------------------------------------------------------------------------


def test_while_the_bot_speaks_no_clock_runs() -> None:
    desk = speaking_desk(None, "one two three.", seconds=12.0)
    desk.wait(11.0)
    assert (desk.sentences_heard, desk.state) == ([0], BotState.SPEAKING)


def test_a_lost_line_ends_the_call() -> None:
    desk = Desk()
    desk.wait(1.0)
    desk.without_frames(20.1)
    assert (desk.ends[-1], desk.commands[-1]) == ("hung_up", HangUp())


def test_repeat_is_asked_in_a_turn_of_its_own() -> None:
    desk = asked_desk(text="")
    desk.wait(1.0)
    assert (desk.ends[-2:], desk.sentences_heard) == (["nothing_heard", "replied"], [REPEAT])


def test_the_fallback_is_heard_and_the_clock_begins_anew() -> None:
    desk = asked_desk()
    desk.wait(14.3)
    assert desk.sentences_heard == [FILLER, FALLBACK, STILL_THERE]


# -- Frames that stop ---------------------------------------------------------------------------


def test_where_frames_stop_the_clock_waits_as_long_as_frames_would() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.without_frames(0.9)
    assert desk.published == []


def test_words_that_shorten_a_wait_that_is_over_leave_the_frames_their_grace() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(0.6)
    desk.without_frames(0.1)
    desk.understand("תודה", piece="probe")
    desk.without_frames(0.14)
    assert desk.machine.call.open is not None


def test_a_line_that_is_lost_is_hung_up_once() -> None:
    desk = speaking_desk(seconds=30.0)
    desk.without_frames(21.0)
    assert desk.ends.count("hung_up") == 1


def test_nobody_asks_a_caller_who_speaks_whether_they_are_there() -> None:
    desk = quiet_desk()
    desk.wait(7.0)
    desk.speak(2.0)
    desk.wait(1.5)
    assert (desk.frames, desk.machine.call.memory.prompts) == ([], 0)


# -- Fillers of a tool --------------------------------------------------------------------------

STILL_WORKING, OF_BOOK = 6, 7


def tool_desk(name: str = "look_up", timeout_s: float = 14.0) -> Desk:
    """A call in which a tool began at once."""
    desk = asked_desk()
    desk.report(ToolStarted(head=desk.head(), name=name, timeout_s=timeout_s))
    return desk


def test_while_a_tool_runs_the_filler_is_followed_by_others() -> None:
    desk = tool_desk()
    desk.wait(12.5)
    assert desk.sentences_heard == [FILLER, STILL_WORKING]


def test_no_silence_is_as_long_as_that_before_a_fallback_while_a_tool_runs() -> None:
    desk = tool_desk()
    desk.wait(13.5)
    times = [at for at, _ in desk.line.heard]
    pauses = [later - earlier for earlier, later in pairwise([*times, desk.now]) if later - earlier > 1]
    assert (len(pauses), max(pauses) < clocks.FALLBACK_S) == (3, True)


def test_a_tool_has_a_filler_of_its_own() -> None:
    desk = tool_desk("book")
    desk.wait(7.5)
    assert desk.sentences_heard == [OF_BOOK, STILL_WORKING]


def test_a_tool_that_begins_after_the_filler_has_its_own_yet() -> None:
    desk = asked_desk()
    desk.wait(2.2)
    desk.report(ToolStarted(head=desk.head(), name="book", timeout_s=14.0))
    desk.wait(9.5)
    assert desk.sentences_heard == [FILLER, OF_BOOK, STILL_WORKING]


def test_what_the_bot_makes_of_a_tools_result_is_waited_for_with_fillers_and_then_a_fallback() -> None:
    desk = tool_desk()
    desk.wait(5.5)
    desk.report(ToolEnded(head=desk.head(), name="look_up", ok=True))
    desk.wait(7.5)
    assert desk.sentences_heard == [FILLER, STILL_WORKING, FALLBACK]


def test_once_the_bot_speaks_of_it_no_filler_follows() -> None:
    desk = tool_desk()
    desk.wait(2.7)
    desk.report(ToolEnded(head=desk.head(), name="look_up", ok=True))
    desk.sentence(0, "it is so.", None)
    desk.wait(4.5)
    assert desk.sentences_heard == [FILLER]


def test_a_filler_is_heard_to_its_end_before_the_reply() -> None:
    desk = tool_desk()
    desk.wait(6.7)
    desk.reply("it is so.")
    desk.wait(2.0)
    assert desk.sentences_heard == [FILLER, STILL_WORKING, 0]


def test_without_words_for_it_there_is_one_filler() -> None:
    desk = Desk(phrases=replace(phrase_book(greeting=False), still_working=Phrase("", b"")))
    desk.say("hello")
    desk.report(ToolStarted(head=desk.head(), name="look_up", timeout_s=14.0))
    desk.wait(12.0)
    assert desk.sentences_heard == [FILLER]


def test_who_was_not_understood_for_long_is_asked_at_once_if_they_are_there() -> None:
    desk = greeted_desk()
    desk.wait(6.0)
    desk.speak(0.2)
    desk.wait(4.0)
    desk.understand("", piece="probe")
    desk.wait(0.3)
    assert desk.sentences_heard[-1] == STILL_THERE
