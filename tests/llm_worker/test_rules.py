"""What a file of rules can do; the files that Torim brings have tests of their own."""

from collections.abc import Sequence

import pytest

from common.agents.rules import Calls, Keys, Rule
from llm_worker.rules import RuleBook, Said
from llm_worker.vendors.base import Exchange, ToolResult

SLOTS = {"day": {"Monday": ["mon"], "Tuesday": [], "Thursday": []}, "time": {"ten": ["10"], "half past four": []}}
RULES = [
    Rule("goodbye", hears=("bye", "good night"), says=("Goodbye!",), ends_call=True),
    Rule("again", hears=("what did you say",), says=("I said: {last}", "Again: {last}")),
    Rule("booked", hears=("yes",), after=("confirm",), max_words=2, says=("Booked for {day} at {time}.",)),
    Rule(
        "confirm", hears=("{day} {time}", "{time}"), after=("time", "confirm"), says=("On {day} at {time}, is that right?",), asks="confirm"
    ),
    Rule("day", hears=("{day}",), says=("On {day}, fine. At what time would you like to come?",), asks="time"),
    Rule("hello", hears=("hello",), says=("Hello!", "Hi there!", "Yes, hello?")),
    Rule("unknown", hears=("*",), says=("Pardon?",)),
]
BOOK = RuleBook(RULES, SLOTS)


def said(text: str, *heard: str, book: RuleBook = BOOK) -> str:
    """The answer to ``text`` after the caller heard these replies."""
    return book.answer(text, past(heard)).text


def past(heard: Sequence[str]) -> list[Exchange]:
    return [Exchange("x", words) for words in heard]


def test_the_first_rule_that_fits_answers() -> None:
    assert said("hello and bye") == "Goodbye!"


def test_all_words_of_an_entry_are_needed() -> None:
    assert said("good morning") == "Pardon?"


def test_words_may_come_in_any_order() -> None:
    assert said("night, and a good one") == "Goodbye!"


def test_a_rule_may_end_the_call() -> None:
    assert BOOK.answer("bye", []) == Said("Goodbye!", ends_call=True)


def test_a_rule_may_ask_for_keys_and_be_heard_to_its_end() -> None:
    rule = Rule("number", hears=("*",), says=("Your number?",), keys=Keys(digits=9), interruptible=False)
    assert RuleBook([rule], {}).answer("x", []) == Said("Your number?", keys=Keys(digits=9), interruptible=False)


@pytest.mark.parametrize(("turn", "text"), [(2, "This is turn 2."), (3, "")])
def test_a_rule_may_be_for_some_turns_alone_and_say_which_it_is(turn: int, text: str) -> None:
    rule = Rule("x", hears=("*",), says=("This is turn {turn}.",), turns=(2, 5))
    assert RuleBook([rule], {}).answer("x", past(["This is turn 2."]), turn=turn).text == text


def test_a_rule_for_anything_answers_anything() -> None:
    assert said("flurb") == "Pardon?"


def test_without_a_rule_that_fits_nothing_is_said() -> None:
    assert said("flurb", book=RuleBook([], {})) == ""


def test_a_rule_may_take_short_answers_only() -> None:
    assert said("yes but when exactly", "On Monday at ten, is that right?") == "Pardon?"


# --- Said alone


POLITE = RuleBook(
    [
        Rule("goodbye", hears=("no", "that is all", "good night"), alone=True, says=("Bye!",)),
        Rule("unknown", hears=("*",), says=("Pardon?",)),
    ],
    {},
    beside=("thank you", "thank you very much", "okay"),
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("no", "Bye!"),
        ("No, thank you very much.", "Bye!"),
        ("Okay, that is all, thank you, no, no. Good night!", "Bye!"),
        ("okay, thank you", "Pardon?"),  # none of it decides
        ("no thank you, one more question", "Pardon?"),
        ("is that all", "Pardon?"),
        ("that all is", "Pardon?"),  # not in this order
        ("that, okay, is all", "Pardon?"),  # not one behind the other
        ("that is all thank", "Pardon?"),  # half a phrase
        ("No? Thank you.", "Pardon?"),
        ("", "Pardon?"),
    ],
)
def test_a_rule_may_take_what_it_hears_alone_beside_polite_words(text: str, answer: str) -> None:
    assert said(text, book=POLITE) == answer


def test_words_that_are_taken_alone_are_heard_as_all_others_are() -> None:
    book = RuleBook([Rule("x", hears=("להתראות",), alone=True, says=("שלום",))], {}, beside=("תודה",))
    assert said("תודה ולהתראות", book=book) == "שלום"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a person", "Gladly."),
        ("I want a person, no machine", "Gladly."),
        ("I want no person", ""),
        ("no, a person", "Gladly."),
        ("a person, no?", "Gladly."),
    ],
)
def test_a_rule_may_be_passed_over_for_words_one_behind_the_other(text: str, answer: str) -> None:
    assert said(text, book=RuleBook([Rule("x", hears=("person",), unless=("no person",), says=("Gladly.",))], {})) == answer


# --- Slots


def test_a_slot_is_filled_from_what_was_said() -> None:
    assert said("on monday please") == "On Monday, fine. At what time would you like to come?"


def test_a_slot_knows_other_words_for_a_value() -> None:
    assert said("mon") == "On Monday, fine. At what time would you like to come?"


def test_the_letter_wins_over_the_likeness() -> None:
    slots: dict[str, dict[str, list[str]]] = {"place": {"Brighton": [], "Brightons": []}}
    book = RuleBook([Rule("place", hears=("{place}",), says=("To {place}.",))], slots)
    assert said("brightons", book=book) == "To Brightons."


