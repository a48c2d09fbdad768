"""Voice over an unfinished turn: silence at once, then final, or back again."""

from dataclasses import replace

import pytest

from common.messages import Sentence, StageFailed, ToolEnded, ToolStarted
from gateway.turn.events import CloseTurn, LanguageChanged, PublishTranscript, PublishUtterance
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from tests.sim.desk import Desk, asked_desk, speaking_desk
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book

PHRASE_REPEAT, PHRASE_FALLBACK = 1, 3


def transcripts(desk: Desk) -> list[str]:
    """What was given to the model by the core itself."""
    return [command.text for command in desk.all(PublishTranscript)]


def probes(desk: Desk) -> list[PublishUtterance]:
    """Probes that were sent."""
    return [piece for piece in desk.published if piece.piece == "probe"]


def cough(desk: Desk) -> None:
    """A short voice over the bot, and half a second of silence."""
    desk.speak(0.2)
    desk.wait(0.5)


# -- Silent at once ---------------------------------------------------------------------------


def test_an_onset_over_the_bot_clears_what_the_provider_has() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    assert desk.clears == [desk.now]


def test_nothing_leaves_while_it_is_undecided() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    held_at = desk.now
    desk.wait(1.0)
    assert desk.frames_since(held_at) == []


def test_it_raises_nothing() -> None:
    desk = speaking_desk()
    cough(desk)
    assert desk.turn == 1


def test_it_is_told_once() -> None:
    desk = speaking_desk()
    desk.speak(0.3)
    assert desk.reports.count("BARGE_IN: interrupt speaking") == 1


def test_while_the_bot_thinks_there_is_nothing_to_clear() -> None:
    desk = asked_desk()
    desk.speak(0.3)
    assert desk.clears == []


def test_while_only_the_provider_still_plays_it_is_cleared() -> None:
    desk = asked_desk()
    desk.reply("one two three.", seconds=1.0)
    desk.wait(0.9)  # all was sent, 130 ms of it are not played
    sent = len(desk.frames)
    desk.machine.call.turn.reply.ended = False  # the reply could go on: no rest counts as heard
    desk.speak(0.1)
    assert (sent, desk.clears) == (50, [desk.now])


# -- Back again -------------------------------------------------------------------------------


def test_a_cough_is_probed_at_its_pause() -> None:
    desk = speaking_desk()
    cough(desk)
    assert len(probes(desk)) == 1


def test_no_words_bring_the_bot_back() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.understand("")
    assert (desk.state, desk.reports[-1]) == (BotState.SPEAKING, "BARGE_IN_RESUMED")


def test_it_goes_on_near_the_start_of_the_cut_word() -> None:
    desk = asked_desk()
    desk.reply("one two.", "three four five six.", seconds=1.0)
    desk.wait(1.5)
    cough(desk)
    desk.understand("")
    resumed_at = desk.now
    desk.wait(0.1)
    first = desk.frames_since(resumed_at)[0]
    assert (first.sentence, first.offset) == (1, 1760)


def test_it_goes_on_in_a_new_epoch() -> None:
    desk = speaking_desk()
    epoch = desk.machine.call.playout.epoch
    cough(desk)
    desk.understand("")
    desk.wait(0.3)
    assert desk.marks[-1].startswith(f"1.{epoch + 1}:")


def test_marks_that_come_back_after_the_clear_prove_nothing() -> None:
    desk = speaking_desk()
    cough(desk)
    assert desk.machine.call.playout.rest_s(desk.now) > 1.0


def test_while_the_bot_thought_nothing_is_said_about_going_on() -> None:
    desk = asked_desk()
    cough(desk)
    desk.understand("")
    assert "BARGE_IN_RESUMED" not in desk.reports


def test_a_nod_brings_it_back_once_the_floor_ended() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.understand("כן")
    waiting = desk.state
    desk.wait(0.3)
    assert (waiting, desk.state) == (BotState.LISTENING, BotState.SPEAKING)


def test_the_same_words_again_bring_it_back_and_are_told() -> None:
    desk = speaking_desk()
    desk.speak(0.3)
    desk.wait(0.8)
    desk.understand("שלום")
    assert (desk.state, desk.reports[-2:]) == (BotState.SPEAKING, ["DEDUP: same utterance ignored", "BARGE_IN_RESUMED"])


def test_two_seconds_of_silence_bring_it_back_without_words() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(2.4)
    assert desk.state is BotState.SPEAKING


def test_another_onset_starts_the_two_seconds_again() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(1.5)
    desk.speak(0.2)
    desk.wait(1.5)
    assert desk.state is BotState.LISTENING


def test_the_whole_hold_is_probed_when_it_goes_on() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.wait(0.3)
    cough(desk)
    assert probes(desk)[-1].start == probes(desk)[0].start


def test_words_of_a_pause_that_was_none_bring_nothing_back() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(0.32)
    desk.speak(0.1)
    desk.understand("", seq=probes(desk)[0].seq)
    assert desk.state is BotState.LISTENING


def test_a_lasting_voice_without_words_brings_it_back() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=6000))
    desk.speak(1.3)
    desk.understand("")
    assert desk.state is BotState.SPEAKING


def test_voice_that_outlasts_it_is_ignored_until_it_pauses() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=6000))
    desk.speak(1.3)
    desk.understand("")
    desk.speak(1.0)
    assert desk.state is BotState.SPEAKING


def test_after_a_pause_the_voice_counts_again() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=6000), "one two three four.", seconds=5.0)
    desk.speak(1.3)
    desk.understand("")
    desk.wait(0.24)
    desk.speak(0.2)
    assert desk.state is BotState.LISTENING


