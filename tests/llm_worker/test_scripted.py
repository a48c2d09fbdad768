"""The scripted model: the conversation that Torim can hold without an account."""

import asyncio
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from common.agents.agent import Agent, Hours, Snapshot
from common.agents.in_use import in_use
from common.config import Settings
from common.errors import VendorError
from common.messages import Collect
from llm_worker.built_in import tools_of, tools_of_agent
from llm_worker.rules import RuleBook
from llm_worker.sentences import SentenceCutter
from llm_worker.vendors.base import ActionRequest, Exchange, Piece, Prompt, Round, ToolCall, ToolResult
from llm_worker.vendors.scripted import RULES, ScriptedModel
from tests.virtual_clock import run

GREETINGS = {"he": "שלום! איך אפשר לעזור?", "en": "Hello! How can I help you?"}


def pieces(prompt: Prompt, **settings: object) -> list[tuple[float, Piece]]:
    """What the model says, and when."""

    async def listen() -> list[tuple[float, Piece]]:
        loop = asyncio.get_running_loop()
        model = ScriptedModel(Settings(**settings))  # type: ignore[arg-type]
        return [(loop.time(), piece) async for piece in model.reply(prompt)]

    return run(listen())


def reply(prompt: Prompt, **settings: object) -> str:
    return "".join(piece for _, piece in pieces(prompt, **settings) if isinstance(piece, str))


def conversation(language: str, *caller: str) -> list[str]:
    """What is answered to each of these, all replies heard to their end."""
    history = [Exchange("", GREETINGS[language])]
    for turn, text in enumerate(caller, 1):
        history.append(Exchange(text, reply(Prompt(text, language, turn, tuple(history)))))
    return [exchange.bot for exchange in history[1:]]


def hangs_up(language: str, text: str) -> bool:
    return any(isinstance(piece, ActionRequest) for _, piece in pieces(Prompt(text, language, 1)))


def test_who_said_all_of_it_before_asks_for_nothing_again() -> None:
    rules = '[[rule]]\nname = "bye"\nhears = ["*"]\nsays = ["Good. Bye!"]\nends_call = true'
    asked = [len(pieces(Prompt("x", "en", 1, spoken=spoken, rules=rules))) for spoken in ((), ("Good.",), ("Good.", "Bye!"))]
    assert asked == [3, 2, 0]


# --- Rules of an agent


SHOP = """
[[rule]]
name = "books"
hears = ["books"]
says = ["Books are upstairs."]
"""


def test_an_agents_rules_stand_in_place_of_the_languages() -> None:
    assert reply(Prompt("where are the books?", "en", 1, rules=SHOP)) == "Books are upstairs."


AGENT = "You answer the phone of Corner Bakery."


def of_an_agent(text: str, language: str = "en") -> str:
    """What is said for an agent whose file brings no rules, and that has no tools."""
    return reply(Prompt(text, language, 1, instructions=AGENT))


def test_for_an_agent_without_rules_nothing_is_invented() -> None:
    assert of_an_agent("when do you open?") == "I am sorry, I can't answer that here. Can I help you with anything else?"


def test_an_agent_without_rules_is_spoken_for_in_its_language() -> None:
    assert of_an_agent("מתי אתם פתוחים?", "he").startswith("סליחה")


def test_an_agent_in_a_language_without_rules_speaks_english() -> None:
    assert of_an_agent("bonjour", "fr").startswith("I am sorry")


MORE = {
    "en": "I am sorry, I can't answer that here. Can I help you with anything else?",
    "he": "סליחה, על זה אין כאן תשובה. אפשר לעזור בעוד משהו?",
}
MESSAGE = {
    "en": "I can't answer that myself, but I can take a message. What is it about, your name, and the number to call back?",
    "he": "על זה אין כאן תשובה, אבל אפשר לרשום הודעה. במה מדובר, על איזה שם, ולאיזה מספר לחזור?",
}


def behind(heard: str, text: str, language: str) -> list[Piece]:
    """What an agent whose file brings no rules answers to these words behind those."""
    prompt = Prompt(text, language, 2, (Exchange("x", heard),), tools=TOOLS, instructions=AGENT)
    return [piece for _, piece in pieces(prompt)]


@pytest.mark.parametrize(
    ("language", "caller", "heard"),
    [
        ("en", ("an appointment on Monday at ten", "no, that is not right"), "another time"),
        ("en", ("an appointment on Monday at ten", "is that right"), "not sure"),
        ("he", ("תור ביום שני בשעה תשע", "לא, לא בסדר"), "זמן אחר"),
        ("en", ("cancel my appointment", "no, I'm not sure"), "stays as it is"),
        ("he", ("אני רוצה לבטל את ההזמנה", "לא לבטל"), "התור נשאר"),
    ],
)
def test_who_says_no_has_nothing_booked_or_cancelled(language: str, caller: tuple[str, ...], heard: str) -> None:
    assert heard in conversation(language, *caller)[-1]


