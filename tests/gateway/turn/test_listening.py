"""From the caller's voice to a committed turn."""

from dataclasses import replace

import pytest

from common.messages import Head, StageFailed
from gateway.turn.events import CloseTurn, CommitTurn, HangUp, OpenTurn
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from tests.sim.desk import LOUD, Desk, asked_desk, quiet_desk
from tests.sim.rules import RULES, SILENCE_ALONE

PHRASE_REPEAT = 1
PHRASE_GOODBYE = 5


# -- The end of an utterance ------------------------------------------------------------------


def test_an_utterance_is_published_once_after_its_silence() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(3.0)
    assert [piece.piece for piece in desk.published] == ["whole"]


def test_it_is_published_with_pre_roll_and_a_little_silence() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(1.0)
    assert (desk.published[0].start, desk.published[0].end) == (5, 85)


def test_its_length_is_said() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(1.0)
    assert desk.published[0].voiced_ms == 1000


def test_where_no_frames_come_the_clock_ends_it() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.without_frames(1.1)
    assert [piece.piece for piece in desk.published] == ["whole"]


def test_words_commit_the_turn() -> None:
    assert [command.turn for command in asked_desk().all(CommitTurn)] == [1]


def test_a_whole_utterance_goes_to_the_model_without_the_core() -> None:
    assert asked_desk().asked == []


def test_a_second_copy_of_its_words_changes_nothing() -> None:
    desk = asked_desk()
    assert desk.understand("שלום") == []


def test_words_of_a_piece_that_nobody_sent_change_nothing() -> None:
    assert asked_desk().understand("שלום", seq=77) == []


# -- Short sounds -----------------------------------------------------------------------------


def cough(desk: Desk, seconds: float = 0.2) -> None:
    """A short sound, and silence."""
    desk.speak(seconds)
    desk.wait(1.06)


def test_a_short_sound_is_only_probed() -> None:
    desk = quiet_desk()
    cough(desk)
    assert [piece.piece for piece in desk.published] == ["probe"]


def test_the_bot_goes_on_listening_meanwhile() -> None:
    desk = quiet_desk()
    cough(desk)
    assert desk.state is BotState.LISTENING


def test_a_short_sound_with_words_is_an_utterance() -> None:
    desk = quiet_desk()
    cough(desk)
    desk.understand("כן", piece="probe")
    assert desk.asked == ["כן"]


def test_a_short_sound_without_words_never_was() -> None:
    desk = quiet_desk()
    cough(desk)
    desk.understand("", piece="probe")
    desk.wait(3.0)
    assert desk.ends == ["replied"]


def test_a_short_sound_whose_words_never_come_is_forgotten() -> None:
    desk = quiet_desk()
    cough(desk)
    desk.wait(5.1)
    assert desk.machine.call.short is None


def test_a_short_sound_that_was_looked_at_is_not_sent_again() -> None:
    desk = quiet_desk()
    cough(desk)
    assert len(desk.published) == 1


def test_a_short_sound_that_was_looked_at_never_was_if_it_has_no_words() -> None:
    desk = quiet_desk()
    cough(desk)
    desk.understand("", piece="probe")
    assert desk.ends == ["replied"]


def test_its_words_may_come_later_yet() -> None:
    desk = quiet_desk()
    cough(desk)
    desk.wait(6.0)
    desk.understand("שלום", piece="probe")
    assert desk.asked == ["שלום"]


def test_two_coughs_are_not_asked_to_be_repeated() -> None:
    desk = quiet_desk()
    cough(desk)
    cough(desk)
    for piece in desk.published:
        desk.understand("", seq=piece.seq, piece="probe")
    desk.wait(2.0)
    assert desk.ends == ["replied"]


def test_a_short_word_and_what_follows_it_are_one_utterance() -> None:
    desk = quiet_desk()
    cough(desk)
    desk.speak(1.0)
    desk.wait(1.06)
    for piece, text in zip(desk.published, ("כן", "בבקשה"), strict=True):
        desk.understand(text, seq=piece.seq)
    assert desk.asked == ["כן בבקשה"]