def test_after_six_seconds_it_is_taken_back_and_all_of_it_goes_to_asr_once_more() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=60000))
    onset = desk.machine.call.floor.frame + 1
    desk.speak(6.2)
    last = probes(desk)[-1]
    assert (desk.state, last.start, last.end) == (BotState.SPEAKING, onset - 20, onset + 305)


def test_after_six_seconds_a_recogniser_that_failed_in_the_pause_is_asked_once_more() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=60000))
    desk.speak(5.6)
    desk.wait(0.36)
    before = probes(desk)[-1]
    desk.report(StageFailed(head=desk.head(seq=before.seq), stage="asr", error="Timeout", piece="probe"))
    desk.wait(0.2)
    last = probes(desk)[-1]
    assert (desk.state, last.seq > before.seq, last.start, last.end) == (BotState.SPEAKING, True, before.start, before.end)


def test_a_little_rest_is_not_worth_going_on_for() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three.", 1.0)
    desk.wait(0.8)
    cough(desk)
    desk.end_reply(1)
    desk.understand("")
    assert desk.ends[-1] == "replied"


def test_a_little_rest_at_the_onset_is_no_hold() -> None:
    desk = asked_desk()
    desk.reply("one two three.", seconds=1.0)
    desk.wait(0.84)
    desk.speak(0.1)
    assert desk.ends[-1] == "replied"


def test_a_little_rest_counts_as_heard() -> None:
    desk = asked_desk()
    desk.reply("one two three.", seconds=1.0)
    desk.wait(0.84)
    desk.speak(0.1)
    assert desk.all(CloseTurn)[-1].heard == "one two three."


def test_the_voice_is_then_the_next_utterance() -> None:
    desk = asked_desk()
    desk.reply("one two three.", seconds=1.0)
    desk.wait(0.84)
    desk.say("עוד")
    assert desk.machine.call.turn.text == "עוד"


def test_a_hold_whose_frames_stop_is_probed_by_the_clock() -> None:
    desk = speaking_desk()
    desk.speak(0.3)
    desk.without_frames(1.1)
    assert len(probes(desk)) == 1


# -- Final ------------------------------------------------------------------------------------


def test_words_are_final() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.understand("עצור")
    assert desk.ends[-1] == "interrupted"


def test_a_stop_word_is_final() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.understand("רגע")
    assert desk.ends[-1] == "interrupted"


def test_lasting_voice_is_final() -> None:
    desk = speaking_desk()
    desk.speak(0.62)
    assert desk.ends[-1] == "interrupted"


def test_voice_that_does_not_last_is_not() -> None:
    desk = speaking_desk()
    desk.speak(0.56)
    assert desk.ends[-1] == "replied"


def known_voice_desk() -> Desk:
    """A call in which the caller's own level is known, and the bot speaks."""
    desk = Desk()
    desk.say("שלום וברכה לכולם", seconds=1.5)
    desk.reply("one two three four five six.", seconds=4.0)
    desk.wait(0.6)
    return desk


@pytest.mark.parametrize(("level", "end"), [(320, "interrupted"), (250, "replied")])
def test_only_voice_as_loud_as_the_callers_is_final_by_length(level: int, end: str) -> None:
    desk = known_voice_desk()
    desk.speak(0.8, level=level)
    assert desk.ends[-1] == end


def test_an_onset_counts_as_no_more_than_it_is_loud() -> None:
    desk = known_voice_desk()
    desk.speak(0.1, level=250)
    desk.speak(0.56)
    assert desk.ends[-1] == "replied"


@pytest.mark.parametrize("gap_s", [0.4, 0.8])
def test_coughs_with_pauses_between_are_no_lasting_voice(gap_s: float) -> None:
    desk = speaking_desk(seconds=6.0)
    for _ in range(3):
        desk.speak(0.3)
        desk.wait(gap_s)
    assert desk.ends[-1] == "replied"


def test_a_gap_that_is_no_pause_is_no_end_of_a_lasting_voice() -> None:
    desk = speaking_desk()
    for _ in range(3):
        desk.speak(0.3)
        desk.wait(0.2)
    assert desk.ends[-1] == "interrupted"


def test_a_second_voice_lasts_from_its_onset() -> None:
    desk = speaking_desk()
    desk.speak(0.3)
    desk.wait(0.8)
    desk.speak(0.62)
    assert desk.ends[-1] == "interrupted"


def test_a_second_voice_without_a_pause_before_it_lasts_anew() -> None:
    desk = speaking_desk(replace(RULES, min_utt_s=0.2), seconds=6.0)
    for _ in range(2):
        desk.speak(0.4)
        desk.wait(0.24)
    assert desk.ends[-1] == "replied"


def test_length_is_not_final_before_anything_was_heard() -> None:
    desk = asked_desk()
    desk.speak(1.0)
    assert desk.turn == 1


def test_length_is_not_final_after_it_brought_no_words() -> None:
    desk = speaking_desk()
    desk.speak(0.7)
    desk.wait(0.8)
    desk.understand("")  # and the bot asks to say it again
    desk.wait(0.4)
    desk.speak(0.65)
    assert desk.ends == ["replied", "interrupted", "nothing_heard"]


def test_a_nod_is_an_answer_before_anything_was_heard() -> None:
    desk = asked_desk()
    cough(desk)
    desk.understand("כן")
    assert desk.ends[-1] == "superseded"


def test_a_key_is_final_in_one() -> None:
    desk = speaking_desk()
    desk.press("1")
    assert (desk.ends[-1], len(desk.clears)) == ("interrupted", 1)


