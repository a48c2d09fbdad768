"""From the workers' messages to a reply that was heard."""

from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pytest

from common.messages import Action, Head, Message, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolEnded, ToolStarted, Utterance
from gateway.turn.events import CloseTurn, HangUp, PublishSentence, Report
from gateway.turn.machine import BotState
from tests.sim.desk import Desk, asked_desk, speaking_desk
from tests.sim.rules import RULES
from tests.sim.sound import BEEP_LABEL

PHRASE_FILLER = 2
PHRASE_FALLBACK = 3
BEEP = 100


def failed(desk: Desk, stage: str, *, seq: int = 0, take: int = 0) -> None:
    """A stage gives up."""
    head = desk.head(seq=seq, take=take)
    match stage:
        case "llm":
            desk.report(StageFailed(head=head, stage="llm", error="Timeout"))
        case _:
            desk.report(StageFailed(head=head, stage="tts", error="Timeout"))


# -- What belongs to the turn -----------------------------------------------------------------


def head(turn: int) -> Head:
    """The head of a message of ``turn``."""
    return Head(call="c", turn=turn)


@pytest.mark.parametrize("turn", [0, 2, 99])
@pytest.mark.parametrize(
    "message",
    [
        Sentence(head=head(0), text="old"),
        SpeechChunk(head=head(0), offset_bytes=0, last=True),
        ReplyEnded(head=head(0), sentences=1),
        StageFailed(head=head(0), stage="llm", error="Timeout"),
        Action(head=head(0), after=0, name="hang_up"),
        ToolStarted(head=head(0), name="x", timeout_s=5),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_is_not_of_the_current_turn_is_dropped_and_counted(message: Message, turn: int) -> None:
    desk = asked_desk()
    changed = type(message)(**{**{name: getattr(message, name) for name in message.__struct_fields__}, "head": head(turn)})
    assert (desk.report(changed), desk.machine.speaking.stale.total()) == ([], 1)


def test_nothing_is_expected_before_the_caller_said_anything() -> None:
    desk = Desk()
    desk.report(Sentence(head=desk.head(), text="unasked"))
    assert desk.machine.speaking.stale.total() == 1


def test_a_message_that_no_gateway_gets_is_dropped() -> None:
    desk = asked_desk()
    desk.report(Utterance(head=desk.head(), utterance=1))
    assert desk.machine.speaking.stale.total() == 1


def test_an_action_that_is_not_built_is_refused_and_told() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="transfer"))
    assert (desk.all(Report)[-1], desk.machine.speaking.stale.total()) == (Report(1, "ACTION_REFUSED", (("action", "transfer"),)), 0)


def test_sound_that_comes_twice_is_played_once() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two.", 0.5)
    desk.chunk(0, 0.5)
    desk.end_reply(1)
    desk.wait(2.0)
    assert len(desk.frames) == 25


def test_sound_comes_in_chunks() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two.", 0.3, last=False)
    desk.chunk(0, 0.2, offset=2400)
    desk.end_reply(1)
    desk.wait(1.0)
    assert (len(desk.frames), desk.ends[-1]) == (25, "replied")


def test_a_reply_that_comes_before_its_words_waits_for_them() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(0.8)
    desk.reply("one.")
    desk.wait(0.5)
    before = len(desk.frames)
    desk.understand("שלום", seq=desk.published[0].seq)
    desk.wait(0.1)
    assert (before, len(desk.frames) > 0) == (0, True)


# -- Heard ------------------------------------------------------------------------------------


def test_the_turn_is_replied_when_its_last_mark_comes_back() -> None:
    desk = asked_desk()
    desk.reply("one two.", seconds=0.5)
    desk.wait(0.62)
    assert desk.ends[-1] == "replied"


def test_not_when_the_last_frame_was_sent() -> None:
    desk = asked_desk()
    desk.reply("one two.", seconds=0.5)
    desk.wait(0.5)
    assert (len(desk.frames), desk.state) == (25, BotState.SPEAKING)


def test_without_marks_it_is_replied_two_seconds_later() -> None:
    desk = Desk(marks_come_back=False)
    desk.say("שלום")
    desk.reply("one two.", seconds=0.5)
    desk.wait(2.6)
    assert desk.ends[-1] == "replied"


