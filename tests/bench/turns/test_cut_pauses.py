"""Why a pause was cut off, on calls made by hand; its pause is from 11 to 12 s."""

import pytest

from tests.bench.turns.cut_pauses import CutPause, Why, as_json, cut_pauses, cut_table, why_table
from tests.bench.turns.made_calls import AT_S, outcome, scene
from tests.bench.turns.outcome import Piece
from tests.bench.turns.scene import Kind

BEGIN_S = AT_S + 1.0


def cut(words: str, *, at_s: float, words_s: float, held_until_s: float | None = None) -> list[CutPause]:
    """Seconds into the pause."""
    made = scene(Kind.UTTERANCE, voice_s=3.0, pauses=((1.0, 2.0),))
    said = Piece(BEGIN_S + 0.3, 1, "whole", 500, 560, words, BEGIN_S + words_s)
    awaited = Piece(BEGIN_S + 0.4, 1, "whole", 500, 570)
    holds = [] if held_until_s is None else [(BEGIN_S - 0.5, BEGIN_S + held_until_s, "final")]
    return list(cut_pauses([(made, outcome(made, commits=[BEGIN_S + at_s], pieces=[said, awaited], holds=holds, words=words))]))


@pytest.mark.parametrize(
    ("words", "at_s", "words_s", "judged", "why"),
    [
        ("Is it open today?", 0.5, 0.3, "complete", "all"),
        ("Press two.", 0.78, 0.78, "open", "late"),
        ("Press two.", 0.96, 0.3, "open", "waited"),
        ("Press the", 0.78, 0.78, "hanging", "late"),
    ],
)
def test_it_is_told_what_was_known_and_when(words: str, at_s: float, words_s: float, judged: str, why: Why) -> None:
    assert cut(words, at_s=at_s, words_s=words_s) == [CutPause("en/utterance/1 pause 1", "tuning", 1.0, at_s, words_s, words, judged, why)]


def test_behind_a_hold_that_was_undecided_in_the_pause_it_is_the_hold() -> None:
    assert [each.why for each in cut("Press two.", at_s=0.7, words_s=0.3, held_until_s=0.3)] == ["hold"]
    assert [each.why for each in cut("Press two.", at_s=0.7, words_s=0.3, held_until_s=-0.1)] == ["waited"]


def test_a_pause_in_which_nothing_was_committed_is_none() -> None:
    assert cut("Press two.", at_s=1.2, words_s=0.3) == []
    assert cut("Press two.", at_s=-0.1, words_s=-0.3) == []


def test_words_that_no_recogniser_told_have_no_time() -> None:
    made = scene(Kind.UTTERANCE, voice_s=3.0, pauses=((1.0, 2.0),))
    (only,) = cut_pauses([(made, outcome(made, commits=[BEGIN_S + 0.5]))])
    assert (only.words_s, only.why) == (None, "waited")


def test_other_sounds_have_no_pauses() -> None:
    made = scene(Kind.INTERRUPTION, voice_s=3.0, pauses=((1.0, 2.0),))
    assert list(cut_pauses([(made, outcome(made, commits=[BEGIN_S + 0.5]))])) == []


def test_reasons_are_counted_by_run_and_half_and_each_pause_is_told() -> None:
    found = as_json(cut("Press | two.", at_s=0.78, words_s=0.78))
    assert list(why_table({"hold": [], "hold, guide": found}))[-2] == "| words that come when the wait is over | 0 | 0 | 0 | 1 |"
    assert list(cut_table(found))[-1] == "| late | tuning | 1.0 | 0.78 | 0.78 | open | Press / two. | en/utterance/1 pause 1 |"
