"""The prompt, and the rules over a whole reply."""

from collections.abc import Sequence

import msgspec
import pytest

from common.bus import PastTurn, ToolRun
from common.language import normalised
from common.messages import Head, Transcript
from llm_worker.conversation import Reply, last_heard, prompt_of
from llm_worker.vendors.base import Exchange, Prompt, UsedTool

HISTORY = [PastTurn(0, "", "Hello!"), PastTurn(1, "hours?", "We open at nine."), PastTurn(2, "what?", "")]


def transcript(text: str = "and on Friday?", turn: int = 3) -> Transcript:
    return Transcript(head=Head(call="c1", turn=turn, language="en"), utterance=turn, text=text)


def prompt(
    given: Transcript | None = None, history: Sequence[PastTurn] = HISTORY, spoken: Sequence[str] = (), most_tokens: int = 1000
) -> Prompt:
    """As entry 1-0 gets it at second 100."""
    return prompt_of(given or transcript(), history, spoken, (), "1-0", 100.0, most_tokens)


# --- The prompt


def test_the_prompt_holds_what_was_heard() -> None:
    assert prompt().history == (
        Exchange("", "Hello!"),
        Exchange("hours?", "We open at nine."),
        Exchange("what?", ""),
    )


def test_the_prompt_asks_what_the_caller_said_now() -> None:
    assert prompt(transcript("and now?")).text == "and now?"


def test_the_prompt_knows_what_is_said_already() -> None:
    assert prompt(spoken=["First."]).spoken == ("First.",)


def test_the_prompt_says_where_the_caller_cut_in() -> None:
    assert prompt(history=[PastTurn(1, "hours?", "We open", cut=True)]).history == (Exchange("hours?", "We open", cut=True),)


def test_a_turn_that_is_not_past_is_no_history() -> None:
    assert prompt(transcript(turn=1)).history == (Exchange("", "Hello!"),)


# --- A long call


@pytest.mark.parametrize(("most_tokens", "turns"), [(10, 3), (9, 2), (7, 1), (0, 1)])
def test_of_the_past_the_last_turns_that_fit_are_told(most_tokens: int, turns: int) -> None:
    told = prompt(most_tokens=most_tokens)  # 2, 6 and 2 tokens
    assert (told.history, told.left_out) == (prompt().history[-turns:], 3 - turns)


def test_a_call_without_a_past_leaves_nothing_out() -> None:
    assert prompt(history=[], most_tokens=0).left_out == 0


# --- Tools that were used


def used(turn: int, *, outcome: str = "running", entry: str = "1-0", started_s: float = 99.0) -> UsedTool:
    """What turn 3 is told of a tool of this turn, which may run for 2 s."""
    run = ToolRun(id="a", turn=turn, entry=entry, name="book", arguments="{}", started_s=started_s, timeout_s=2.0, result="booked")
    told = prompt(history=[PastTurn(turn, "", "", tools=(msgspec.structs.replace(run, outcome=outcome),))])
    return told.used[0]


def test_what_was_done_is_told_with_its_result() -> None:
    assert used(2, outcome="done") == UsedTool("book", "{}", "done", "booked")


def test_what_an_earlier_turn_began_still_runs() -> None:
    assert used(2).outcome == "runs"


def test_what_has_no_result_after_its_time_is_unknown() -> None:
    assert used(2, started_s=92.9).outcome == "unknown"


def test_a_result_may_be_written_a_little_late() -> None:
    assert used(2, started_s=93.1).outcome == "runs"


def test_what_an_earlier_delivery_of_this_entry_began_is_unknown() -> None:
    assert used(3).outcome == "unknown"


def test_what_another_entry_for_this_reply_began_still_runs() -> None:
    assert used(3, entry="2-0").outcome == "runs"


def test_a_tool_of_a_turn_without_words_is_told_all_the_same() -> None:
    past = [PastTurn(1, "", "", tools=(ToolRun(id="a", turn=1, entry="0-1", name="book", arguments="{}", started_s=1.0, timeout_s=2.0),))]
    told = prompt(history=past)
    assert (told.history, len(told.used)) == ((), 1)


@pytest.mark.parametrize(("most_tokens", "told"), [(1000, "abc"), (4, "bc"), (0, "c")])
def test_of_what_was_done_the_last_that_fits_is_told(most_tokens: int, told: str) -> None:
    runs = [ToolRun(id=each, turn=2, entry="0-1", name=each, arguments="{}", started_s=1.0, timeout_s=2.0) for each in "abc"]
    found = prompt(history=[PastTurn(2, "", "", tools=tuple(runs))], most_tokens=most_tokens)  # 2 tokens each
    assert "".join(each.name for each in found.used) == told
    assert found.used_left_out == 3 - len(told)


# --- What was heard


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
