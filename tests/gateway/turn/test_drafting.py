"""Drafts: answered while the end of the utterance is not sure."""

from dataclasses import replace

import pytest

from common.messages import StageFailed
from gateway.turn.events import LoadChanged, OpenTurn
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from tests.sim.desk import Desk, asked_desk, quiet_desk, speaking_desk
from tests.sim.rules import RULES, SILENCE_ALONE
from tests.sim.sound import phrase_book

ASR = replace(RULES, speculate="asr")


def drafted_desk(rules: Rules = RULES, text: str | None = "שלום") -> Desk:
    """A call in which the caller paused 0.4 s ago; the words of the draft are known unless ``text`` is None."""
    desk = quiet_desk(rules)
    desk.speak(1.0)
    desk.wait(0.4)
    if text is not None:
        desk.understand(text)
    return desk


def pieces(desk: Desk) -> list[str]:
    """What was published to the recogniser."""
    return [piece.piece for piece in desk.published]


# -- Of words that interrupt the bot ------------------------------------------------------------


def interrupting_desk(rules: Rules = RULES, voice_s: float = 0.5, text: str = "לא כך") -> Desk:
    """A caller interrupts the bot, and pauses; the words are known."""
    desk = speaking_desk(rules)
    desk.speak(voice_s)
    desk.wait(0.34)
    desk.understand(text, piece="probe")
    return desk


def test_words_that_interrupt_the_bot_are_answered_in_the_pause_behind_them() -> None:
    desk = interrupting_desk()
    assert (desk.asked, desk.machine.call.turn.committed, desk.reports[-1]) == (["לא כך"], False, "DRAFT")


def test_workers_are_told_of_their_turn_first() -> None:
    desk = interrupting_desk()
    assert desk.all(OpenTurn)[-1].turn == desk.turn


def test_they_count_as_a_draft() -> None:
    desk = interrupting_desk(replace(RULES, max_drafts=1))
    desk.speak(0.5)
    desk.wait(0.4)
    assert (desk.published[-1].piece, desk.machine.drafting.made) == ("probe", 2)


def test_they_are_committed_at_the_end_and_asked_once() -> None:
    desk = interrupting_desk()
    desk.wait(0.7)
    assert (desk.asked, desk.machine.call.turn.text) == (["לא כך"], "לא כך")


def test_a_caller_who_goes_on_behind_them_is_answered_whole() -> None:
    desk = interrupting_desk()
    desk.speak(0.5)
    desk.wait(0.4)
    desk.understand("אלא כך")
    assert (desk.reports.count("DRAFT_DROPPED"), desk.asked[-1]) == (1, "לא כך אלא כך")


@pytest.mark.parametrize(("text", "waits_s"), [("לא כך תודה", 0.5), ("לא כך", 1.04)])
@pytest.mark.parametrize("rules", [RULES, ASR], ids=["answered", "looked at"])
def test_how_long_the_pause_may_last_is_told_by_the_words_that_interrupt(rules: Rules, text: str, waits_s: float) -> None:
    desk = interrupting_desk(rules, text=text)
    assert desk.machine.call.floor.wait_frames == round(waits_s * 50)


def test_where_silence_alone_is_the_end_they_tell_nothing() -> None:
    desk = interrupting_desk(SILENCE_ALONE)
    assert desk.machine.call.floor.wait_frames == round(SILENCE_ALONE.min_utt_s * 50)


@pytest.mark.parametrize(
    ("rules", "voice_s"), [(ASR, 0.5), (replace(RULES, max_drafts=0), 0.5), (RULES, 0.28)], ids=["no drafts", "no more drafts", "short"]
)
def test_some_are_answered_only_at_the_end(rules: Rules, voice_s: float) -> None:
    desk = interrupting_desk(rules, voice_s)
    before = "לא כך" in desk.asked
    desk.wait(0.7)
    assert (before, desk.asked[-1]) == (False, "לא כך")


def test_of_a_voice_that_lasts_nothing_is_answered_yet() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=5000))
    desk.speak(1.4)
    desk.understand("לא כך", piece="probe")
    assert (desk.ends[-1], desk.asked) == ("interrupted", [])


def test_what_was_said_since_the_words_that_interrupt_is_waited_for() -> None:
    desk = speaking_desk()
    desk.speak(0.4)
    desk.wait(0.32)
    first = desk.published[-1].seq
    desk.speak(0.4)
    desk.wait(0.32)
    desk.understand("לא", seq=first, piece="probe")
    before = list(desk.asked)
    before = list(desk.asked)
    desk.understand("לא כך", piece="probe")
    assert (before, desk.asked) == ([], ["לא כך"])


