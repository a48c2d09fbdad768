"""Going on with a call that another stream had (R12)."""

from dataclasses import replace

import pytest

from common.messages import Action, Collect, Transcript
from gateway.turn.events import CallTaken, CommitTurn, LanguageChanged, OpenTurn, PublishTranscript, Report
from gateway.turn.machine import BotState
from gateway.turn.phrases import Phrase
from gateway.turn.words import Lexicon
from tests.sim.desk import LOUD, Desk, asked_desk, quiet_desk, speaking_desk
from tests.sim.sound import phrase_book, sound

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


# Keys that were asked for


NINE = Collect(digits=9, timeout_s=6.0)


def taken_with_keys(collect: Collect | None, *, open_: bool = False, text: str = "") -> Desk:
    """A desk that takes over a call in which such keys were asked for."""
    return Desk(phrases=phrase_book(), begins=CallTaken(7, ended=6, open=open_, text=text, collect=collect))


def test_keys_that_were_asked_for_are_waited_for_as_long_as_was_said() -> None:
    desk = taken_with_keys(NINE)
    desk.press(*"12345")
    desk.wait(5.5)
    desk.press(*"6789")
    assert desk.asked == ["123456789"]


def test_the_rest_of_keys_that_are_lost_does_not_count_and_they_are_asked_for() -> None:
    desk = taken_with_keys(NINE, open_=True)
    desk.wait(0.5)
    desk.press("6", "7")
    desk.wait(2.0)
    asked = (list(desk.asked), desk.sentences_heard, desk.clears)
    desk.press(*"123456789")
    assert (asked, desk.asked) == (([], [REPEAT], []), ["123456789"])


def test_the_tone_of_a_key_that_does_not_count_is_no_voice() -> None:
    desk = taken_with_keys(NINE, open_=True)
    desk.wait(0.1)
    desk.press("6")
    desk.speak(0.14)
    assert (desk.reports, desk.machine.holding.hold) == (["CALL_TAKEN", "KEY_IGNORED"], None)


def test_a_voice_over_the_request_counts() -> None:
    desk = taken_with_keys(NINE, open_=True)
    desk.wait(0.2, level=LOUD)
    assert desk.machine.holding.hold is not None


@pytest.mark.parametrize("collect", [None, Collect(digits=1)])
def test_a_key_that_is_all_counts_over_the_request_to_repeat(collect: Collect | None) -> None:
    desk = taken_with_keys(collect, open_=True)
    desk.wait(0.5)
    desk.press("6")
    desk.wait(1.6)
    assert desk.asked == ["6"]


def test_behind_an_answer_that_is_known_no_keys_are_asked_for() -> None:
    desk = taken_with_keys(NINE, open_=True, text="123456789")
    assert (desk.machine.call.collect, desk.machine.call.turn.asks_anew) == (None, False)


def test_what_keys_are_asked_for_is_told_at_each_end_of_a_turn_until_the_caller_answers() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), after=0, name="collect", collect=NINE))
    desk.reply("your number?", seconds=0.5)
    desk.wait(9.5)
    desk.press(*"123456789")
    desk.reply("thank you.", seconds=0.5)
    desk.wait(1.0)
    assert [closed.collect for closed in desk.closed] == [None, NINE, NINE, None]


def test_a_turn_is_open_from_the_first_key_on() -> None:
    desk = quiet_desk()
    desk.press("1", "2")
    assert desk.all(OpenTurn) == [OpenTurn(1)]


# The language that was spoken last


def test_it_asks_in_the_language_that_was_spoken_last() -> None:
    book = phrase_book()
    other = replace(book, repeat=Phrase("repeat that, please", sound(127, 9, 0, 0, 4000)))
    desk = Desk(phrases=book, begins=CallTaken(7, ended=6, open=True, spoken=LanguageChanged(other, Lexicon())))
    desk.wait(1.5)
    assert (desk.sentences_heard, desk.machine.call.lexicon) == ([9], Lexicon())


def test_without_another_language_it_is_the_one_that_the_call_began_in() -> None:
    assert taken(open_=True).machine.call.lexicon != Lexicon()


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
