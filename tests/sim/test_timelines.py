"""The pictures of the docs show what they say, and are those that this core draws."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.sim.timelines import SIGHTS, Sight, final_at_provider, page, picture_of, resumed_hold, story_of, superseded_turn
from tools.recorded.story import Span

FOLDER = Path(__file__).parents[2] / "docs" / "timelines"


def names(spans: list[Span]) -> list[str]:
    """Of what lasted."""
    return [span.name for span in spans if span.end_s > span.begin_s]


def sight_of(happens: object) -> Sight:
    return next(sight for sight in SIGHTS if sight.happens is happens)


def test_a_hold_is_taken_back_and_the_cut_word_is_said_again() -> None:
    story = story_of(sight_of(resumed_hold))
    assert (names(story.holds.spans), names(story.turns.spans)) == (["hold: resumed"], ["1 replied", "2 hung_up"])


def test_an_interruption_is_final_while_only_the_provider_plays() -> None:
    story = story_of(sight_of(final_at_provider))
    (hold,) = story.holds.spans
    playing = next(span for span in story.sounding.spans if abs(span.end_s - hold.begin_s) < 1e-6)
    assert (hold.name, playing.name) == ("hold: final", "provider")
    assert names(story.turns.spans) == ["1 interrupted", "2 replied", "3 hung_up"]


def test_a_superseded_turn_is_answered_by_the_next() -> None:
    story = story_of(sight_of(superseded_turn))
    assert names(story.turns.spans) == ["1 superseded", "2 replied", "3 hung_up"]
    assert all(one.end_s == following.begin_s for one, following in pairwise(story.turns.spans))


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_the_picture_in_the_docs_has_what_the_core_does_today(sight: Sight) -> None:
    shown = (FOLDER / f"{sight.name}.svg").read_text(encoding="utf-8")
    assert shown.splitlines() == picture_of(sight).splitlines(), "make timelines draws them anew"


def test_the_page_shows_each_of_them() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page()