def test_the_text_of_a_probe_of_it_all_is_the_next_utterance() -> None:
    desk = speaking_desk()
    desk.speak(0.3)
    desk.wait(0.8)
    desk.understand("עצור")
    assert transcripts(desk) == ["עצור"]


def test_all_of_its_sound_is_published_if_the_probe_was_not_of_all() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.speak(0.2)
    desk.wait(0.75)
    first, second = probes(desk)
    desk.understand("עצור", seq=first.seq)
    assert (desk.published[-1].piece, desk.published[-1].start, desk.published[-1].end) == ("whole", second.start, second.end)


def test_the_other_probes_are_void() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.speak(0.2)
    desk.wait(0.75)
    first, second = probes(desk)
    desk.understand("עצור", seq=first.seq)
    assert desk.understand("עצור עכשיו", seq=second.seq) == []


def test_a_voice_that_lasts_is_published_when_it_ends() -> None:
    desk = speaking_desk()
    desk.speak(1.0)
    before = len([piece for piece in desk.published if piece.piece == "whole"])
    desk.wait(0.8)
    assert [before, len([piece for piece in desk.published if piece.piece == "whole"])] == [1, 2]


def test_nothing_of_the_held_turn_is_sent_afterwards() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    held_at = desk.now
    desk.speak(0.9)
    desk.wait(3.0)
    assert [frame for frame in desk.frames_since(held_at) if frame.turn == 1] == []


# -- Superseded -------------------------------------------------------------------------------


def test_what_a_superseded_turn_had_goes_in_front() -> None:
    desk = asked_desk(text="אני רוצה")
    desk.speak(0.8)
    desk.wait(0.8)
    desk.understand("תור")
    assert (desk.ends[-1], transcripts(desk)) == ("superseded", ["אני רוצה תור"])


def test_it_accumulates() -> None:
    desk = asked_desk(text="אני רוצה")
    for text in ("תור", "למחר"):
        desk.speak(0.8)
        desk.wait(1.0)
        desk.understand(text)
    assert transcripts(desk)[-1] == "אני רוצה תור למחר"


def test_it_leaves_no_history() -> None:
    desk = asked_desk(text="אני רוצה")
    desk.speak(0.8)
    desk.wait(0.8)
    desk.understand("תור")
    assert (desk.all(CloseTurn)[-1].caller, desk.all(CloseTurn)[-1].heard) == ("", "")


def test_sound_whose_words_are_not_known_is_sent_again() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(1.06)
    first = desk.published[0]
    cough(desk)
    desk.understand("תור")
    again = desk.published[-1]
    assert (again.piece, again.start, again.end, again.seq != first.seq) == ("segment", first.start, first.end, True)


def test_its_words_are_joined_with_what_follows() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(1.06)
    cough(desk)
    desk.wait(0.4)
    desk.understand("תור")
    desk.understand("אני רוצה", seq=desk.published[-1].seq)
    assert transcripts(desk) == ["אני רוצה תור"]


def test_the_old_words_of_that_sound_are_void() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(0.8)
    cough(desk)
    desk.understand("תור")
    assert desk.understand("אני רוצה", seq=desk.published[0].seq) == []


def test_segments_are_not_sent_again() -> None:
    desk = Desk()
    desk.speak(7.0)
    desk.wait(0.8)
    segments = [piece.seq for piece in desk.published]
    cough(desk)
    desk.wait(0.4)
    desk.understand("ועוד")
    for seq, text in zip(segments, ("אחת", "שתיים"), strict=True):
        desk.understand(text, seq=seq)
    assert transcripts(desk) == ["אחת שתיים ועוד"]


def test_a_key_behind_a_superseded_turn_asks_the_model_anew() -> None:
    desk = asked_desk(text="אני רוצה")
    desk.press("#")
    assert transcripts(desk) == ["אני רוצה"]


def test_a_tool_with_effects_closes_the_turn_instead() -> None:
    desk = asked_desk(text="אני רוצה")
    desk.report(ToolStarted(head=desk.head(), name="book", timeout_s=5.0, effects=True))
    desk.speak(0.8)
    desk.wait(0.8)
    desk.understand("תור")
    assert (desk.all(CloseTurn)[-1].how, desk.all(CloseTurn)[-1].caller, transcripts(desk)) == ("interrupted", "אני רוצה", ["תור"])


def test_a_tool_that_began_before_a_raise_and_is_told_after_it_is_none_of_the_next_turn() -> None:
    desk = asked_desk(text="אני רוצה")
    began = ToolStarted(head=desk.head(), name="book", timeout_s=5.0, effects=True)
    desk.speak(0.8)
    desk.wait(0.8)
    desk.understand("תור")
    desk.report(began)
    assert (desk.all(CloseTurn)[-1].how, desk.machine.call.turn.effects, transcripts(desk)) == ("superseded", False, ["אני רוצה תור"])


def test_a_tool_that_ends_after_its_turn_is_none_of_the_next_turn() -> None:
    desk = asked_desk(text="אני רוצה")
    desk.report(ToolStarted(head=desk.head(), name="book", timeout_s=5.0, effects=True))
    ended = ToolEnded(head=desk.head(), name="book", ok=True)
    desk.speak(0.8)
    desk.wait(0.8)
    desk.understand("תור")
    progress_at = desk.machine.call.turn.progress_at
    desk.report(ended)
    assert desk.machine.call.turn.progress_at == progress_at


# -- Keys behind a hold -----------------------------------------------------------------------


