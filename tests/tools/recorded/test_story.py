"""What is told of a recorded call: states and holds of the core, pieces, marks, what was heard and what was not."""

import pytest

from gateway.records.format import decode
from tests.sim.desk import Desk
from tests.tools.recorded.calls import ask_and_hear, desk_record, interrupt
from tools.recorded.story import Story, Track, tell


def told(record: bytes) -> Story:
    return tell(decode(record))


@pytest.fixture(scope="module")
def asked() -> Story:
    """A question, and its answer."""
    return told(desk_record(ask_and_hear))


@pytest.fixture(scope="module")
def interrupted() -> Story:
    """An interruption with words, and a cough."""
    return told(desk_record(interrupt))


def test_turns_are_told_with_their_ends(interrupted: Story) -> None:
    assert [turn.name for turn in interrupted.turns.spans][:3] == ["0 replied", "1 interrupted", "2 replied"]


def test_turns_lie_end_to_end(interrupted: Story) -> None:
    turns = interrupted.turns.spans
    assert [turn.begin_s for turn in turns[1:]] == [turn.end_s for turn in turns[:-1]]


def test_holds_are_told_with_what_became_of_them(interrupted: Story) -> None:
    assert [hold.name for hold in interrupted.holds.spans] == ["hold: final", "hold: resumed"]


def test_the_bots_states_are_those_of_the_core(asked: Story) -> None:
    assert [state.name for state in asked.bot.spans] == ["SPEAKING", "LISTENING", "THINKING", "SPEAKING", "LISTENING"]


def test_the_callers_floor_is_told(asked: Story) -> None:
    assert [floor.name for floor in asked.floor.spans] == ["SPEAKING", "PAUSED"]


def test_a_piece_is_told_with_its_words(asked: Story) -> None:
    assert [(piece.kind, piece.text) for piece in asked.pieces] == [("whole", "שלום")]


def test_a_piece_lies_over_the_voice_that_it_holds(asked: Story) -> None:
    (piece,), voice = asked.pieces, asked.floor.spans[0]
    assert piece.begin_s < voice.begin_s < voice.end_s <= piece.end_s < (piece.known_s or 0)


def test_every_mark_comes_back_on_a_good_line(asked: Story) -> None:
    assert all(mark.echoed_s is not None and mark.echoed_s > mark.sent_s for mark in asked.marks)


def test_marks_that_never_come_back_have_no_end() -> None:
    def deaf_to_marks(desk: Desk) -> None:
        desk.marks_come_back = False
        ask_and_hear(desk)

    story = told(desk_record(deaf_to_marks))
    assert story.marks[-1].echoed_s is None


def test_all_that_was_sent_is_heard_where_nothing_is_cleared(asked: Story) -> None:
    assert sum(len(sound) for _, sound in asked.heard) / 8000 == pytest.approx(1.02 + 2.0, abs=0.02)


def test_a_clear_throws_away_what_was_not_heard_yet(interrupted: Story) -> None:
    assert [span.begin_s for span in interrupted.thrown_away] == interrupted.clears
    assert all(0 < span.end_s - span.begin_s < 0.2 for span in interrupted.thrown_away)


def test_what_is_to_be_said_is_told(asked: Story) -> None:
    names = [moment.name for moment in asked.work]
    assert names[:4] == ["greeting: “hello how can I help”", "0: “one two three four”", "first sound of 0", "1: “five six”"]


def test_sound_waits_here_before_all_of_it_is_at_the_provider(asked: Story) -> None:
    assert [span.name for span in asked.sounding.spans[-2:]] == ["gateway", "provider"]


def test_a_simulated_call_has_no_sound(asked: Story) -> None:
    assert not asked.has_sound


def test_a_track_tells_a_value_once() -> None:
    track = Track()
    for at, value in enumerate("aab"):
        track.note(value, value, at)
    track.end(9)
    assert [(span.name, span.begin_s, span.end_s) for span in track.spans] == [("a", 0, 2), ("b", 2, 9)]


def test_a_value_without_a_name_is_not_told() -> None:
    track = Track()
    track.note(1, "one", 0)
    track.note(None, "", 5)
    track.note(None, "", 7)
    assert [(span.begin_s, span.end_s) for span in track.spans] == [(0, 5)]