def test_it_is_remembered_with_what_was_said_on_both_sides() -> None:
    desk = asked_desk()
    desk.reply("one two.", "three.", seconds=0.5)
    desk.wait(1.5)
    assert desk.all(CloseTurn)[-1] == CloseTurn(1, "replied", "שלום", "one two. three.")


def test_it_is_not_replied_before_the_model_is_done() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two.", 0.5)
    desk.wait(1.5)
    assert (desk.turn, desk.state) == (1, BotState.THINKING)


def test_a_goodbye_hangs_up_once_it_was_heard() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="hang_up"))
    desk.reply("goodbye.", seconds=0.5)
    desk.wait(0.5)
    before = desk.all(HangUp)
    desk.wait(0.2)
    assert (before, desk.all(HangUp)) == ([], [HangUp()])


def test_an_interrupted_goodbye_does_not_hang_up() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="hang_up"))
    desk.reply("one two three four five six.", seconds=3.0)
    desk.wait(1.0)
    desk.speak(0.7)
    desk.wait(5.0)
    assert desk.all(HangUp) == []


def test_a_goodbye_whose_marks_are_lost_hangs_up_all_the_same() -> None:
    desk = Desk(marks_come_back=False)
    desk.say("שלום")
    desk.report(Action(head=desk.head(), after=0, name="hang_up"))
    desk.reply("goodbye.", seconds=0.5)
    desk.wait(2.6)
    assert desk.machine.call.over


# -- Failures ---------------------------------------------------------------------------------


def test_a_sentence_without_sound_is_a_beep() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    failed(desk, "tts")
    desk.wait(0.1)
    assert desk.frames[0] == BEEP_LABEL


def test_sentences_after_it_are_spoken() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    failed(desk, "tts")
    desk.sentence(1, "two.", 0.5)
    desk.end_reply(2)
    desk.wait(1.5)
    assert (desk.sentences_heard, desk.ends[-1]) == ([BEEP, 1], "replied")


def test_a_reply_without_any_sound_is_a_beep_and_the_fallback() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    failed(desk, "tts")
    desk.end_reply(1)
    desk.wait(1.0)
    assert (desk.sentences_heard, desk.ends[-1]) == ([BEEP, PHRASE_FALLBACK], "fallback")


def test_what_was_not_spoken_was_not_heard() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    failed(desk, "tts")
    desk.sentence(1, "two.", 0.5)
    desk.end_reply(2)
    desk.wait(1.5)
    assert desk.all(CloseTurn)[-1].heard == "two."


def test_a_model_that_fails_is_the_fallback() -> None:
    desk = asked_desk()
    failed(desk, "llm")
    desk.wait(0.5)
    assert (desk.sentences_heard, desk.ends[-1]) == ([PHRASE_FALLBACK], "fallback")


def test_a_filler_is_heard_to_its_end_before_the_fallback() -> None:
    desk = asked_desk()
    desk.wait(2.1)
    failed(desk, "llm")
    before = desk.ends[-1]
    desk.wait(2.0)
    assert (before, desk.ends[1], desk.clears, desk.sentences_heard) == ("replied", "fallback", [], [PHRASE_FILLER, PHRASE_FALLBACK])


def test_a_sentence_is_heard_to_its_end_before_the_fallback() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three.", 0.9)
    desk.wait(0.2)
    failed(desk, "llm")
    desk.wait(2.0)
    assert (desk.clears, desk.sentences_heard, desk.closed[1].heard) == ([], [0, PHRASE_FALLBACK], "one two three.")


def test_a_sentence_that_is_not_spoken_yet_is_waited_for_before_the_fallback() -> None:
    desk = asked_desk()
    desk.report(Sentence(head=desk.head(), text="one two three."))
    failed(desk, "llm")
    desk.wait(0.5)
    desk.chunk(0, 0.9)
    desk.wait(2.0)
    assert (desk.sentences_heard, desk.ends[1]) == ([0, PHRASE_FALLBACK], "fallback")


def test_who_cuts_in_on_a_reply_that_broke_off_hears_no_fallback() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four five six.", 3.0)
    desk.wait(0.5)
    failed(desk, "llm")
    desk.say("שלום לך")
    assert (desk.ends[1:], desk.machine.call.turn.text) == (["interrupted"], "שלום לך")