def test_a_key_stands_behind_the_voice_of_the_hold() -> None:
    desk = speaking_desk()
    desk.speak(0.4)
    desk.wait(0.9)
    desk.press("5")
    desk.wait(1.6)
    desk.understand("שלוחה")
    assert transcripts(desk) == ["שלוחה 5"]


def test_a_key_during_the_voice_stands_behind_it() -> None:
    desk = speaking_desk()
    desk.speak(0.4)
    desk.press("5")
    desk.wait(1.6)
    desk.understand("שלוחה")
    assert transcripts(desk) == ["שלוחה 5"]


# -- The held turn ends by itself -------------------------------------------------------------


def test_a_second_voice_within_a_hold_is_probed_while_it_lasts_from_where_the_first_began() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=60000), seconds=8.0)
    desk.speak(0.3)
    desk.wait(0.8)
    first = desk.published[-1]
    desk.speak(1.4)
    again = desk.published[-1]
    assert (again.piece, again.start, again.seq > first.seq) == ("probe", first.start, True)


def test_words_that_are_missing_do_not_stop_a_caller_who_goes_on() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(1.06)
    desk.speak(0.5)
    desk.understand("", seq=desk.published[0].seq)
    desk.wait(1.06)
    desk.understand("שלום")
    assert (desk.ends, desk.machine.call.turn.text) == (["replied", "nothing_heard"], "שלום")


def test_a_short_voice_without_words_puts_off_what_is_to_be_said_and_no_more() -> None:
    desk = Desk()
    desk.speak(1.0)
    desk.wait(0.8)
    desk.speak(0.2)
    desk.wait(0.8)
    desk.understand("", seq=desk.published[0].seq)
    before = list(desk.line.heard)
    desk.understand("")
    desk.wait(1.0)
    assert (before, desk.sentences_heard) == ([], [PHRASE_REPEAT])


def test_a_fallback_waits_for_a_cough_and_is_spoken() -> None:
    desk = asked_desk()
    desk.speak(0.16)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="Timeout"))
    desk.wait(0.8)
    desk.understand("")
    desk.wait(1.0)
    assert desk.sentences_heard == [PHRASE_FALLBACK]


def test_words_are_the_better_answer_to_a_fallback_that_waits() -> None:
    desk = asked_desk()
    desk.speak(1.0)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="Timeout"))
    desk.wait(0.8)
    desk.understand("ועוד")
    desk.wait(1.0)
    assert (desk.machine.call.turn.committed, desk.line.heard) == (True, [])


def test_a_recogniser_that_failed_did_not_hear_that_nothing_is_said() -> None:
    desk = asked_desk()
    desk.speak(1.3)
    desk.report(StageFailed(head=desk.head(seq=desk.published[-1].seq), stage="asr", error="Timeout"))
    assert desk.machine.holding.hold is not None


def test_a_recogniser_that_failed_behind_the_voice_leaves_nothing_to_wait_for() -> None:
    desk = asked_desk()
    desk.speak(0.2)
    desk.wait(0.8)
    desk.report(StageFailed(head=desk.head(seq=desk.published[-1].seq), stage="asr", error="Timeout"))
    assert desk.machine.holding.hold is None


def test_late_words_wait_for_what_may_not_be_interrupted() -> None:
    desk = asked_desk(replace(RULES, barge_in=False))
    desk.speak(0.2)
    desk.wait(2.6)
    desk.reply("one two three four five six seven eight.", seconds=2.0)
    desk.wait(0.5)
    desk.understand("ועוד", seq=desk.published[-1].seq)
    before = (list(desk.ends), list(desk.clears))
    desk.wait(2.0)
    assert (before, desk.ends[-1], desk.machine.call.turn.text) == ((["replied"], []), "replied", "ועוד")


def test_a_nod_behind_which_the_bot_spoke_to_its_end_is_no_question() -> None:
    desk = speaking_desk(replace(RULES, barge_in_mode="duck"), "one two three.", seconds=1.3)
    desk.speak(0.4)
    desk.wait(0.8)
    desk.understand("אהה")
    desk.wait(0.5)
    assert (desk.asked, desk.state) == ([], BotState.LISTENING)


def test_the_same_word_answers_the_question_that_the_bot_ended_with() -> None:
    desk = speaking_desk(replace(RULES, barge_in_mode="duck"), "one two three?", seconds=1.3)
    desk.speak(0.4)
    desk.wait(0.8)
    desk.understand("כן")
    desk.wait(0.5)
    assert desk.machine.call.turn.text == "כן"


def understood_without_lists(seconds: float, text: str = "Nein.") -> Desk:
    """A voice of this length over the reply, in a language of which no words are known, and what the recogniser makes of it."""
    desk = speaking_desk(None, "one two three four five six seven eight.", seconds=4.0)
    desk.do(LanguageChanged(phrase_book(), Lexicon()))
    desk.speak(seconds)
    desk.wait(0.32)
    desk.understand(text, piece="probe")
    desk.wait(0.5)
    return desk


def test_where_no_nods_are_known_a_word_that_lasts_is_an_interruption() -> None:
    assert understood_without_lists(0.32).ends[-1] == "interrupted"


def test_where_no_nods_are_known_a_brief_word_is_one() -> None:
    desk = understood_without_lists(0.3)
    assert (desk.turn, desk.reports[-1]) == (1, "BARGE_IN_RESUMED")


def test_where_no_nods_are_known_two_brief_words_are_an_interruption() -> None:
    assert understood_without_lists(0.2, "Ja, nein.").ends[-1] == "interrupted"


