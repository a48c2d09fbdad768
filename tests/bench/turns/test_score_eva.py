"""EVA's points, by its formulas."""

import pytest

from tests.bench.turns.made_calls import AT_S, VOICE_S, outcome, says, scene
from tests.bench.turns.outcome import Heard
from tests.bench.turns.scene import Kind
from tests.bench.turns.score_eva import eva, points_of_latency

END_S = AT_S + VOICE_S


def points(kind: Kind, *heard: Heard) -> float | None:
    made = scene(kind)
    (only,) = eva(made, outcome(made, heard))
    return only.points


@pytest.mark.parametrize(
    ("latency_s", "worth"),
    [(-0.6, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (2.0, 1.0), (2.75, 0.5), (3.5, 0.0), (9.0, 0.0)],
)
def test_an_answer_is_worth_most_between_half_a_second_and_two(latency_s: float, worth: float) -> None:
    assert points_of_latency(latency_s) == pytest.approx(worth)


def test_an_answer_has_the_points_of_its_latency() -> None:
    assert points(Kind.UTTERANCE, says(END_S + 1.0, 20.0)) == pytest.approx(1.0)


def test_no_answer_has_none() -> None:
    assert points(Kind.ANSWER) == 0.0


def test_of_an_interruption_points_fall_with_the_time_to_silence() -> None:
    assert points(Kind.INTERRUPTION, says(8.0, AT_S + 0.5)) == pytest.approx(0.75)
    assert points(Kind.INTERRUPTION, says(8.0, 20.0)) == 0.0


def test_breaking_in_costs_half_and_more_with_the_overlap() -> None:
    assert points(Kind.UTTERANCE, says(END_S - 0.4, 20.0)) == pytest.approx(0.4)


def test_breaking_in_often_or_answering_late_after_it_costs_more() -> None:
    twice = (says(10.2, 10.3), says(10.6, 10.7))
    assert points(Kind.UTTERANCE, *twice, says(END_S + 1.0, 20.0)) == pytest.approx(0.25)
    assert points(Kind.UTTERANCE, says(10.2, 10.3), says(END_S + 3.2, 20.0)) == pytest.approx(0.2)


def test_who_yields_and_talks_over_the_same_turn_again_has_the_points_of_breaking_in() -> None:
    again = says(AT_S + 0.8, AT_S + VOICE_S)
    assert points(Kind.INTERRUPTION, says(8.0, AT_S + 0.3), again) == pytest.approx(0.5 * (1 - 0.7 / 2))


def test_who_yields_late_and_breaks_in_again_has_the_lesser_points() -> None:
    assert points(Kind.INTERRUPTION, says(8.0, AT_S + 1.1), says(AT_S + 1.4, AT_S + VOICE_S)) == pytest.approx(0.45)


def test_an_interruption_of_a_word_is_a_turn_too() -> None:
    assert points(Kind.SHORT_INTERRUPTION, says(8.0, 20.0)) == 0.0


def test_what_is_no_turn_has_no_points() -> None:
    cough, silent = scene(Kind.VOCAL), scene(Kind.INTERRUPTION)
    assert not list(eva(cough, outcome(cough, [says(8.0, 20.0)])))
    assert not list(eva(silent, outcome(silent)))