def test_a_model_that_fails_behind_its_whole_reply_took_nothing_from_it() -> None:
    desk = asked_desk()
    desk.reply("one two three.", seconds=0.9)
    failed(desk, "llm")
    desk.wait(2.0)
    assert desk.ends[1:] == ["replied"]


def test_the_fallback_is_a_turn_of_its_own() -> None:
    desk = asked_desk()
    failed(desk, "llm")
    assert desk.turn == 2


def test_a_reply_without_sentences_is_the_fallback() -> None:
    desk = asked_desk()
    desk.end_reply(0)
    assert desk.ends[-1] == "fallback"


# -- Starvation -------------------------------------------------------------------------------


def torn_desk() -> Desk:
    """A call in which the sound of a sentence stopped half-way."""
    desk = asked_desk()
    desk.sentence(0, "one two three four five six.", 1.0, last=False)
    return desk


def test_a_torn_sentence_is_finished_by_its_remaining_words() -> None:
    desk = torn_desk()
    desk.wait(2.6)
    assert desk.all(PublishSentence) == [PublishSentence(1, 0, 1, "five six.")]


def test_not_before_it_was_silent_for_a_second_and_a_half() -> None:
    desk = torn_desk()
    desk.wait(2.2)
    assert desk.all(PublishSentence) == []


def test_a_torn_sentence_is_finished_at_once_when_another_attempt_begins_it_anew() -> None:
    desk = torn_desk()
    desk.wait(1.2)
    desk.chunk(0, 0.1, last=False, attempt=2)
    desk.wait(0.3)
    assert desk.all(PublishSentence) == [PublishSentence(1, 0, 1, "five six.")]


def test_where_it_was_torn_does_not_matter() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four five six.", 0.9, last=False)
    desk.wait(2.5)
    assert [again.take for again in desk.all(PublishSentence)] == [1]


def test_what_another_attempt_begins_anew_is_still_heard_as_far_as_it_is_here() -> None:
    desk = torn_desk()
    desk.wait(0.3)
    desk.chunk(0, 0.1, last=False, attempt=2)
    desk.wait(0.7)
    assert (len(desk.frames), desk.all(PublishSentence)) == (50, [])


def test_no_filler_is_said_in_the_middle_of_a_sentence() -> None:
    desk = torn_desk()
    desk.wait(4.0)
    assert desk.sentences_heard == [0]


def test_the_new_take_goes_on() -> None:
    desk = torn_desk()
    desk.wait(2.7)
    desk.chunk(0, 0.5, take=1)
    desk.end_reply(1)
    desk.wait(1.0)
    assert (in_takes(desk), desk.ends[-1]) == ([0, 1], "replied")


def in_takes(desk: Desk) -> list[int]:
    """Takes that were sent, in order."""
    return sorted({frame.take for frame in desk.frames}, key=[frame.take for frame in desk.frames].index)


def test_a_sentence_without_sound_starves_if_a_later_one_is_here() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    desk.sentence(1, "two.", 0.5)
    desk.wait(1.6)
    assert desk.all(PublishSentence) == [PublishSentence(1, 0, 1, "one.")]


def silent_behind_sound_desk() -> Desk:
    """A call in which the first sentence was heard, and of the second only the text came: a second and a half ago."""
    desk = asked_desk()
    desk.sentence(0, "one.", 0.5)
    desk.sentence(1, "two.", None)
    desk.end_reply(2)
    desk.wait(2.1)
    return desk


def test_a_sentence_without_sound_starves_once_the_one_before_it_was_heard() -> None:
    assert silent_behind_sound_desk().all(PublishSentence) == [PublishSentence(1, 1, 1, "two.")]


def test_of_a_sentence_that_was_asked_for_again_one_take_is_heard() -> None:
    desk = silent_behind_sound_desk()
    desk.chunk(1, 0.5)
    desk.chunk(1, 0.5, take=1)
    desk.wait(1.5)
    assert (len(desk.frames), desk.ends[-1]) == (50, "replied")


def test_a_slow_first_sentence_is_waited_for() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    desk.wait(3.0)
    assert desk.all(PublishSentence) == []


def test_a_sentence_that_starves_three_times_is_left_out() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    desk.sentence(1, "two.", 0.5)
    desk.end_reply(2)
    desk.wait(8.0)
    assert desk.sentences_heard == [2, BEEP, 1]


