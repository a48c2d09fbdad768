"""The promises of the hold, echo and short answers, on calls made by hand."""

import pytest

from tests.bench.turns.made_calls import VOICE_S, outcome, says, scene
from tests.bench.turns.outcome import Heard, Outcome, Piece, Reply
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.score_hold import answers, holding, own_echo
from tests.bench.turns.scored import Scored

CUT_S, ON_S = 10.2, 11.4
"""When the bot was silenced, and when it went on."""
CUT_BYTE = 17600


def scores(of: Scene, result: Outcome) -> dict[str, Scored]:
    return {each.metric: each for each in holding(of, result)}


def held(*heard: Heard, how: str = "resumed", ended: str = "replied", kind: Kind = Kind.VOCAL) -> dict[str, Scored]:
    made = scene(kind)
    last = heard[-1]
    reply = Reply(1, last.offset + round((last.end_s - last.start_s) * 8000), ended, 30.0)
    return scores(made, outcome(made, heard, holds=[(CUT_S - 0.1, ON_S, how)], replies=[reply]))


def test_a_hold_that_goes_on_where_it_was_cut_resumes() -> None:
    found = held(says(8.0, CUT_S), says(ON_S, 20.0, offset=CUT_BYTE))
    assert found["resumes"].good
    assert found["taken back"].latency_s == pytest.approx(1.2)


def test_going_on_with_the_cut_word_says_nothing_twice() -> None:
    assert held(says(8.0, CUT_S), says(ON_S, 20.0, offset=CUT_BYTE - 4600))["resumes"].good


def test_more_than_a_word_is_said_twice() -> None:
    found = held(says(8.0, CUT_S), says(ON_S, 20.0, offset=CUT_BYTE - 5600))
    assert found["taken back"].good
    assert not found["resumes"].good


def test_what_is_left_out_is_lost() -> None:
    assert not held(says(8.0, CUT_S), says(ON_S, 20.0, offset=CUT_BYTE + 800))["resumes"].good


def test_a_reply_whose_end_was_never_heard_lost_it() -> None:
    made = scene(Kind.VOCAL)
    heard = [says(8.0, CUT_S), says(ON_S, 20.0, offset=CUT_BYTE)]
    found = scores(made, outcome(made, heard, replies=[Reply(1, CUT_BYTE + 8000 * 12, "replied", 30.0)]))
    assert found["taken back"].good
    assert not found["resumes"].good


def test_a_silence_of_more_than_2_s_is_too_long() -> None:
    found = held(says(8.0, CUT_S), says(CUT_S + 2.1, 20.0, offset=CUT_BYTE))
    assert found["taken back"].latency_s == pytest.approx(2.1)
    assert not found["resumes"].good


def open_to_the_end(*heard: Heard, until_s: float, how: str) -> dict[str, Scored]:
    """The call ends while the reply has more to say; the hold lasts to its end, or to when the bot went on."""
    made = scene(Kind.VOCAL, voice_s=0.4)
    holds = [(CUT_S - 0.1, ON_S if how == "resumed" else until_s, how)]
    return scores(made, outcome(made, heard, holds=holds, replies=[Reply(1, 200_000, "hung_up", until_s)], length_s=until_s))


def test_a_reply_that_the_calls_end_cuts_short_went_on() -> None:
    assert open_to_the_end(says(8.0, CUT_S), says(ON_S, 15.4, offset=CUT_BYTE), until_s=15.4, how="resumed")["resumes"].good


def test_a_hold_that_ends_with_the_call_was_not_taken_back() -> None:
    found = open_to_the_end(says(8.0, CUT_S), until_s=15.4, how="over")
    assert [metric for metric in ("taken back", "resumes") if found[metric].good] == []


def test_the_silence_up_to_the_calls_end_counts() -> None:
    found = open_to_the_end(says(8.0, CUT_S), says(ON_S, 12.0, offset=CUT_BYTE), until_s=15.4, how="resumed")
    assert found["taken back"].latency_s == pytest.approx(3.4)
    assert not found["resumes"].good


def test_a_frame_that_sounds_at_the_calls_end_is_no_silence_below_zero() -> None:
    assert open_to_the_end(says(8.0, 15.42), until_s=15.4, how="resumed")["taken back"].latency_s == 0.0


def test_a_hold_that_is_said_to_be_taken_back_but_behind_which_nothing_sounds_was_not() -> None:
    assert not open_to_the_end(says(8.0, CUT_S), until_s=ON_S + 0.3, how="resumed")["taken back"].good


def test_of_a_reply_that_is_over_no_sound_has_to_come() -> None:
    made = scene(Kind.VOCAL)
    found = scores(made, outcome(made, [says(8.0, CUT_S)], holds=[(CUT_S, 12.0, "over")], replies=[Reply(1, CUT_BYTE, "replied", 12.0)]))
    assert found["resumes"].good