def test_a_slot_is_filled_from_what_was_heard() -> None:
    assert said("at 10", "On Monday, fine. At what time would you like to come?") == "On Monday at ten, is that right?"


def test_what_is_said_now_wins_over_what_was_heard() -> None:
    assert said("no, tuesday at ten", "On Monday at ten, is that right?") == "On Tuesday at ten, is that right?"


def test_a_slot_may_hold_several_words() -> None:
    assert said("yes", "On Monday at half past four, is that right?") == "Booked for Monday at half past four."


# --- What was heard last


def test_a_rule_may_want_a_question() -> None:
    assert said("yes") == "Pardon?"


def test_a_question_further_back_is_over() -> None:
    assert said("yes", "On Monday at ten, is that right?", "Hello!") == "Pardon?"


def test_a_reply_of_which_nothing_was_heard_is_no_reply() -> None:
    assert said("yes", "On Monday at ten, is that right?", "") == "Booked for Monday at ten."


def test_a_question_that_was_cut_late_counts_as_asked() -> None:
    assert said("yes", "On Monday at ten, is") == "Booked for Monday at ten."


def test_a_question_that_was_cut_early_was_not_asked() -> None:
    assert said("at ten", "On Monday, fine.") == "Pardon?"


def test_a_question_with_more_words_behind_it_counts_as_asked() -> None:
    assert said("yes", "On Monday at ten, is that right? Tell me more?") == "Booked for Monday at ten."


# --- Saying it again


def test_a_reply_can_say_the_last_one_again() -> None:
    assert said("what did you say", "Hello!") == "I said: Hello!"


def test_what_is_said_again_is_not_wrapped_twice() -> None:
    assert said("what did you say", "Hello!", "I said: Hello!") == "Again: Hello!"


def test_a_question_that_was_said_again_is_still_asked() -> None:
    assert said("yes", "I said: On Monday at ten, is that right?") == "Booked for Monday at ten."


def test_with_nothing_heard_there_is_nothing_to_say_again() -> None:
    assert said("what did you say") == "Pardon?"


# --- Wordings


def test_a_wording_is_not_repeated_while_there_is_another() -> None:
    assert said("hello", "Hello!") == "Hi there!"


def test_the_wording_that_is_furthest_back_comes_again() -> None:
    assert said("hello", "Hi there!", "Hello!", "Yes, hello?") == "Hi there!"


# --- Tools


CLERK = RuleBook(
    [
        Rule(
            "note",
            hears=("note {day}",),
            calls=Calls("note", {"text": "{said}", "day": "{day}"}),
            says=("Noted for {day}: {result}.",),
            unsure=("Perhaps noted.",),
            asks="note",
        ),
        Rule("yes", hears=("yes",), after=("note",), says=("You had a note.",)),
        Rule("ask", hears=("help",), needs="note", says=("I take notes.",)),
        Rule("unknown", hears=("*",), says=("Pardon?",)),
    ],
    SLOTS,
)


def clerk(text: str, result: ToolResult | None = None, tools: Sequence[str] = ("note",)) -> Said:
    return CLERK.answer(text, [], tools, result)


def test_a_rule_may_call_a_tool_first() -> None:
    assert clerk("Note it: Monday!") == Said("", calls=Calls("note", {"text": "Note it: Monday!", "day": "Monday"}))


def test_the_reply_has_the_tools_result() -> None:
    assert clerk("note it monday", ToolResult("page 3", ok=True)) == Said("Noted for Monday: page 3.")


def test_the_reply_is_another_where_the_outcome_is_not_known() -> None:
    assert clerk("note it monday", ToolResult("error", ok=False)) == Said("Perhaps noted.")


@pytest.mark.parametrize("text", ["note it monday", "help"])
def test_a_rule_whose_tool_is_missing_is_passed_over(text: str) -> None:
    assert clerk(text, tools=()) == Said("Pardon?")


def test_a_rule_may_need_a_tool_that_another_one_calls() -> None:
    assert clerk("help") == Said("I take notes.")


def test_a_rule_that_lacks_what_its_tool_takes_is_passed_over() -> None:
    rule = Rule("note", hears=("{day}", "note"), calls=Calls("note", {"day": "{day}"}), says=("Noted.",), unsure=("Perhaps.",))
    book = RuleBook([rule, Rule("unknown", hears=("*",), says=("Which day?",))], SLOTS)
    assert book.answer("note it", [], ("note",)) == Said("Which day?")


@pytest.mark.parametrize("heard", ["Noted for Monday: page 3 of the book.", "Perhaps noted."])
def test_a_reply_with_a_result_is_known_again(heard: str) -> None:
    assert said("yes", heard, book=CLERK) == "You had a note."


# --- What speech recognition makes of words


@pytest.mark.parametrize(
    ("wanted", "heard", "fits"),
    [
        ("goodbye", "Good-bye", False),
        ("goodbye", "GOODBYE!", True),
        ("goodbye", "goodby", True),
        ("that's", "thats", True),
        ("hours", "ours", False),
        ("appointment", "apointment", True),
        ("תור", "התור", True),
        ("תור", "ובתור", True),
        ("תור", "תנור", False),
        ("אנושי", "עושים", False),
        ("tuesday", "thursday", False),
        ("monday", "sunday", False),
        ("כן", "לכן", False),
        ("שעות", "שאות", True),
        ("פתיחה", "הפטיחה", True),
        ("לקבוע", "לכבוא", True),
        ("שָׁלוֹם", "שלום", True),
        ('ד"ר', "דר", True),
    ],
)
def test_words_are_recognised_as_they_may_be_heard(wanted: str, heard: str, fits: bool) -> None:
    assert said(heard, book=RuleBook([Rule("x", hears=(wanted,), says=("yes",))], {})) == ("yes" if fits else "")