# -- The pause was the end --------------------------------------------------------------------


def test_a_pause_publishes_what_a_model_may_answer() -> None:
    assert pieces(drafted_desk()) == ["whole"]


def test_the_end_publishes_nothing_more() -> None:
    desk = drafted_desk()
    desk.wait(0.7)
    assert pieces(desk) == ["whole"]


def test_a_draft_is_not_committed_before_the_end() -> None:
    assert not drafted_desk().machine.call.turn.committed


def test_a_draft_is_committed_at_the_end() -> None:
    desk = drafted_desk()
    desk.wait(0.7)
    assert desk.machine.call.turn.committed


def test_words_that_come_after_the_end_commit_it_too() -> None:
    desk = drafted_desk(text=None)
    desk.wait(0.7)
    desk.understand("שלום")
    assert desk.machine.call.turn.committed


def test_its_reply_waits_for_the_end() -> None:
    desk = drafted_desk()
    desk.reply("hello.")
    desk.wait(0.2)
    assert desk.frames == []


def test_its_reply_sounds_at_the_end() -> None:
    desk = drafted_desk()
    desk.reply("hello.")
    desk.wait(0.7)
    assert desk.state is BotState.SPEAKING


def test_a_draft_is_counted() -> None:
    assert (drafted_desk().machine.drafting.made, drafted_desk().machine.drafting.dropped) == (1, 0)


def test_where_silence_alone_is_the_end_the_words_of_a_draft_do_not_put_it_off() -> None:
    desk = drafted_desk(replace(RULES, endpointing="fixed"))
    desk.wait(0.32)
    assert desk.machine.call.turn.committed


# -- The caller goes on -----------------------------------------------------------------------


def gone_on_desk(text: str | None = "שלום") -> Desk:
    """A call in which the caller went on after a draft, and was understood."""
    desk = drafted_desk(text=text)
    desk.speak(1.0)
    return desk


def test_a_caller_who_goes_on_supersedes_the_turn_and_keeps_the_floor() -> None:
    desk = gone_on_desk()
    assert (desk.ends[-1], desk.machine.call.open is not None, desk.machine.holding.hold) == ("superseded", True, None)


def test_the_answer_to_a_draft_that_was_not_all_is_stale() -> None:
    desk = drafted_desk()
    turn = desk.turn
    desk.speak(0.1)
    desk.sentence(0, "hello.")
    assert (desk.turn, desk.frames) == (turn + 1, [])


def test_known_words_of_a_draft_stand_in_front() -> None:
    desk = gone_on_desk()
    desk.wait(0.4)
    desk.understand("עולם")
    desk.wait(0.5)
    assert desk.asked == ["שלום עולם"]


def test_sound_of_unknown_words_is_sent_again() -> None:
    desk = gone_on_desk(None)
    desk.wait(0.4)
    assert [piece.start for piece in desk.published] == [desk.published[0].start] * 2


def test_late_words_of_a_draft_that_is_gone_change_nothing() -> None:
    desk = gone_on_desk(None)
    assert desk.understand("שלום", seq=desk.published[0].seq) == []


def test_empty_words_of_a_draft_are_no_reason_to_forget_its_sound() -> None:
    desk = gone_on_desk("")
    desk.wait(0.4)
    assert desk.published[1].start == desk.published[0].start


def test_a_draft_that_was_dropped_is_counted() -> None:
    assert gone_on_desk().machine.drafting.dropped == 1


def test_an_utterance_has_two_drafts_and_then_looks() -> None:
    desk = quiet_desk()
    for _ in range(4):
        desk.speak(1.0)
        desk.wait(0.4)
    assert pieces(desk) == ["whole", "whole", "probe", "probe"]


def test_a_draft_behind_known_words_is_joined_and_asked() -> None:
    desk = gone_on_desk()
    desk.wait(0.4)
    desk.understand("עולם")
    assert (pieces(desk), desk.asked) == (["whole", "segment"], ["שלום עולם"])


def test_a_draft_behind_words_that_are_awaited_is_asked_with_them() -> None:
    desk = quiet_desk(replace(RULES, max_utt_s=2.0))
    desk.speak(2.5)
    desk.wait(0.4)
    desk.understand("עולם", piece="segment")
    before = list(desk.asked)
    desk.understand("שלום", seq=desk.published[0].seq, piece="segment")
    assert (before, desk.asked) == ([], ["שלום עולם"])