@pytest.mark.parametrize(("seconds", "text"), [(0.3, ""), (0.32, "Nein.")])
def test_where_no_nods_are_known_a_brief_word_behind_which_the_bot_spoke_to_its_end_is_no_question(seconds: float, text: str) -> None:
    desk = speaking_desk(replace(RULES, barge_in_mode="duck"), "one two three.", seconds=1.3)
    desk.do(LanguageChanged(phrase_book(), Lexicon()))
    desk.speak(seconds)
    desk.wait(0.8)
    desk.understand("Nein.")
    assert desk.machine.call.turn.text == text


def test_the_two_seconds_of_an_undecided_hold_begin_at_the_end_of_a_voice_without_an_early_pause() -> None:
    desk = asked_desk(replace(RULES, min_utt_s=0.2))
    desk.speak(0.4)
    desk.wait(2.4)
    assert desk.machine.holding.hold is None


def test_a_voice_over_a_turn_that_fails_is_answered_together_with_it() -> None:
    desk = asked_desk()
    desk.speak(0.5)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="Timeout"))
    desk.wait(1.06)
    desk.understand("שלום לך")
    assert (desk.ends[-1], desk.machine.call.turn.text) == ("superseded", "שלום שלום לך")


# -- Late words -------------------------------------------------------------------------------


def resumed_desk(rules: Rules | None = None) -> Desk:
    """A call in which a voice was taken for nothing, and its words are still awaited."""
    desk = speaking_desk(rules, " ".join("abcdefghijklmnop"), seconds=6.0)
    desk.speak(0.3)
    desk.wait(2.6)
    assert desk.state is BotState.SPEAKING
    return desk


def test_late_words_are_final() -> None:
    desk = resumed_desk()
    desk.understand("עצור")
    assert (desk.ends[-1], transcripts(desk)) == ("interrupted", ["עצור"])


@pytest.mark.parametrize("text", ["", "כן", "שלום"])
def test_late_nods_duplicates_and_silence_are_nothing(text: str) -> None:
    desk = resumed_desk()
    desk.understand(text)
    assert desk.state is BotState.SPEAKING


def test_a_late_nod_is_an_answer_if_nothing_was_heard_before_it() -> None:
    desk = asked_desk()
    cough(desk)
    desk.wait(2.0)
    desk.understand("כן", piece="probe")
    assert (desk.ends[-1], transcripts(desk)) == ("superseded", ["שלום כן"])


def test_a_late_nod_of_a_voice_that_interrupted_is_an_answer() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=9000, speculate="asr"))
    for _ in range(2):
        desk.speak(0.3)
        desk.wait(0.32)
    first, second = probes(desk)[-2:]
    desk.understand("רגע", seq=first.seq)
    desk.wait(8.0)
    desk.understand("כן", seq=second.seq)
    assert transcripts(desk)[1:] == ["כן"]


def test_late_words_are_the_same_again_if_their_voice_began_soon_after_the_reply() -> None:
    desk = asked_desk()
    desk.reply("one two.", seconds=0.5)
    desk.wait(1.5)
    cough(desk)
    desk.wait(6.0)
    desk.understand("שלום", piece="probe")
    assert transcripts(desk) == []


def test_late_words_during_another_hold_stand_before_it() -> None:
    desk = resumed_desk()
    late = probes(desk)[-1]
    cough(desk)
    desk.understand("אני", seq=late.seq)
    desk.wait(0.3)
    desk.understand("רוצה")
    assert transcripts(desk) == ["אני רוצה"]


def test_late_words_while_the_caller_speaks_stand_before_it() -> None:
    desk = resumed_desk()
    late = probes(desk)[-1]
    desk.speak(0.8)
    desk.understand("אני", seq=late.seq)
    desk.wait(0.8)
    desk.understand("רוצה")
    assert transcripts(desk) == ["אני רוצה"]


def test_late_words_void_a_draft_of_what_was_said_since() -> None:
    desk = resumed_desk()
    late = probes(desk)[-1]
    desk.wait(7.0)
    desk.speak(0.8)
    desk.wait(0.32)
    desk.understand("אני", seq=late.seq)
    assert desk.ends[-1] == "superseded"


def test_late_words_after_the_turn_are_the_next_utterance() -> None:
    desk = resumed_desk()
    desk.wait(7.0)
    desk.understand("עוד")
    assert (desk.ends[-1], transcripts(desk)) == ("replied", ["עוד"])


def test_late_words_stand_before_a_short_sound() -> None:
    desk = resumed_desk()
    late = probes(desk)[-1]
    desk.wait(7.0)
    desk.speak(0.2)
    desk.wait(1.06)
    desk.understand("אני", seq=late.seq)
    desk.understand("רוצה", piece="probe")
    assert transcripts(desk) == ["אני רוצה"]


def test_late_words_of_an_earlier_turn_stand_before_what_was_said_since() -> None:
    desk = resumed_desk()
    late = probes(desk)[-1]
    desk.wait(7.0)
    desk.say("רוצה")
    desk.understand("אני", seq=late.seq)
    assert transcripts(desk) == ["אני רוצה"]


def test_a_voice_that_was_ignored_goes_on_behind_late_words() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=60000))
    desk.speak(7.0)
    desk.understand("אני")
    desk.speak(0.5)
    desk.wait(0.8)
    desk.understand("רוצה")
    assert transcripts(desk) == ["אני רוצה"]


def test_after_the_bot_took_the_floor_late_words_unmute_nobody() -> None:
    desk = speaking_desk(replace(RULES, max_turn_s=3.0, barge_in_final_ms=60000), "one two three four.", seconds=9.0)
    desk.speak(0.3)
    desk.wait(2.6)
    late = probes(desk)[-1]
    desk.wait(9.0)
    desk.speak(3.2)
    desk.understand("אני", seq=late.seq)
    assert desk.machine.call.floor.muted