@pytest.mark.parametrize(("language", "text"), [("en", "never mind, thanks"), ("en", "goodbye"), ("he", "לא משנה"), ("he", "להתראות")])
def test_who_calls_a_message_off_leaves_none(language: str, text: str) -> None:
    assert not calls(Prompt(text, language, 1, (MESSAGE_ASKED[language],), tools=TOOLS))


@pytest.mark.parametrize(("language", "text"), [("en", "What did you say?"), ("en", "Sorry, I did not catch that"), ("he", "לא הבנתי")])
def test_what_was_not_understood_is_said_again_and_no_message(language: str, text: str) -> None:
    again = "".join(piece for piece in behind(MESSAGE[language], text, language) if isinstance(piece, str))
    assert again.endswith(MESSAGE[language])


@pytest.mark.parametrize(("language", "text"), [("en", "never mind, bye"), ("he", "תודה, להתראות")])
def test_a_goodbye_is_no_message(language: str, text: str) -> None:
    assert behind(MESSAGE[language], text, language)[-1] == ActionRequest("hang_up")


@pytest.mark.parametrize("rules", ["rule", "rule = 5", "[slots]"])
def test_rules_that_are_none_fail(rules: str) -> None:
    with pytest.raises(VendorError, match="bad_rules"):
        reply(Prompt("where are the books?", "en", 1, rules=rules))


def test_it_answers_callers_and_does_nothing_else() -> None:
    with pytest.raises(VendorError, match="only_answers"):
        reply(Prompt("Caller: hello", "en", 1, task="Sum it up."))


# --- Streaming


def test_the_reply_comes_word_by_word() -> None:
    said = pieces(Prompt("x", "en", 1), scripted_llm_reply="One two three.")
    assert [piece for _, piece in said] == ["One", " two", " three."]


def test_words_come_at_the_models_pace() -> None:
    said = pieces(Prompt("x", "en", 1), scripted_llm_reply="One two three.", scripted_llm_tokens_per_s=10.0)
    assert [at_s for at_s, _ in said] == pytest.approx([0.0, 0.1, 0.2])


def test_a_listener_who_is_late_has_what_came_meanwhile_at_once() -> None:
    async def listen_late() -> list[float]:
        loop, heard = asyncio.get_running_loop(), []
        model = ScriptedModel(Settings(scripted_llm_reply="One two three.", scripted_llm_tokens_per_s=10.0))
        async for _ in model.reply(Prompt("x", "en", 1)):
            heard.append(loop.time())
            await asyncio.sleep(0.15)
        return heard

    assert run(listen_late()) == pytest.approx([0.0, 0.15, 0.3])


def test_the_first_word_takes_its_time() -> None:
    said = pieces(Prompt("x", "en", 1), scripted_llm_reply="One", scripted_llm_first_token_ms=150)
    assert said == [(0.15, "One")]


def test_a_fixed_reply_tells_its_turn() -> None:
    assert reply(Prompt("x", "en", 7), scripted_llm_reply="Reply to turn {turn}.") == "Reply to turn 7."


def test_several_fixed_replies_are_given_in_turn() -> None:
    said = [reply(Prompt("x", "en", turn), scripted_llm_reply="Yes.|No {turn}.") for turn in (1, 2, 3)]
    assert said == ["No 1.", "Yes.", "No 3."]


def test_an_empty_fixed_reply_says_nothing() -> None:
    assert reply(Prompt("x", "en", 7), scripted_llm_reply="") == ""


def test_a_second_attempt_goes_on_after_what_is_out() -> None:
    prompt = Prompt("x", "en", 7, spoken=("One.", "Two."))
    assert reply(prompt, scripted_llm_reply="One. Two. Three.").strip() == "Three."


def test_a_second_attempt_goes_on_after_what_somebody_else_said_in_other_words() -> None:
    prompt = Prompt("x", "en", 7, spoken=("This is one.", "Two."))
    assert reply(prompt, scripted_llm_reply="One. Two. Three.").strip() == "Three."


def test_a_language_without_rules_speaks_english() -> None:
    assert reply(Prompt("hello", "fr", 1)).startswith("Hello!")


# --- Conversations


def test_an_appointment_is_made_in_english() -> None:
    said = conversation("en", "I would like to book an appointment", "Tuesday", "at 10 a.m.", "Yes, please.")
    assert said[-1] == "Great, you have an appointment on Tuesday at ten. Can I help you with anything else?"