def test_what_was_asked_in_a_pause_is_not_asked_again() -> None:
    desk = gone_on_desk()
    desk.wait(0.4)
    desk.understand("עולם")
    desk.wait(0.7)
    assert (desk.machine.call.turn.committed, desk.asked) == (True, ["שלום עולם"])


def test_sound_of_a_joined_draft_is_not_sent_again() -> None:
    desk = gone_on_desk()
    desk.wait(0.4)
    desk.speak(1.0)
    desk.wait(0.4)
    assert desk.published[2].start == desk.published[1].end


# -- What makes no draft ----------------------------------------------------------------------


def test_a_short_sound_is_looked_at_only() -> None:
    desk = quiet_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    assert pieces(desk) == ["probe"]


def test_a_short_sound_is_looked_at_once() -> None:
    desk = quiet_desk()
    desk.speak(0.2)
    desk.wait(1.0)
    assert pieces(desk) == ["probe"]


def test_a_short_word_is_answered() -> None:
    desk = quiet_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.understand("כן")
    desk.wait(0.7)
    assert desk.asked == ["כן"]


def test_workers_that_are_behind_get_no_drafts() -> None:
    desk = quiet_desk()
    desk.do(LoadChanged(busy=True))
    desk.speak(1.0)
    desk.wait(0.4)
    assert pieces(desk) == ["probe"]


def test_workers_that_have_caught_up_get_drafts_again() -> None:
    desk = quiet_desk()
    desk.do(LoadChanged(busy=True))
    desk.do(LoadChanged(busy=False))
    desk.speak(1.0)
    desk.wait(0.4)
    assert pieces(desk) == ["whole"]


# -- Only the words, ahead of the end ---------------------------------------------------------


def test_words_alone_are_asked_for_in_a_pause() -> None:
    assert pieces(drafted_desk(ASR)) == ["probe"]


def test_words_that_are_here_at_the_end_are_the_transcript() -> None:
    desk = drafted_desk(ASR)
    desk.wait(0.7)
    assert (pieces(desk), desk.asked) == (["probe"], ["שלום"])


def test_words_that_come_after_the_end_are_the_transcript_too() -> None:
    desk = drafted_desk(ASR, text=None)
    desk.wait(0.7)
    desk.understand("שלום")
    assert desk.asked == ["שלום"]


def test_a_caller_who_goes_on_after_a_look_raises_nothing() -> None:
    desk = drafted_desk(ASR)
    turn = desk.turn
    desk.speak(1.0)
    assert desk.turn == turn


def test_all_of_it_is_transcribed_at_the_next_pause() -> None:
    desk = drafted_desk(ASR)
    desk.speak(1.0)
    desk.wait(0.4)
    assert [piece.start for piece in desk.published] == [desk.published[0].start] * 2


# -- A draft that fails -----------------------------------------------------------------------


def failed_desk(stage: str) -> Desk:
    """A call in which a stage gave up on a draft."""
    desk = drafted_desk(text=None if stage == "asr" else "שלום")
    seq = desk.published[-1].seq if stage == "asr" else 0
    desk.report(StageFailed(head=desk.head(seq=seq), stage="asr" if stage == "asr" else "llm", error="Timeout"))
    return desk


def test_a_draft_that_was_not_heard_is_published_again_at_the_end() -> None:
    desk = failed_desk("asr")
    desk.wait(0.5)
    assert pieces(desk) == ["whole", "whole"]


def test_a_draft_that_was_not_answered_is_asked_again_at_the_end() -> None:
    desk = failed_desk("llm")
    desk.wait(0.5)
    assert (pieces(desk), desk.asked) == (["whole"], ["שלום"])


def test_a_draft_that_failed_says_nothing() -> None:
    desk = failed_desk("llm")
    desk.wait(0.5)
    assert desk.frames == []


# -- Keys -------------------------------------------------------------------------------------


def test_a_key_takes_a_draft_back_and_stands_behind_its_words() -> None:
    desk = drafted_desk()
    desk.press("7", "#")
    assert (desk.ends[-1], desk.asked) == ("superseded", ["שלום 7"])


def test_a_key_behind_a_draft_without_words_yet_waits_for_them() -> None:
    desk = drafted_desk(text=None)
    desk.press("7", "#")
    desk.understand("מספר")
    assert (pieces(desk), desk.asked) == (["whole", "segment"], ["מספר 7"])