def test_after_the_bot_took_the_floor_late_words_that_interrupt_unmute_nobody() -> None:
    desk = speaking_desk(replace(RULES, max_turn_s=3.0, barge_in_final_ms=60000), "one two three four.", seconds=9.0)
    desk.speak(0.3)
    desk.wait(2.6)
    late = probes(desk)[-1]
    desk.wait(9.0)
    desk.speak(3.2)
    desk.understand("אני רוצה")
    desk.reply("one two three four five six seven eight.", seconds=2.0)
    desk.speak(1.0)
    desk.understand("בבקשה", seq=late.seq)
    desk.speak(0.2)
    assert (desk.ends[-1], desk.machine.call.floor.muted) == ("interrupted", True)


# -- Held too often ---------------------------------------------------------------------------


def often_held_desk() -> Desk:
    """A call in which the reply was held, and taken back, three times."""
    desk = speaking_desk(None, "one two three four five six seven eight.", seconds=6.0)
    for _ in range(3):
        cough(desk)
        desk.understand("")
        desk.wait(0.4)
    return desk


def test_the_fourth_hold_does_not_stop_the_bot() -> None:
    desk = often_held_desk()
    cough(desk)
    assert (desk.state, len(desk.clears)) == (BotState.SPEAKING, 3)


def test_noises_while_the_bot_thinks_do_not_count() -> None:
    desk = asked_desk()
    for _ in range(3):
        cough(desk)
        desk.understand("")
        desk.wait(0.4)
    desk.reply("one two three four five six seven eight.", seconds=2.0)
    desk.wait(0.6)
    desk.speak(0.2)
    assert len(desk.clears) == 1


def test_words_still_do() -> None:
    desk = often_held_desk()
    cough(desk)
    desk.understand("עצור")
    assert desk.ends[-1] == "interrupted"


def test_a_reply_that_is_heard_during_it_leaves_the_voice_to_the_next_turn() -> None:
    desk = often_held_desk()
    desk.wait(5.2)
    desk.speak(0.3)
    desk.wait(0.8)
    desk.wait(0.5)
    assert desk.ends[-1] == "replied"


# -- BARGE_IN=false ---------------------------------------------------------------------------

POLITE = replace(RULES, barge_in=False)


def test_without_barge_in_voice_does_not_stop_the_bot() -> None:
    desk = speaking_desk(POLITE)
    desk.speak(1.0)
    assert (desk.state, desk.clears) == (BotState.SPEAKING, [])


def test_voice_that_ends_before_the_reply_does_is_nothing() -> None:
    desk = speaking_desk(POLITE)
    desk.speak(0.3)
    desk.wait(3.0)
    assert len(desk.published) == 1


def test_voice_that_goes_on_at_the_last_mark_is_an_utterance_with_its_pre_roll() -> None:
    desk = speaking_desk(POLITE)
    desk.wait(1.0)
    onset = desk.machine.call.floor.frame + 1
    desk.speak(1.0)
    desk.wait(0.8)
    assert (desk.published[-1].piece, desk.published[-1].start) == ("whole", onset - 20)


def test_of_a_voice_that_was_ignored_for_long_one_piece_goes_in_front() -> None:
    desk = speaking_desk(POLITE, "one two three four.", seconds=12.0)
    desk.speak(13.0)
    desk.wait(0.8)
    sound = [piece.end - piece.start for piece in desk.published[1:]]
    assert (len(sound), max(sound) <= 300) == (2, True)


def test_a_gap_in_the_reply_is_not_its_end() -> None:
    desk = asked_desk(POLITE)
    desk.sentence(0, "one two.", 1.0)
    desk.wait(0.6)
    desk.speak(1.0)
    assert desk.machine.holding.hold is None


def test_a_voice_that_began_in_a_gap_is_ignored_too() -> None:
    desk = asked_desk(POLITE)
    desk.sentence(0, "one two.", 1.0)
    desk.wait(1.4)
    desk.speak(0.3)
    assert desk.machine.holding.hold is None


def test_while_the_bot_thinks_voice_is_held_all_the_same() -> None:
    desk = asked_desk(POLITE)
    desk.speak(0.3)
    assert desk.machine.holding.hold is not None


def test_a_key_interrupts_all_the_same() -> None:
    desk = speaking_desk(POLITE)
    desk.speak(0.3)
    desk.press("1")
    desk.wait(1.6)
    desk.understand("")
    assert (desk.ends[-1], transcripts(desk)) == ("interrupted", ["1"])


# -- Fixed phrases ----------------------------------------------------------------------------


def test_the_greeting_is_held_and_goes_on_where_it_was() -> None:
    desk = Desk(phrases=phrase_book())
    desk.wait(0.5)
    cough(desk)
    desk.understand("")
    resumed_at = desk.now
    desk.wait(0.1)
    assert 0 < desk.frames_since(resumed_at)[0].offset < 0.6 * 8000


def test_words_over_the_greeting_interrupt_it() -> None:
    desk = Desk(phrases=phrase_book())
    desk.wait(0.5)
    cough(desk)
    desk.understand("עצור")
    assert desk.ends == ["interrupted"]


def test_a_held_filler_is_dropped() -> None:
    desk = asked_desk()
    desk.wait(2.2)
    cough(desk)
    desk.understand("")
    resumed_at = desk.now
    desk.wait(1.0)
    assert desk.frames_since(resumed_at) == []