def test_a_fixed_phrase_does_not_starve() -> None:
    desk = asked_desk()
    desk.wait(2.1)
    assert desk.machine.speaking.starved_at() is None


# -- Too long ---------------------------------------------------------------------------------


def test_a_reply_ends_with_the_sentence_that_makes_it_too_long() -> None:
    desk = asked_desk(replace(RULES, max_reply_s=1.5))
    desk.reply("one.", "two.", "three.", seconds=1.0)
    desk.wait(4.0)
    assert (desk.sentences_heard, desk.ends[-1]) == ([0, 1], "replied")


# -- Tools ------------------------------------------------------------------------------------


def test_while_a_tool_runs_there_is_no_fallback() -> None:
    desk = asked_desk()
    desk.report(ToolStarted(head=desk.head(), name="look_up", timeout_s=20.0))
    desk.wait(15.0)
    assert desk.turn == 1


def test_a_tool_that_outlasts_its_time_is_the_fallback() -> None:
    desk = asked_desk()
    desk.report(ToolStarted(head=desk.head(), name="look_up", timeout_s=10.0))
    desk.wait(11.1)
    assert desk.ends[-1] == "fallback"


def test_what_the_bot_says_of_a_tool_that_ran_into_its_limit_is_heard() -> None:
    desk = asked_desk()
    desk.report(ToolStarted(head=desk.head(), name="look_up", timeout_s=5.0))
    desk.wait(5.5)
    desk.report(ToolEnded(head=desk.head(), name="look_up", ok=False))
    desk.wait(1.0)
    desk.reply("that takes too long today.")
    desk.wait(2.0)
    assert (desk.sentences_heard[-1], desk.ends[-1]) == (0, "replied")


def test_after_a_tool_the_clock_runs_again() -> None:
    desk = asked_desk()
    desk.report(ToolStarted(head=desk.head(), name="look_up", timeout_s=20.0))
    desk.wait(8.0)
    desk.report(ToolEnded(head=desk.head(), name="look_up", ok=True))
    desk.wait(4.9)
    before = desk.turn
    desk.wait(0.2)
    assert (before, desk.ends[-1]) == (1, "fallback")


# -- One take is heard ------------------------------------------------------------------------


def test_a_second_attempt_before_anything_was_sent_replaces_the_first() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(0.8)
    desk.sentence(0, "one.", 0.3, last=False)
    desk.chunk(0, 0.5, attempt=2)
    desk.end_reply(1)
    desk.understand("שלום", seq=desk.published[0].seq)
    desk.wait(1.0)
    assert {frame.attempt for frame in desk.frames} == {2}


def test_a_second_attempt_afterwards_is_dropped() -> None:
    desk = speaking_desk()
    desk.chunk(0, 0.5, attempt=2)
    desk.wait(3.0)
    assert {frame.attempt for frame in desk.frames} == {1}


# -- Under a voice, or before the commit --------------------------------------------------------


def test_a_tool_without_effects_does_not_undo_the_effects_of_another() -> None:
    desk = asked_desk()
    for effects in (True, False):
        desk.report(ToolStarted(head=desk.head(), name="book", timeout_s=5.0, effects=effects))
    desk.press("1")
    assert desk.ends[-1] == "interrupted"


def test_a_reply_of_no_sentences_is_a_fallback_though_a_voice_was_over_it() -> None:
    desk = asked_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.end_reply(0)
    desk.understand("", piece="probe")
    assert desk.ends[-1] == "fallback"


def test_the_little_reply_to_a_draft_is_not_heard_before_the_commit() -> None:
    desk = Desk()
    desk.wait(0.5)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.reply("hi.", seconds=0.2)
    desk.wait(0.7)
    desk.speak(0.2)
    assert desk.ends == ["replied"]


def test_nothing_is_said_of_a_failure_while_the_caller_speaks() -> None:
    desk = asked_desk()
    desk.speak(0.2)
    failed(desk, "llm")
    desk.speak(0.5)
    desk.wait(1.5)
    before = list(desk.frames)
    desk.wait(2.0)
    assert (before, desk.sentences_heard) == ([], [PHRASE_FALLBACK])


def test_a_filler_does_not_lengthen_the_wait_for_a_sentence() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    desk.sentence(1, "two.", 0.5)
    desk.wait(3.1)
    assert (desk.sentences_heard, [one.take for one in desk.all(PublishSentence)]) == ([2], [1, 2])