def test_a_caller_who_hangs_up_in_a_draft_is_in_the_history_of_none() -> None:
    desk = drafted_desk()
    desk.hang_up()
    assert desk.ends[-1] == "hung_up"


def test_a_draft_that_a_model_has_is_not_given_to_it_again() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(1.06)
    desk.understand("שלום")
    assert (desk.machine.call.turn.committed, desk.asked) == (True, [])


# -- A draft behind a piece that was closed before ----------------------------------------------


def long_drafted_desk() -> Desk:
    """A caller who paused after more than one piece; no words are known."""
    desk = quiet_desk()
    desk.speak(6.5)
    desk.wait(0.4)
    return desk


def test_it_is_answered_only_once_its_words_are_known() -> None:
    desk = long_drafted_desk()
    assert (pieces(desk), "DRAFT" in desk.reports) == (["segment", "segment"], False)


def test_the_failure_of_the_piece_before_it_is_not_its_own() -> None:
    desk = long_drafted_desk()
    desk.report(StageFailed(head=desk.head(seq=desk.published[0].seq), stage="asr", error="Timeout"))
    desk.wait(0.5)
    assert pieces(desk) == ["segment", "segment"]


def test_without_words_no_model_is_asked() -> None:
    desk = long_drafted_desk()
    for piece in list(desk.published):
        desk.understand("", seq=piece.seq, piece="segment")
    assert desk.asked == []


def test_sound_in_which_no_words_were_found_is_sent_again_with_what_follows() -> None:
    desk = long_drafted_desk()
    drafted = desk.published[1]
    desk.understand("", seq=drafted.seq, piece="segment")
    desk.speak(0.6)
    desk.wait(0.8)
    assert desk.published[-1].start == drafted.start


def test_after_the_failure_of_the_piece_before_it_its_words_are_answered_in_the_pause() -> None:
    desk = long_drafted_desk()
    first, draft = desk.published
    desk.report(StageFailed(head=desk.head(seq=first.seq), stage="asr", error="Timeout"))
    desk.understand("שלום", seq=draft.seq, piece="segment")
    assert desk.asked == ["שלום"]


def test_words_of_the_piece_before_a_look_do_not_say_whether_it_is_all() -> None:
    desk = quiet_desk()
    desk.speak(6.5)
    desk.wait(0.4)
    wait = desk.machine.call.floor.wait_frames
    desk.understand("תודה", seq=desk.published[0].seq, piece="segment")
    assert desk.machine.call.floor.wait_frames == wait


def test_pauses_of_a_voice_over_what_may_not_be_interrupted_are_not_looked_at() -> None:
    desk = Desk(phrases=phrase_book(interruptible=False))
    desk.speak(0.2)
    desk.wait(0.4)
    desk.speak(0.1)
    assert (desk.published, desk.machine.ignored_turn) == ([], 0)


def test_known_words_of_who_hangs_up_in_a_pause_are_in_the_history() -> None:
    desk = drafted_desk()
    desk.hang_up()
    assert desk.closed[-1].caller == "שלום"


def test_the_answer_to_hanging_words_of_a_later_turn_waits_for_the_commit_behind_the_end() -> None:
    desk = asked_desk()
    desk.reply("hello.", seconds=0.4)
    desk.wait(1.5)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.understand("אני וגם")
    desk.reply("one.")
    before = len(desk.frames)
    desk.wait(1.2)
    after = len(desk.frames)
    desk.wait(1.0)
    assert (desk.machine.call.turn.committed, after, len(desk.frames) > after) == (True, before, True)


def test_a_draft_is_told_opens_a_turn_and_uses_it() -> None:
    desk = drafted_desk(text=None)
    assert (desk.reports, desk.all(OpenTurn), desk.machine.call.turn.used) == (["DRAFT"], [OpenTurn(1)], True)


def test_a_draft_that_was_dropped_is_told() -> None:
    desk = drafted_desk()
    desk.speak(0.2)
    assert "DRAFT_DROPPED" in desk.reports


def test_a_joined_draft_is_counted_once_it_is_asked() -> None:
    desk = quiet_desk()
    desk.speak(6.5)
    desk.wait(0.4)
    for piece in desk.published:
        desk.understand("שלום", seq=piece.seq)
    assert (desk.asked, desk.machine.drafting.made) == (["שלום שלום"], 1)


def test_a_look_is_counted() -> None:
    assert drafted_desk(ASR).machine.drafting.looks == 1