def test_words_behind_an_empty_probe_of_a_voice_that_lasts_are_not_lost() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=5000), "one two three four five six seven eight.", seconds=8.0)
    desk.speak(1.3)
    probe = desk.published[-1]
    desk.speak(0.3)
    desk.understand("", seq=probe.seq)
    assert (probe.piece, desk.published[-1].end > probe.end) == ("probe", True)


def test_a_cough_now_and_then_does_not_put_the_fallback_off_for_ever() -> None:
    desk = asked_desk()
    for _ in range(25):
        desk.speak(0.2)
        desk.wait(0.8)
        desk.understand("")
        desk.wait(0.2)
    assert "fallback" in desk.ends


# -- What a hold tells, and what it sends -------------------------------------------------------


def test_while_the_bot_thinks_no_interruption_is_told() -> None:
    desk = asked_desk()
    desk.speak(0.3)
    assert "BARGE_IN: interrupt speaking" not in desk.reports


def test_a_cough_is_told_as_no_duplicate() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.understand("", piece="probe")
    assert [name for name in desk.reports if name.startswith("DEDUP")] == []


def test_a_hold_whose_words_never_come_sends_its_sound_once() -> None:
    desk = speaking_desk(seconds=6.0)
    desk.speak(0.2)
    desk.wait(3.0)
    assert (len(probes(desk)), desk.reports[-1]) == (1, "BARGE_IN_RESUMED")


def test_where_frames_came_late_a_voice_that_the_clock_ended_was_probed_whole() -> None:
    desk = speaking_desk(seconds=6.0)
    desk.speak(0.2)
    desk.without_frames(1.1)
    desk.wait(0.2)
    desk.understand("", piece="probe")
    assert desk.reports[-1] == "BARGE_IN_RESUMED"


def test_late_words_of_an_earlier_voice_are_final_during_the_next_one() -> None:
    desk = speaking_desk(seconds=9.0)
    desk.speak(0.2)
    desk.wait(3.0)
    late = probes(desk)[-1]
    desk.speak(0.2)
    desk.understand("שלום לך", seq=late.seq, piece="probe")
    assert (desk.ends[-1], desk.machine.holding.hold) == ("superseded", None)


def test_words_of_the_pause_in_which_it_became_final_are_the_callers() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=9000, speculate="asr"))
    desk.speak(1.4)
    desk.wait(0.35)
    first, last = probes(desk)[-2:]
    desk.understand("אני", seq=first.seq, piece="probe")
    desk.wait(0.5)
    desk.understand("אני רוצה", seq=last.seq, piece="probe")
    assert (desk.ends[-1], desk.asked[-1]) == ("interrupted", "אני רוצה")


def test_a_voice_that_was_probed_whole_is_not_probed_again() -> None:
    desk = speaking_desk()
    cough(desk)
    desk.understand("", piece="probe")
    assert len(probes(desk)) == 1


def test_words_that_are_known_are_not_recognised_again() -> None:
    desk = asked_desk()
    desk.press("1")
    assert (desk.ends[-1], len(desk.published)) == ("superseded", 1)


def lasting_desk(seconds: float) -> Desk:
    """A caller who has talked over the bot for a while; only words are final."""
    desk = speaking_desk(replace(RULES, barge_in_final_ms=9000), seconds=4.0)
    desk.speak(seconds)
    return desk


def test_the_other_probes_of_a_hold_that_became_final_are_void() -> None:
    desk = lasting_desk(2.6)
    desk.wait(0.35)
    first, _, last = probes(desk)
    desk.understand("אני", seq=first.seq, piece="probe")
    assert list(desk.machine.call.awaited) == [last.seq]


def test_a_probe_behind_which_the_voice_went_on_is_not_all() -> None:
    desk = lasting_desk(1.4)
    desk.understand("אני", piece="probe")
    assert (desk.ends[-1], desk.machine.call.open and desk.machine.call.open.draft) == ("interrupted", None)


def test_progress_during_a_hold_does_not_count_beyond_its_end() -> None:
    desk = asked_desk()
    desk.speak(0.2)
    desk.wait(1.2)
    desk.sentence(0, "one two.", None)
    desk.understand("", piece="probe")
    desk.wait(5.3)
    assert desk.ends[-1] == "fallback"


# -- A nod over the bot, and one that is an answer ----------------------------------------------


def test_a_nod_by_whose_length_the_bot_was_stopped_is_an_answer() -> None:
    desk = speaking_desk()
    desk.speak(0.9)
    desk.wait(1.06)
    desk.understand("כן")
    assert (desk.ends[-1], desk.machine.call.turn.text) == ("interrupted", "כן")


def test_a_nod_that_began_before_anything_was_heard_is_an_answer() -> None:
    desk = asked_desk(replace(RULES, barge_in_mode="duck"))
    desk.wait(2.2)
    desk.speak(0.2)
    desk.reply("one.", seconds=0.2)
    desk.wait(1.0)
    desk.understand("כן")
    desk.wait(0.5)
    assert (desk.ends[-1], desk.machine.call.turn.text) == ("replied", "כן")


def test_words_behind_which_the_bot_spoke_to_its_end_are_answered() -> None:
    desk = speaking_desk(replace(RULES, barge_in_mode="duck"), "one two three.", seconds=1.3)
    desk.speak(0.4)
    desk.wait(0.8)
    desk.understand("שלום לך")
    desk.wait(0.5)
    assert desk.machine.call.turn.text == "שלום לך"


# -- A hold with more than one voice ------------------------------------------------------------

UNDECIDED = replace(RULES, barge_in_final_ms=60000)
"""No length is final."""