# -- A voice that breaks off ------------------------------------------------------------------


def silences(desk: Desk) -> list[float]:
    """Pauses of a second or more in what the caller heard."""
    times = [at for at, _ in desk.line.heard]
    return [round(later - earlier, 1) for earlier, later in pairwise(times) if later - earlier > 1]


def test_a_voice_that_breaks_off_each_sentence_leaves_no_long_silence() -> None:
    desk = asked_desk()
    for number in range(3):
        desk.sentence(number, "one two three four.", 0.4, last=False)
    desk.end_reply(3)
    desk.wait(20)
    assert max(silences(desk)) <= 5.1
    assert PHRASE_FALLBACK in desk.sentences_heard


def test_who_waits_for_the_rest_of_a_reply_hears_that_it_will_not_come() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four.", 0.4, last=False)
    desk.end_reply(1)
    desk.wait(6.5)
    assert (desk.ends[-2:], desk.sentences_heard) == (["fallback", "replied"], [0, PHRASE_FALLBACK])


def test_takes_of_which_nothing_comes_are_no_progress() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four.", 0.4, last=False)
    desk.sentence(1, "five.", None)
    desk.end_reply(2)
    desk.wait(6.5)
    assert desk.sentences_heard[-1] == PHRASE_FALLBACK


def test_a_sentence_that_broke_off_in_the_middle_of_a_reply_ends_nothing() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four.", 0.4, last=False)
    failed(desk, "tts")
    desk.sentence(1, "five six.")
    desk.end_reply(2)
    desk.wait(2.5)
    assert (desk.ends[-1], desk.sentences_heard) == ("replied", [0, 1])


# -- Another attempt's reply --------------------------------------------------------------------


def forked_desk(*, ended: bool = False) -> Desk:
    """The bot says two sentences when another attempt makes the first one in other words, as after a Redis that lost its tail."""
    desk = asked_desk(replace(RULES, destinations=frozenset({"office"})))
    desk.sentence(0, "we open at nine.")
    desk.sentence(1, "on monday.")
    if ended:
        desk.end_reply(2)
    desk.wait(0.3)
    desk.sentence(0, "nine it is.", None)
    return desk


def test_of_two_replies_in_different_words_the_one_that_sounds_is_heard_and_the_fallback_follows() -> None:
    desk = forked_desk()
    desk.sentence(2, "anything else?")
    desk.end_reply(3)
    desk.wait(4.0)
    assert (desk.sentences_heard, desk.ends[-2:]) == ([0, 1, PHRASE_FALLBACK], ["fallback", "replied"])


def test_the_history_has_the_words_that_were_heard() -> None:
    desk = forked_desk()
    desk.wait(4.0)
    assert desk.closed[1].heard == "we open at nine. on monday."


def test_a_reply_that_was_all_here_ends_as_ever() -> None:
    desk = forked_desk(ended=True)
    desk.end_reply(1)
    desk.wait(4.0)
    assert (desk.sentences_heard, desk.ends[-1]) == ([0, 1], "replied")


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("action", ["hang_up", "transfer"])
def test_what_the_other_reply_asks_for_is_not_done(action: Literal["hang_up", "transfer"], ended: bool) -> None:
    desk = forked_desk(ended=ended)
    desk.report(Action(head=desk.head(), after=1, name=action, argument="office"))
    desk.wait(4.0)
    assert not desk.machine.call.over


def test_sound_of_what_is_heard_still_comes() -> None:
    desk = asked_desk()
    desk.sentence(0, "we open at nine.", 0.5, last=False)
    desk.sentence(0, "nine it is.", None)
    desk.chunk(0, 0.5, offset=4000)
    desk.wait(2.5)
    assert (desk.sentences_heard, desk.closed[1].heard) == ([0, PHRASE_FALLBACK], "we open at nine.")


def test_the_other_reply_is_told_once_and_its_messages_are_counted() -> None:
    desk = forked_desk()
    before = desk.machine.speaking.stale.total()
    desk.sentence(1, "and friday.", None)
    desk.end_reply(2)
    assert (desk.reports.count("REPLY_FORKED"), desk.machine.speaking.stale.total() - before) == (1, 2)