def test_an_appointment_is_made_in_hebrew() -> None:
    said = conversation("he", "אני רוצה לקבוע תור", "ביום שלישי", "בעשר", "כן")
    assert said[-1] == "מצוין, קבעתי לכם תור ליום שלישי בשעה עשר. אפשר לעזור בעוד משהו?"


def test_an_appointment_that_is_not_confirmed_is_asked_for_again() -> None:
    said = conversation("he", "תור ליום שני בשעה תשע", "לא", "ביום רביעי בשעה ארבע")
    assert said[-1] == "אז ביום רביעי בשעה ארבע, לקבוע?"


def test_a_yes_answers_the_question_that_was_heard() -> None:
    assert conversation("he", "אני רוצה לבטל את ההזמנה שלי", "כן")[-1] == "ביטלתי את התור. אפשר לעזור בעוד משהו?"


def test_a_yes_to_no_question_does_nothing() -> None:
    assert conversation("he", "כן")[-1] == "מצוין. לקבוע תור או לשמוע את שעות הפתיחה?"


def test_a_no_to_anything_else_ends_the_call() -> None:
    assert conversation("en", "thank you", "no, thank you")[-1] == "Thank you for calling. Goodbye!"


@pytest.mark.parametrize(("language", "text"), [("he", "תודה ולהתראות"), ("en", "Okay, goodbye.")])
def test_a_goodbye_hangs_up(language: str, text: str) -> None:
    assert hangs_up(language, text)


@pytest.mark.parametrize(("language", "text"), [("he", "מה שעות הפתיחה?"), ("en", "What are your opening hours?")])
def test_a_question_does_not_hang_up(language: str, text: str) -> None:
    assert not hangs_up(language, text)


@pytest.mark.parametrize("language", ["he", "en"])
def test_what_is_not_understood_is_never_said_the_same_way_twice_running(language: str) -> None:
    said = conversation(language, *["flurb"] * 7)
    assert all(first != second for first, second in pairwise(said))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Hello.", "opening hours"),
        ("en", "Hello?", "opening hours"),
        ("en", "Please try again.", "let me try again"),
        ("en", "One moment, please.", "take your time"),
        ("en", "I'm sorry, there are no matches for those keywords.", "any keywords"),
        ("en", "I'm sorry. There are no matches for those key words.", "any keywords"),
        ("en", "To look into your messages press 1 now. You may quit voice mail at any time by pressing the pound key.", "mailbox"),
        ("en", "Press 2 to access messages saved in other folders.", "mailbox"),
        ("en", "Please enter your phone number, starting with the area code.", "five five five"),
        ("en", "He was not an ill-disposed young man.", "fine young man"),
        ("en", "He might even have been made amiable himself.", "amiable"),
        ("en", "No.", "something else"),
        ("en", "What time do you open?", "eight in the morning"),
        ("en", "Can I speak to a real person?", "call you back"),
        ("en", "I want to cancel my booking.", "Shall I do that?"),
        ("en", "How much does it cost?", "two hundred"),
        ("he", "מה שעות הפתיחה שלכם?", "משמונה בבוקר"),
        ("he", "אפשר לדבר עם נציג אנושי בבקשה?", "נציג"),
        ("he", "שלום, אני רוצה לקבוע תור לרופא שיניים ביום שלישי.", "ביום שלישי"),
        ("he", "אני רוצה לבטל את ההזמנה שלי", "לבטל אותו?"),
        ("he", "שלום", "במה לעזור"),
        ("he", "תודה רבה", "בשמחה"),
    ],
)
def test_what_callers_say_is_answered(language: str, text: str, expected: str) -> None:
    assert expected in conversation(language, text)[0]


# --- Tools

TOOLS = tuple(tools_of(Settings(messages_dir=Path("somewhere"))).values())
MESSAGE_ASKED = {"en": Exchange("", "Of course. What shall I write down?"), "he": Exchange("", "בשמחה. מה לרשום?")}


def calls(prompt: Prompt) -> list[ToolCall]:
    return [piece for _, piece in pieces(prompt) if isinstance(piece, ToolCall)]


@pytest.mark.parametrize(("language", "text"), [("en", "What time is it?"), ("he", "מה השעה עכשיו?"), ("he", "סליחה, מה השעה?")])
def test_the_time_is_looked_up(language: str, text: str) -> None:
    assert calls(Prompt(text, language, 1, tools=TOOLS)) == [ToolCall("call_1", "look_up_time", '{"what": "time"}')]