def test_a_hold_that_became_final_did_not_go_back() -> None:
    found = held(says(8.0, CUT_S), how="final", ended="interrupted")
    assert not found["taken back"].good
    assert not found["resumes"].good


def test_a_turn_that_was_ended_has_no_silence_that_could_be_short() -> None:
    assert held(says(8.0, CUT_S), how="final", ended="interrupted")["taken back"].latency_s is None


def test_a_turn_that_late_words_ended_did_not_go_on_either() -> None:
    assert not held(says(8.0, CUT_S), says(ON_S, 13.0, offset=CUT_BYTE), ended="interrupted")["taken back"].good


def test_of_an_interruption_the_clear_and_the_end_of_the_turn_count() -> None:
    made = scene(Kind.INTERRUPTION)
    reply = Reply(1, 90000, "interrupted", 11.0)
    found = scores(made, outcome(made, [says(8.0, 10.2)], clears=[9.0, 10.18], replies=[reply]))
    assert found["clear"].latency_s == pytest.approx(0.18)
    assert found["clear"].good
    assert found["gives way"].good


def test_of_a_word_it_is_told_apart() -> None:
    made = scene(Kind.SHORT_INTERRUPTION)
    found = scores(made, outcome(made, [says(8.0, 10.2)], replies=[Reply(1, 90000, "interrupted", 11.0)]))
    assert [name for name, each in found.items() if each.good] == ["gives way, word"]


def test_no_clear_within_2_s_is_none() -> None:
    made = scene(Kind.INTERRUPTION)
    found = scores(made, outcome(made, [says(8.0, 20.0)], clears=[12.5]))
    assert not found["clear"].good
    assert not found["gives way"].good


def test_noise_is_counted_with_its_holds_and_its_length() -> None:
    found = held(says(8.0, CUT_S), says(ON_S, 20.0, offset=CUT_BYTE), kind=Kind.MUSIC)
    assert found["noise"].points == 1
    assert found["noise"].lasted_s == pytest.approx(VOICE_S)
    assert not found["noise"].good
    assert found["resumes"].good


def test_what_does_not_meet_the_bots_voice_is_not_judged() -> None:
    made = scene(Kind.VOCAL)
    assert not scores(made, outcome(made))


INTERRUPTED = Reply(1, 90000, "interrupted", 11.0)


def taken(pressed: str, said: str, ended: Reply = INTERRUPTED) -> bool:
    made = scene(Kind.DTMF, text=pressed)
    return scores(made, outcome(made, [says(8.0, 11.0)], commits=[12.0], replies=[ended], words=said))["keys"].good is True


def test_keys_have_to_be_in_the_callers_words() -> None:
    assert taken("12", "12 please 3")
    assert not taken("12", "13")


def test_the_key_that_ends_an_entry_is_not_looked_for_in_the_words() -> None:
    assert taken("5#3", "53")
    assert taken("#", "")


def test_keys_have_to_end_the_turn() -> None:
    assert not taken("12", "12", Reply(1, 90000, "replied", 11.0))


# -- Echo


def echoed(onsets: tuple[float, ...]) -> list[bool]:
    made = scene(Kind.ECHO)
    heard = [says(12.0, 18.0), says(20.0, 25.0, turn=2)]
    return [each.good is True for each in own_echo(made, outcome(made, heard, onsets=onsets))]


def test_an_onset_up_to_a_second_after_a_reply_is_the_bots_own() -> None:
    assert echoed((18.9,)) == [False]
    assert echoed((19.5,)) == [True]


def test_a_line_is_one_event_however_often_the_bot_stops_itself() -> None:
    assert echoed((12.5, 18.9, 20.1, 21.0)) == [False]


def test_a_bot_that_says_nothing_proves_nothing_about_its_echo() -> None:
    made = scene(Kind.ECHO)
    assert not list(own_echo(made, outcome(made)))


def test_only_lines_that_return_sound_are_judged_by_it() -> None:
    made = scene(Kind.VOCAL)
    assert not list(own_echo(made, outcome(made, [says(12.0, 18.0)])))


# -- Short answers


def whole(start: int, end: int) -> bool:
    made = scene(Kind.ANSWER, voice_s=0.2)
    (only,) = answers(made, outcome(made, pieces=[Piece(11.0, 1, "whole", start, end)]))
    return only.good is True


def test_an_answer_is_whole_if_one_piece_has_all_of_it() -> None:
    assert whole(500, 510)
    assert not whole(501, 520)
    assert not whole(490, 509)


def test_only_answers_are_looked_for() -> None:
    made = scene(Kind.UTTERANCE)
    assert not list(answers(made, outcome(made)))
