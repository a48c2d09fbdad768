"""The prompt, and the rules over a whole reply."""

import pytest

from common.bus import PastTurn
from common.messages import Head, Transcript
from llm_worker.conversation import Reply, last_heard, normalised, prompt_of
from llm_worker.vendors.base import Exchange

HISTORY = [PastTurn(0, "", "Hello!"), PastTurn(1, "hours?", "We open at nine."), PastTurn(2, "what?", "")]


def transcript(text: str = "and on Friday?", turn: int = 3) -> Transcript:
    return Transcript(head=Head(call="c1", turn=turn, language="en"), utterance=turn, text=text)


# --- The prompt


def test_the_prompt_holds_what_was_heard() -> None:
    assert prompt_of(transcript(), HISTORY, []).history == (
        Exchange("", "Hello!"),
        Exchange("hours?", "We open at nine."),
        Exchange("what?", ""),
    )


def test_the_prompt_asks_what_the_caller_said_now() -> None:
    assert prompt_of(transcript("and now?"), HISTORY, []).text == "and now?"


def test_the_prompt_knows_what_is_said_already() -> None:
    assert prompt_of(transcript(), HISTORY, ["First."]).spoken == ("First.",)


def test_a_turn_that_is_not_past_is_no_history() -> None:
    assert prompt_of(transcript(turn=1), HISTORY, []).history == (Exchange("", "Hello!"),)


def test_the_last_heard_reply_is_one_of_which_something_was_heard() -> None:
    assert last_heard(HISTORY) == "We open at nine."


def test_without_history_nothing_was_heard() -> None:
    assert last_heard([]) == ""


# --- A second attempt


def test_a_repeated_leading_sentence_is_dropped() -> None:
    assert not Reply(["We open at nine."]).add("we open at nine")


def test_a_new_sentence_follows_what_was_said() -> None:
    reply = Reply(["One."])
    reply.add("Two.")
    assert reply.sentences == ["One.", "Two."]


def test_a_repetition_after_something_new_is_meant() -> None:
    reply = Reply(["Yes."])
    reply.add("Really.")
    assert reply.add("Yes.")


def test_a_first_attempt_may_say_a_thing_twice() -> None:
    reply = Reply()
    reply.add("Hello.")
    assert reply.add("Hello.")


# --- S11, S12


def closing(sentences: list[str], heard_last: str = "", suffix: str = " More?") -> str:
    reply = Reply()
    for sentence in sentences:
        reply.add(sentence)
    return reply.closing_sentence(heard_last=heard_last, empty_reply="All right.", suffix=suffix)


def test_s12_a_reply_without_words_gets_some() -> None:
    assert closing([]) == "All right."


def test_s12_a_second_empty_reply_is_not_the_first_to_the_letter() -> None:
    assert closing([], heard_last="All right.") == "All right. More?"


def test_s11_a_reply_that_repeats_the_last_one_gets_an_end_of_its_own() -> None:
    assert closing(["We open.", "At nine."], heard_last="we open at nine") == "More?"


def test_s11_a_new_reply_is_left_alone() -> None:
    assert closing(["We open.", "At ten."], heard_last="We open. At nine.") == ""


def test_s11_a_reply_that_repeats_a_part_is_left_alone() -> None:
    assert closing(["We open."], heard_last="We open. At nine.") == ""


def test_s11_can_be_switched_off() -> None:
    assert closing(["We open."], heard_last="We open.", suffix="") == ""


def test_s11_nothing_heard_is_not_repeated() -> None:
    assert closing(["We open."], heard_last="") == ""


@pytest.mark.parametrize(("text", "same"), [("שָׁלוֹם!", "שלום"), ("Hello,  THERE…", "hello there"), ("don't", "don t")])
def test_texts_are_compared_without_points_case_and_punctuation(text: str, same: str) -> None:
    assert normalised(text) == same