def test_a_pause_that_was_no_end_lengthens_the_wait() -> None:
    desk = quiet_desk(ASR)
    for _ in range(2):
        desk.speak(0.5)
        desk.wait(0.64)
    desk.speak(0.1)
    assert desk.machine.call.patience.frames > 35


def test_words_of_a_look_that_was_not_all_are_stale() -> None:
    desk = drafted_desk(ASR, text=None)
    look = desk.published[-1]
    desk.speak(0.2)
    desk.understand("שלום", seq=look.seq)
    assert desk.machine.speaking.stale.total() == 1


def test_the_next_voice_is_waited_for_as_long_as_ever() -> None:
    desk = drafted_desk(text="תודה")
    desk.wait(0.7)
    desk.reply("hello.", seconds=0.4)
    desk.wait(1.0)
    desk.speak(0.1)
    assert desk.machine.call.floor.wait_frames == desk.machine.call.patience.frames


# -- Where silence alone is the end -------------------------------------------------------------


def test_where_silence_alone_is_the_end_a_model_may_answer_a_pause_all_the_same() -> None:
    assert pieces(drafted_desk(replace(RULES, endpointing="fixed"))) == ["whole"]


def test_where_silence_alone_is_the_end_words_do_not_bring_it_nearer() -> None:
    desk = drafted_desk(replace(RULES, endpointing="fixed"), "תודה")
    desk.wait(0.2)
    assert not desk.machine.call.turn.committed


@pytest.mark.parametrize(("seconds", "kinds"), [(0.2, ["probe"]), (1.0, ["whole"]), (6.5, ["segment", "segment"])])
def test_where_nothing_is_looked_at_sound_is_published_at_the_end_by_its_length(seconds: float, kinds: list[str]) -> None:
    desk = quiet_desk(SILENCE_ALONE)
    desk.speak(seconds)
    desk.wait(0.6)
    before = pieces(desk)
    desk.wait(0.3)
    assert (before, pieces(desk)) == (kinds[:-1], kinds)


def test_where_words_are_a_witness_only_the_look_at_a_short_sound_is_not_sent_again() -> None:
    desk = quiet_desk(replace(RULES, speculate="off"))
    desk.speak(0.2)
    desk.wait(1.0)
    assert pieces(desk) == ["probe"]


def test_words_of_a_look_that_is_a_witness_only_are_stale_at_the_end() -> None:
    desk = quiet_desk(replace(RULES, speculate="off"))
    desk.speak(1.0)
    desk.wait(0.4)
    look = desk.published[-1]
    desk.wait(0.7)
    desk.understand("שלום", seq=look.seq)
    assert (pieces(desk), desk.machine.speaking.stale.total()) == (["probe", "whole"], 1)


# -- Who hangs up behind a look -----------------------------------------------------------------


def looked_desk(text: str = "one two") -> Desk:
    """A call in which a pause was looked at, and the voice went on."""
    desk = Desk(replace(RULES, speculate="asr"))
    desk.wait(0.5)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.understand(text, piece="probe")
    desk.speak(0.5)
    return desk


def test_who_goes_on_and_hangs_up_said_at_least_what_is_known() -> None:
    desk = looked_desk()
    desk.hang_up()
    assert desk.closed[-1].caller == "one two"


def test_who_goes_on_before_a_look_is_understood_and_hangs_up_is_in_no_history() -> None:
    desk = drafted_desk(ASR, text=None)
    desk.speak(0.5)
    desk.hang_up()
    assert desk.closed[-1].caller == ""


def test_a_look_that_is_not_understood_yet_hides_nothing() -> None:
    desk = looked_desk()
    desk.wait(0.4)
    desk.hang_up()
    assert desk.closed[-1].caller == "one two"


def test_what_the_last_look_says_counts() -> None:
    desk = looked_desk()
    desk.wait(0.4)
    desk.understand("one two three", piece="probe")
    desk.hang_up()
    assert desk.closed[-1].caller == "one two three"


def test_what_was_seen_is_not_said_twice() -> None:
    desk = looked_desk()
    desk.wait(0.8)
    desk.understand("one two three")
    desk.hang_up()
    assert [closed.caller for closed in desk.closed if closed.caller] == ["one two three"]


def test_words_of_a_closed_piece_are_no_longer_those_of_the_look() -> None:
    desk = looked_desk()
    desk.speak(6.0)
    desk.hang_up()
    assert desk.closed[-1].caller == ""