def test_what_is_known_of_two_short_sounds_counts_when_the_rest_does_not_come() -> None:
    desk = quiet_desk()
    cough(desk)
    cough(desk)
    desk.understand("כן", seq=desk.published[0].seq, piece="probe")
    desk.wait(5.0)
    assert desk.asked == ["כן"]


# -- Segments ---------------------------------------------------------------------------------


def long_desk() -> Desk:
    """A call in which the caller has spoken for 7 s, with a weak moment at 5.2 s."""
    desk = quiet_desk()
    desk.speak(5.2)
    desk.speak(0.02, level=100)
    desk.speak(1.8)
    return desk


def test_a_long_utterance_is_cut_while_the_caller_goes_on() -> None:
    assert [piece.piece for piece in long_desk().published] == ["segment"]


def test_the_cut_falls_on_the_weakest_moment() -> None:
    assert long_desk().published[0].end == round((0.5 + 5.2) * 50)


def test_the_bot_does_not_think_before_the_caller_is_done() -> None:
    assert long_desk().state is BotState.LISTENING


def test_the_pieces_meet() -> None:
    desk = long_desk()
    desk.wait(1.0)
    assert desk.published[1].start == desk.published[0].end


def test_the_pieces_are_joined_whatever_the_order_of_their_words() -> None:
    desk = long_desk()
    desk.wait(1.0)
    desk.understand("שתיים", seq=desk.published[1].seq)
    desk.understand("אחת", seq=desk.published[0].seq)
    assert desk.asked == ["אחת שתיים"]


def test_a_failed_piece_counts_as_empty() -> None:
    desk = long_desk()
    desk.wait(1.0)
    failed = Head(call="c", turn=1, seq=desk.published[0].seq)
    desk.report(StageFailed(head=failed, stage="asr", error="Timeout"))
    desk.understand("שתיים", seq=desk.published[1].seq)
    assert desk.asked == ["שתיים"]


# -- The long turn ----------------------------------------------------------------------------


def endless_desk() -> Desk:
    """A call in which the caller has reached MAX_TURN_SEC."""
    desk = quiet_desk(replace(RULES, max_turn_s=8.0))
    desk.speak(8.5)
    return desk


def test_at_the_limit_the_bot_takes_the_floor() -> None:
    assert endless_desk().state is BotState.THINKING


def test_the_voice_that_lasts_is_neither_barge_in_nor_utterance() -> None:
    desk = endless_desk()
    published = len(desk.published)
    desk.speak(3.0)
    assert len(desk.published) == published


def test_a_new_onset_does_not_hold_a_reply_of_which_nothing_was_heard() -> None:
    desk = endless_desk()
    desk.wait(0.3)
    desk.speak(0.5)
    assert desk.reports[-1] == "FLOOR_TAKEN"


def test_such_an_onset_is_heard_no_further() -> None:
    desk = endless_desk()
    desk.wait(0.3)
    published = len(desk.published)
    desk.speak(0.5)
    desk.wait(1.0)
    assert (desk.machine.call.open, len(desk.published)) == (None, published)


def test_once_some_of_the_reply_was_heard_the_caller_may_interrupt() -> None:
    desk = endless_desk()
    for piece in desk.published:
        desk.understand("אחת", seq=piece.seq)
    desk.wait(0.3)
    desk.reply("one two three four five six", seconds=3.0)
    desk.wait(1.5)
    desk.speak(0.2)
    assert desk.state is BotState.LISTENING


# -- No words ---------------------------------------------------------------------------------


def test_no_words_in_a_real_utterance_are_asked_for_again() -> None:
    desk = asked_desk(text="")
    desk.wait(0.5)
    assert desk.sentences_heard == [PHRASE_REPEAT]


def test_no_words_end_the_turn() -> None:
    assert asked_desk(text="").ends == ["replied", "nothing_heard"]


def test_punctuation_is_no_words() -> None:
    assert asked_desk(text=" ... ").ends[-1] == "nothing_heard"


def test_a_failed_recogniser_is_asked_for_again_too() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(1.06)
    desk.report(StageFailed(head=Head(call="c", turn=1, seq=desk.published[0].seq), stage="asr", error="Timeout"))
    assert desk.ends[-1] == "nothing_heard"