def test_an_empty_probe_of_a_second_voice_that_lasts_takes_the_hold_back() -> None:
    desk = speaking_desk(UNDECIDED, seconds=8.0)
    desk.speak(0.3)
    desk.wait(0.8)
    desk.speak(1.3)
    desk.understand("", piece="probe")
    assert desk.machine.holding.hold is None


def test_the_length_of_a_second_voice_counts_from_its_onset() -> None:
    desk = speaking_desk(UNDECIDED, seconds=8.0)
    for _ in range(2):
        desk.speak(0.3)
        desk.wait(0.8)
    assert [probe.voiced_ms for probe in probes(desk)] == [300, 600]


def test_a_voice_that_goes_on_after_a_pause_is_not_silent() -> None:
    desk = speaking_desk(UNDECIDED, seconds=8.0)
    desk.speak(0.3)
    desk.wait(0.4)
    desk.speak(2.5)
    assert desk.machine.holding.hold is not None


def test_a_key_behind_a_second_voice_stands_behind_both() -> None:
    desk = speaking_desk(UNDECIDED, seconds=8.0)
    desk.speak(0.3)
    desk.wait(0.8)
    first = desk.published[-1]
    desk.speak(0.5)
    desk.press("7")
    assert [(piece.piece, piece.start) for piece in desk.published[-2:]] == [("probe", first.start), ("segment", first.start)]


def test_voice_behind_the_last_probe_is_probed_where_frames_stop() -> None:
    desk = speaking_desk(UNDECIDED, seconds=8.0)
    desk.speak(1.5)
    lasting = desk.published[-1]
    desk.without_frames(1.5)
    assert (desk.published[-1].piece, desk.published[-1].end > lasting.end) == ("probe", True)


def test_words_of_all_but_the_last_probe_of_a_hold_that_was_taken_back_are_stale() -> None:
    desk = speaking_desk(UNDECIDED, seconds=9.0)
    desk.speak(0.3)
    desk.wait(0.4)
    first = desk.published[-1]
    desk.speak(0.3)
    desk.wait(2.6)
    desk.understand("שלום לך", seq=first.seq, piece="probe")
    assert (desk.turn, desk.machine.speaking.stale.total()) == (1, 1)


# -- What a final hold leaves ---------------------------------------------------------------------


def test_a_voice_that_is_final_by_its_length_is_no_longer_probed() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=1200), seconds=8.0)
    desk.speak(1.3)
    assert (desk.ends[-1], probes(desk)) == ("superseded", [])


def test_a_final_hold_is_told() -> None:
    desk = speaking_desk()
    desk.speak(1.5)
    assert "BARGE_IN_FINAL" in desk.reports


def test_words_of_a_superseded_turn_that_were_asked_for_anew_count_once() -> None:
    desk = Desk()
    desk.wait(0.5)
    desk.speak(1.0)
    desk.wait(0.8)
    before = desk.published[-1]
    desk.press("7")
    desk.understand("שלום", seq=before.seq)
    assert (desk.ends[-1], desk.machine.speaking.stale.total(), desk.published[-1].piece) == ("superseded", 1, "segment")


# -- What a hold that was taken back leaves ---------------------------------------------------------


def held_thinking_desk(thought_s: float) -> Desk:
    """A call in which the bot has thought for so long, and was then held back for 1.2 s by a cough."""
    desk = asked_desk()
    desk.wait(thought_s)
    desk.speak(0.2)
    desk.wait(1.0)
    desk.understand("", piece="probe")
    return desk


def test_a_fallback_waits_longer_by_the_time_of_a_hold() -> None:
    desk = held_thinking_desk(4.0)
    desk.wait(0.5)
    before = desk.turn
    desk.wait(1.0)
    assert (before, desk.ends[-1]) == (1, "fallback")


def test_a_filler_waits_for_two_seconds_after_a_hold() -> None:
    desk = held_thinking_desk(1.5)
    desk.wait(1.8)
    before = desk.machine.call.turn.filler_said
    desk.wait(0.4)
    assert (before, desk.machine.call.turn.filler_said) == (False, True)


def test_a_reply_whose_end_came_in_a_hold_with_little_left_was_heard() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four.", 1.0)
    desk.wait(0.7)
    desk.speak(0.2)
    assert desk.machine.call.playout.rest_s(desk.now) > 0.1
    desk.end_reply(1)
    desk.wait(0.8)
    desk.understand("", piece="probe")
    assert (desk.ends[-1], desk.turn) == ("replied", 2)


def test_a_voice_whose_length_counts_just_as_protected_words_begin_does_not_stop_them() -> None:
    desk = asked_desk(replace(RULES, barge_in_mode="duck", barge_in_final_ms=400))
    desk.sentence(0, "one two three.", 1.0)
    desk.report(Sentence(head=desk.head(seq=1), text="four five six.", interruptible=False))
    desk.chunk(1, 1.0)
    desk.end_reply(2)
    while _unsent_frames(desk) != 20:
        desk.wait(0.02)
    desk.speak(0.6)
    assert (desk.turn, desk.clears) == (1, [])


def _unsent_frames(desk: Desk) -> int:
    """Of the first sentence."""
    clip = desk.machine.call.playout.clips[0]
    return (len(clip.audio) - clip.sent) // 160


def test_words_of_the_probe_of_a_hold_behind_which_a_key_was_pressed_are_stale() -> None:
    desk = speaking_desk()
    desk.speak(0.3)
    desk.wait(0.8)
    probe = desk.published[-1]
    desk.press("7")
    desk.understand("שלום", seq=probe.seq, piece="probe")
    assert (desk.machine.speaking.stale.total(), desk.machine.call.open is not None) == (1, True)
