"""τ-voice's rules, each on a call made by hand."""

import pytest

from tests.bench.turns.made_calls import AT_S, VOICE_S, outcome, says, scene
from tests.bench.turns.outcome import Heard, Outcome
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.score_tau import tau
from tests.bench.turns.scored import Scored


def scores(of: Scene, result: Outcome) -> dict[str, Scored]:
    return {each.metric: each for each in reversed(list(tau(of, result)))}


def over_the_bot(kind: Kind, *heard: Heard) -> dict[str, Scored]:
    made = scene(kind)
    return scores(made, outcome(made, heard))


# -- Responses


def answered(*heard: Heard, again_s: float | None = None, again: Kind = Kind.INTERRUPTION) -> dict[str, Scored]:
    made = scene(Kind.UTTERANCE)
    return scores(made, outcome(made, heard, again_s=again_s, again=again))


def test_an_answer_counts_from_the_end_of_the_voice() -> None:
    found = answered(says(AT_S + VOICE_S + 0.9, 20.0))
    assert found["R_R"].good
    assert found["R_R"].latency_s == pytest.approx(0.9)
    assert found["R_R 2 s"].good
    assert found["I_A"].good


def test_an_answer_after_more_than_2_s_is_one_but_a_late_one() -> None:
    found = answered(says(AT_S + VOICE_S + 2.5, 20.0))
    assert found["R_R"].good
    assert not found["R_R 2 s"].good


def test_no_answer_before_the_caller_speaks_again_is_none() -> None:
    found = answered(says(15.0, 20.0), again_s=14.0)
    assert not found["R_R"].good
    assert found["R_R"].latency_s is None


def test_a_line_that_returns_the_bot_is_nobody_who_speaks_again() -> None:
    assert answered(says(15.0, 20.0), again_s=15.0, again=Kind.ECHO)["R_R"].good


def test_an_interruption_that_was_yielded_to_is_a_turn_to_be_answered() -> None:
    end_s = AT_S + VOICE_S
    found = over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.3), says(end_s + 1.2, 20.0, turn=2))
    assert found["R_R 2 s"].good
    assert found["R_R"].latency_s == pytest.approx(1.2)
    assert not over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.3))["R_R"].good


def test_an_interruption_that_was_not_yielded_to_is_none() -> None:
    assert "R_R" not in over_the_bot(Kind.INTERRUPTION, says(8.0, 20.0))


def test_who_begins_anew_while_it_is_interrupted_interrupts() -> None:
    found = over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.3), says(AT_S + 0.8, 20.0, turn=2))
    assert found["I_A"].points == 1


def test_utterances_that_their_call_is_about_are_told_apart() -> None:
    broken = says(AT_S + VOICE_S - 0.3, 20.0)
    assert answered(broken)["I_A utterance"].points == 1
    answer = scene(Kind.ANSWER)
    assert "I_A utterance" not in scores(answer, outcome(answer, [broken]))


def test_an_answer_before_the_voice_ended_has_a_negative_latency_and_is_an_interruption() -> None:
    found = answered(says(AT_S + VOICE_S - 0.3, 20.0))
    assert found["R_R"].latency_s == pytest.approx(-0.3)
    assert not found["I_A"].good


def test_a_false_start_that_stops_within_the_callers_words_is_an_interruption_and_no_answer() -> None:
    found = answered(says(AT_S + 1.0, AT_S + 1.1), says(AT_S + VOICE_S + 0.9, 20.0))
    assert not found["I_A"].good
    assert found["R_R"].latency_s == pytest.approx(0.9)


def test_a_bot_that_speaks_on_from_a_pause_to_behind_the_end_answered_then() -> None:
    made = scene(Kind.UTTERANCE, voice_s=4.0, pauses=((1.0, 2.0),))
    assert scores(made, outcome(made, [says(11.5, 20.0)]))["R_R"].latency_s == pytest.approx(-2.5)


def test_a_bot_that_breaks_into_a_pause_interrupts_and_its_next_sound_is_the_answer() -> None:
    made = scene(Kind.UTTERANCE, voice_s=4.0, pauses=((1.0, 2.0),))
    found = scores(made, outcome(made, [says(11.5, 12.1), says(15.0, 20.0)]))
    assert found["I_A"].points == 1
    assert found["R_R"].latency_s == pytest.approx(1.0)


def test_what_was_to_be_said_to_a_silent_bot_does_not_count_over_a_speaking_one() -> None:
    assert not answered(says(9.0, 12.0))


# -- Yields


def test_a_bot_that_is_silent_within_2_s_yields() -> None:
    found = over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 1.4))
    assert found["R_Y"].good
    assert found["R_Y"].latency_s == pytest.approx(1.4)
    assert not found["R_Y 1 s"].good


def test_200_ms_of_silence_are_a_yield_even_if_the_bot_goes_on() -> None:
    found = over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.5), says(AT_S + 0.7, 20.0, offset=20000))
    assert found["R_Y"].good


def test_less_silence_is_none() -> None:
    found = over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.5), says(AT_S + 0.68, 20.0, offset=20000))
    assert not found["R_Y"].good


def test_the_silence_has_to_lie_within_the_window() -> None:
    assert over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 1.8))["R_Y"].good
    assert not over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 1.82))["R_Y"].good


def test_by_ticks_a_silence_counts_from_the_first_that_has_no_sound() -> None:
    assert over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.12))["R_Y ticks"].latency_s == pytest.approx(0.2)
    found = over_the_bot(Kind.INTERRUPTION, says(8.0, AT_S + 0.3), says(AT_S + 0.5, 20.0))
    assert found["R_Y"].good
    assert not found["R_Y ticks"].good


def test_interruptions_of_a_word_are_told_apart() -> None:
    found = over_the_bot(Kind.SHORT_INTERRUPTION, says(8.0, AT_S + 1.4))
    assert found["R_Y word"].good
    assert not found["R_Y word 1 s"].good
    assert "R_Y" not in found


def test_a_silent_bot_cannot_be_interrupted() -> None:
    assert not over_the_bot(Kind.INTERRUPTION, says(2.0, 5.0))


# -- Ignoring


@pytest.mark.parametrize(
    ("kind", "metric"),
    [(Kind.BACKCHANNEL, "S_BC"), (Kind.VOCAL, "S_VT"), (Kind.SIDE_TALK, "S_ND"), (Kind.RADIO, "S_ND"), (Kind.BABBLE, "S_ND")],
)
def test_a_bot_that_speaks_on_for_a_second_ignores(kind: Kind, metric: str) -> None:
    assert over_the_bot(kind, says(8.0, AT_S + 0.81))[metric].good
    assert not over_the_bot(kind, says(8.0, AT_S + 0.8))[metric].good


def test_a_hold_that_is_taken_back_is_a_yield_all_the_same() -> None:
    assert not over_the_bot(Kind.VOCAL, says(8.0, 10.2), says(11.0, 20.0, offset=17000))["S_VT"].good


@pytest.mark.parametrize("kind", [Kind.BACKCHANNEL, Kind.VOCAL, Kind.RADIO])
def test_who_is_silent_ignores_nothing(kind: Kind) -> None:
    assert not over_the_bot(kind, says(8.0, 9.9))


def test_music_is_none_of_the_panels_events() -> None:
    assert not over_the_bot(Kind.MUSIC, says(8.0, 20.0))
