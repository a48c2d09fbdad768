"""Going on with a call that another stream had (R12)."""

import pytest

from common.messages import Transcript
from gateway.turn.events import CallTaken, CommitTurn, OpenTurn, PublishTranscript, Report
from gateway.turn.machine import BotState
from tests.sim.desk import Desk, speaking_desk
from tests.sim.sound import phrase_book

GREETING, REPEAT = 0, 1


def taken(text: str = "", *, open_: bool = False, heard: str = "", ended: int | None = 6) -> Desk:
    """A desk that takes a call over in turn 7; with a greeting, so that its absence tells something."""
    return Desk(phrases=phrase_book(), begins=CallTaken(7, ended=ended, open=open_, text=text, heard=heard))


# What the caller waits for


def test_what_the_caller_asked_is_asked_again_in_a_turn_of_its_own() -> None:
    desk = taken("when do you open", open_=True)
    assert [(one.turn, one.text) for one in desk.all(PublishTranscript)] == [(7, "when do you open")]


def test_the_turn_that_asks_again_is_committed_with_its_words() -> None:
    assert taken("when do you open", open_=True).all(CommitTurn) == [CommitTurn(7, "when do you open")]


@pytest.mark.parametrize("text", ["שלום וגם", "*"])
def test_words_that_were_committed_before_are_not_weighed_again(text: str) -> None:
    assert taken(text, open_=True).all(CommitTurn) == [CommitTurn(7, text)]


def test_the_answer_to_what_was_asked_before_is_heard() -> None:
    desk = taken("when do you open", open_=True)
    desk.reply("At nine.")
    desk.wait(2)
    assert (desk.sentences_heard, desk.ends) == ([0], ["replied"])


def test_the_history_of_the_turn_that_answers_has_the_words_of_the_one_before() -> None:
    desk = taken("when do you open", open_=True)
    desk.reply("At nine.")
    desk.wait(2)
    closed = desk.closed[-1]
    assert (closed.turn, closed.caller, closed.heard) == (7, "when do you open", "At nine.")


def test_words_that_nobody_knows_are_asked_for() -> None:
    desk = taken(open_=True)
    desk.wait(1.5)
    assert desk.sentences_heard == [REPEAT]


def test_the_request_to_repeat_ends_its_turn() -> None:
    desk = taken(open_=True)
    desk.wait(1.5)
    assert (desk.ends, desk.turn, desk.state) == (["replied"], 8, BotState.LISTENING)


def test_a_call_in_which_nothing_was_asked_is_only_listened_to() -> None:
    desk = taken()
    desk.wait(3)
    assert (desk.frames, desk.published, desk.turn) == ([], [], 7)


@pytest.mark.parametrize("open_", [True, False])
def test_the_greeting_is_not_said_again(open_: bool) -> None:
    desk = taken(open_=open_)
    desk.wait(3)
    assert GREETING not in desk.sentences_heard


def test_a_caller_who_says_nothing_after_it_is_asked_whether_they_are_there() -> None:
    desk = taken()
    desk.without_frames(0.1)
    desk.wait(8.2)
    assert desk.state is BotState.SPEAKING


def test_what_the_caller_says_next_is_answered() -> None:
    desk = taken()
    desk.wait(0.5)
    desk.say("hello")
    desk.reply("Hello.")
    desk.wait(2)
    assert desk.closed[-1].caller == "hello"


def test_the_same_words_as_before_are_no_duplicate() -> None:
    desk = taken("when do you open", open_=True)
    assert "DEDUP: same utterance ignored" not in desk.reports


# What the other stream left


def test_the_turn_that_was_taken_ended_by_being_handed_over() -> None:
    assert Report(6, "TURN_ENDED", (("how", "handed_over"),)) in taken().all(Report)


def test_a_turn_that_nobody_knows_of_is_not_said_to_have_ended() -> None:
    assert [report.name for report in taken(ended=None).all(Report)] == ["CALL_TAKEN"]


def test_words_of_the_other_streams_pieces_are_nobodys() -> None:
    desk = taken()
    desk.wait(0.5)
    desk.speak()
    desk.wait(0.72)
    for seq in range(1, 50):
        desk.report(Transcript(head=desk.head(turn=6, seq=seq), utterance=1, text="from before", piece="segment"))
    assert desk.all(CommitTurn) == []


def test_what_was_heard_last_is_remembered() -> None:
    assert taken(heard="At nine.").machine.call.memory.heard == "At nine."


# What others would have to know


def test_a_turn_is_open_once_its_utterance_is_published() -> None:
    desk = Desk()
    desk.wait(0.5)
    desk.speak()
    desk.wait(0.72)
    assert set(desk.all(OpenTurn)) == {OpenTurn(1)}


def test_a_turn_is_open_once_a_part_of_what_is_said_in_it_is_published() -> None:
    desk = Desk()
    desk.wait(0.5)
    desk.speak(7)
    assert desk.all(OpenTurn) == [OpenTurn(1)]


def test_the_turn_after_an_interrupted_one_is_not_open_before_its_words_are_published() -> None:
    desk = speaking_desk()
    desk.speak(0.8)
    assert (desk.ends[-1], desk.all(OpenTurn)[-1]) == ("interrupted", OpenTurn(1))