def test_a_silent_recogniser_is_not_waited_for() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(8.0)
    assert desk.ends[1] == "nothing_heard"


def test_words_that_come_after_all_are_the_next_utterance() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(6.3)
    desk.understand("שלום", seq=desk.published[0].seq)
    assert desk.asked == ["שלום"]


def test_what_is_known_is_committed_if_the_rest_does_not_come() -> None:
    desk = long_desk()
    desk.understand("אחת")
    desk.wait(6.3)
    assert desk.asked == ["אחת"]


def not_understood(times: int) -> Desk:
    """A caller who is not understood, several times running."""
    desk = quiet_desk()
    for _ in range(times):
        desk.say("")
        desk.wait(1.5)
    return desk


@pytest.mark.parametrize(("times", "phrases"), [(3, [PHRASE_REPEAT]), (4, [PHRASE_REPEAT, PHRASE_GOODBYE])])
def test_the_fourth_time_running_is_the_last(times: int, phrases: list[int]) -> None:
    assert not_understood(times).sentences_heard == phrases


def test_after_the_goodbye_the_bot_hangs_up() -> None:
    assert isinstance(not_understood(4).commands[-1], HangUp)


def test_words_begin_the_count_anew() -> None:
    desk = not_understood(3)
    desk.say("שלום")
    desk.reply("one two", seconds=0.5)
    desk.wait(1.0)
    desk.say("")
    desk.wait(0.5)
    assert desk.sentences_heard[-1] == PHRASE_REPEAT


# -- Duplicates -------------------------------------------------------------------------------


def answered_desk(text: str, reply: str, rules: Rules | None = None) -> Desk:
    """A call in which ``text`` was answered and the answer heard."""
    desk = asked_desk(rules, text)
    desk.reply(reply, seconds=0.6)
    desk.wait(1.0)
    return desk


def test_the_same_again_is_a_duplicate() -> None:
    desk = answered_desk("שלום", "hello.")
    desk.say("שלום!")
    assert (desk.ends[-1], desk.reports[-1]) == ("deduplicated", "DEDUP: same utterance ignored")


def test_a_duplicate_is_not_answered() -> None:
    desk = answered_desk("שלום", "hello.")
    frames = len(desk.frames)
    desk.say("שלום")
    desk.wait(2.0)
    assert len(desk.frames) == frames


@pytest.mark.parametrize(
    ("said", "reply", "again", "end"),
    [
        ("שלום", "hello.", "שלום רב", "replied"),  # not the same
        ("כן", "shall we go on?", "כן", "replied"),  # answers a new question
        ("כן", "fine.", "כן", "deduplicated"),  # answers nothing
        ("שלום", "how can I help?", "שלום", "deduplicated"),  # no closed answer
    ],
)
def test_what_is_a_duplicate(said: str, reply: str, again: str, end: str) -> None:
    desk = answered_desk(said, reply)
    desk.say(again)
    if end == "replied":
        desk.reply("good.", seconds=0.5)
        desk.wait(1.0)
    assert desk.ends[-1] == end


def test_the_same_answer_to_the_same_question_is_a_duplicate() -> None:
    desk = answered_desk("אולי", "shall we go on?")
    desk.say("כן")
    desk.reply("shall we go on?", seconds=0.6)
    desk.wait(1.0)
    desk.say("כן")
    assert desk.ends[-1] == "deduplicated"


def test_much_later_it_is_no_duplicate() -> None:
    desk = answered_desk("שלום", "hello.")
    desk.wait(6.0)
    desk.say("שלום")
    assert "deduplicated" not in desk.ends


def test_the_window_counts_to_the_onset() -> None:
    desk = answered_desk("שלום", "hello.")
    desk.wait(5.2)
    desk.say("שלום", seconds=2.0)
    assert desk.ends[-1] == "deduplicated"


def test_it_can_be_switched_off() -> None:
    desk = answered_desk("שלום", "hello.", replace(RULES, dedup_s=0.0))
    desk.say("שלום")
    assert "deduplicated" not in desk.ends