@pytest.mark.parametrize(
    ("language", "text", "answer"), [("en", "What time is it?", "It is 18:06."), ("he", "מה השעה?", "השעה עכשיו 18:06.")]
)
def test_the_time_is_told(language: str, text: str, answer: str) -> None:
    asked = Round("", (ToolCall("call_1", "look_up_time", "{}"),), (ToolResult("18:06", ok=True),))
    assert reply(Prompt(text, language, 1, tools=TOOLS, rounds=(asked,))).startswith(answer)


@pytest.mark.parametrize(("language", "text"), [("en", "I want to leave a message."), ("he", "אני רוצה להשאיר הודעה")])
def test_a_message_is_asked_for(language: str, text: str) -> None:
    assert reply(Prompt(text, language, 1, tools=TOOLS)) == MESSAGE_ASKED[language].bot


@pytest.mark.parametrize("language", ["en", "he"])
def test_what_comes_then_is_the_message(language: str) -> None:
    said = calls(Prompt("שתתקשרו, goodbye", language, 1, (MESSAGE_ASKED[language],), tools=TOOLS))
    assert said == [ToolCall("call_1", "leave_message", '{"text": "שתתקשרו, goodbye"}')]


def test_who_was_refused_an_action_has_said_it_all() -> None:
    refused = Round("Goodbye!", (), (), (ActionRequest("hang_up"),), (ToolResult("error", ok=False),))
    assert pieces(Prompt("goodbye", "en", 1, rounds=(refused,))) == []


@pytest.mark.parametrize(("language", "answer"), [("en", "can't say whether"), ("he", "לא יודע אם")])
def test_an_unknown_outcome_is_told(language: str, answer: str) -> None:
    asked = Round("", (ToolCall("call_1", "leave_message", "{}"),), (ToolResult("error", ok=False),))
    assert answer in reply(Prompt("call me", language, 1, (MESSAGE_ASKED[language],), tools=TOOLS, rounds=(asked,)))


@pytest.mark.parametrize(("language", "text"), [("en", "I want to leave a message."), ("he", "אני רוצה להשאיר הודעה")])
def test_where_no_messages_are_taken_none_is_asked_for(language: str, text: str) -> None:
    assert reply(Prompt(text, language, 1)) != MESSAGE_ASKED[language].bot


# --- The files


@pytest.mark.parametrize("path", sorted(RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_no_wording_has_a_piece_too_long_to_be_spoken_at_once(path: Path) -> None:
    cutter = SentenceCutter(max_chars=10_000)
    pieces = [piece for says in wordings(path) for piece in (*cutter.push(says), *cutter.flush())]
    assert max(len(piece) for piece in pieces) <= 140


@pytest.mark.parametrize("path", sorted(RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_rule_that_wants_a_question_has_one_that_asks_it(path: Path) -> None:
    rules = RuleBook.load(path).rules
    assert {topic for rule in rules for topic in rule.after} <= {rule.asks for rule in rules}


@pytest.mark.parametrize("path", sorted(RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_wording_asks_for_one_thing_only(path: Path) -> None:
    topics: dict[str, set[str]] = {}
    for rule in RuleBook.load(path).rules:
        for says in rule.says:
            topics.setdefault(says, set()).add(rule.asks)
    assert all(len(asked) == 1 for asked in topics.values())


@pytest.mark.parametrize("path", sorted(RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_rule_that_calls_a_tool_knows_what_to_say_when_that_fails(path: Path) -> None:
    assert all(rule.unsure for rule in RuleBook.load(path).rules if rule.calls)


WITH_HOURS = in_use(Snapshot(key="x", agent=Agent(name="x", languages=("en",), gender="male", address="male", hours=Hours())), Settings())


@pytest.mark.parametrize("path", sorted(RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_tool_of_a_rule_takes_what_it_is_given(path: Path) -> None:
    tools = {tool.name: tool for tool in (*TOOLS, *tools_of_agent(WITH_HOURS).values())}
    for rule in RuleBook.load(path).rules:
        if rule.calls:
            tools[rule.calls.tool].read(json.dumps(dict(rule.calls.arguments)))


def wordings(path: Path) -> list[str]:
    return [re.sub(r"\{\w+\}", "word", says) for rule in RuleBook.load(path).rules for says in (*rule.says, *rule.unsure)]


@pytest.mark.parametrize(("language", "text"), [("he", "תחזרו אליי"), ("en", "please call me back")])
def test_keys_are_asked_for(language: str, text: str) -> None:
    said = pieces(Prompt(text, language, 1, tools=TOOLS))
    assert said[-1][1] == ActionRequest("collect", collect=Collect(timeout_s=5.0))