def test_after_an_interruption_the_same_is_no_duplicate() -> None:
    desk = asked_desk(None, "שלום")
    desk.reply("one two three four five six", seconds=3.0)
    desk.wait(1.0)
    desk.speak(1.0, level=LOUD)
    desk.wait(0.8)
    desk.understand("שלום")
    assert desk.ends == ["replied", "interrupted"]


def test_an_interrupted_turn_is_remembered_with_what_was_heard() -> None:
    desk = asked_desk(None, "שלום")
    desk.reply("one two three four five six", seconds=3.0)
    desk.wait(1.1)
    desk.speak(1.0)
    closed = desk.all(CloseTurn)[-1]
    assert (closed.caller, closed.heard) == ("שלום", "one two")


# -- A recogniser that is silent --------------------------------------------------------------


def test_an_utterance_whose_words_never_come_is_asked_for_again_in_mode_words_too() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(7.0)
    assert desk.ends[:2] == ["replied", "nothing_heard"]


def test_a_nod_that_comes_late_is_an_answer_where_it_was_looked_at_as_a_draft() -> None:
    desk = quiet_desk(replace(RULES, speculate="asr"))
    desk.speak(1.0)
    desk.wait(7.5)
    desk.understand("כן", seq=desk.published[0].seq, piece="probe")
    assert desk.asked == ["כן"]


def test_a_goodbye_waits_for_who_speaks_and_is_not_owed_to_who_was_understood() -> None:
    desk = not_understood(3)
    desk.speak(1.0)
    desk.wait(1.06)
    asked = desk.published[-1].seq
    desk.speak(0.5)
    desk.understand("", seq=asked)
    desk.wait(1.06)
    desk.understand("שלום")
    assert (desk.machine.call.turn.committed, desk.machine.call.turn.hang_up) == (True, False)


def test_a_short_sound_behind_late_words_is_more_than_a_probe() -> None:
    desk = asked_desk()
    desk.reply("one two.", seconds=1.5)
    desk.wait(0.4)
    desk.speak(0.2)
    desk.wait(5.0)
    late = desk.published[-1]
    desk.speak(0.2)
    desk.understand("שלום לך", seq=late.seq, piece="probe")
    desk.wait(1.1)
    assert (desk.machine.call.short, desk.state) == (None, BotState.THINKING)


def test_two_words_that_are_all_and_break_off_wait_for_more() -> None:
    desk = asked_desk(text="Hello there")
    assert not desk.machine.call.turn.committed


# -- What follows from words, and when ------------------------------------------------------------


def test_a_turn_is_used_by_its_first_segment_and_opened_by_its_utterance() -> None:
    desk = quiet_desk(SILENCE_ALONE)
    desk.speak(6.2)
    before = (desk.machine.call.turn.used, len(desk.all(OpenTurn)))
    desk.wait(0.8)
    assert (before, len(desk.all(OpenTurn))) == ((True, 1), 2)


def test_words_are_told() -> None:
    assert "ASR_TEXT" in asked_desk().reports


def test_words_of_a_piece_are_progress() -> None:
    desk = quiet_desk(SILENCE_ALONE)
    desk.speak(6.5)
    desk.wait(0.8)
    first = desk.published[0]
    desk.wait(4.0)
    desk.understand("שלום", seq=first.seq)
    desk.wait(2.0)
    assert (desk.turn, desk.machine.call.turn.committed) == (1, False)


def test_hanging_words_that_interrupted_wait_for_more_from_the_end_of_the_voice() -> None:
    desk = asked_desk()
    desk.reply("one two three four five six seven eight.", seconds=4.0)
    desk.wait(0.9)
    desk.speak(0.5)
    desk.wait(0.8)
    desk.understand("אני וגם")
    before = desk.machine.call.turn.committed
    desk.wait(1.6)
    assert (desk.ends[-1], before, desk.machine.call.turn.committed) == ("interrupted", False, True)


def test_words_of_a_short_sound_over_a_reply_that_failed_are_waited_for() -> None:
    desk = asked_desk()
    desk.speak(0.2)
    desk.wait(0.8)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="x"))
    desk.wait(0.1)
    before = list(desk.frames)
    desk.understand("שלום לך")
    assert (before, desk.ends[-1], desk.machine.call.turn.text) == ([], "superseded", "שלום שלום לך")
