"""Whom the rules that Torim brings hang up on: callers who want nothing more, and nobody who asks something."""

from pathlib import Path

import pytest

from common.agents.folder import HERE
from llm_worker.rules import RuleBook, Said
from llm_worker.vendors.base import Exchange
from llm_worker.vendors.scripted import RULES

MORE = {"en": "You are welcome. Can I help you with anything else?", "he": "בשמחה. אפשר לעזור בעוד משהו?"}
ENOUGH = {
    "en": (
        "no", "No, thank you", "that's all, thank you", "No. That is all, thank you very much.", "nope, I'm good, thanks", "no no, bye",
        "Okay, thanks a lot, have a nice day", "well no thank you", "Nothing else, thanks for your help. Goodbye!",
        "I have no more questions", "No thanks.", "No, that's it. Thanks so much.", "Nope, that's everything. Thanks!",
        "That'll be all, thank you.", "No that's great, thank you very much, bye.", "Alright, thank you, bye bye.",
        "Okay great, thanks, bye.", "No, I think that's all.", "I think that's it, thanks.", "That's all I need, thank you.",
        "That's all for today.", "No, you've been very helpful, thank you.", "Thank you, goodbye.", "OK, bye.",
        "All right then, goodbye.", "No, nothing else.", "No. Thank you. Bye.", "I'm all set, thanks.", "No, we're good.",
        "Thanks, you too, bye.", "Thank you so much for your help, have a great day.", "No, that's okay.", "Not really, thanks.",
        "No, not at the moment, thank you.", "Well, goodbye then.", "Great, see you then, bye.", "Take care, bye.",
        "No thanks, that was it.", "No, I'm fine, thank you.", "Great, thanks for your help. Bye-bye.",
        "Perfect, that's all I wanted to know.", "No, thank you. Have a wonderful day!", "No, thanks a bunch.", "OK then, bye.",
        "Thanks, goodbye now.", "No, that answers my question, thanks.", "That's it for me, thanks.", "No, I don't need anything else.",
        "Alright, that's all, bye.", "Cheers, bye.", "No ma'am, thank you.", "I guess that's all.", "Nothing at all, thanks.",
        "Thank you very much, good night.", "Okay, great, thank you so much, bye.",
    ),
    "he": (
        "לא", "לא, תודה", "זה הכול, תודה", "לא, זה הכל", "לא תודה רבה, ביי", "זהו, תודה לכם, להתראות", "אין צורך", "טוב, תודה, יום טוב",
        "אין לי עוד שאלות, תודה", "לא, בסדר, תודה", "לא, תודה רבה.", "לא, זה הכול. תודה רבה!", "זהו, תודה.", "לא, זהו.",
        "לא, זה הכל תודה ולהתראות", "אוקיי תודה ביי", "בסדר, תודה רבה, להתראות.", "טוב, תודה רבה, ביי ביי.", "לא תודה, יום טוב.",
        "תודה, יום נעים.", "תודה רבה לך, להתראות.", "לא, אני מסודר, תודה.", "לא, הכול בסדר.", "לא לא, תודה.", "כרגע לא, תודה.",
        "לא, זה מספיק לי.", "מעולה, תודה רבה, ביי.", "אין, תודה.", "לא, אין לי שאלות.", "תודה, שבת שלום.", "תודה ויום טוב.",
        "סבבה, ביי.", "אז תודה רבה וביי.", "לא נראה לי, תודה.", "זה הכול בינתיים, תודה.", "לא, תודה על העזרה.", "טוב, להתראות.",
        "לא, עזרת לי מאוד, תודה רבה.", "לא, תודה, זה הכול.", "זה הכול, להתראות.", "אוקיי, תודה רבה, יום טוב.", "יופי, תודה, ביי.",
        "לא, אין לי עוד שאלות. תודה.", "לא, לא צריך. תודה.", "תודה רבה, כל טוב.", "לא, זהו זה. להתראות.", "בסדר, זה הכל.",
        "לא תודה, לילה טוב.", "טוב, זה הכול, תודה.", "לא, אני חושב שזה הכול.", "נראה לי שזהו, תודה.", "תודה, נתראה.",
        "אחלה, תודה ויום נעים.", "לא לא, הכול ברור, תודה.", "לא, רק את זה רציתי לדעת.", "שיהיה לכם יום נעים, ביי.",
    ),
}  # fmt: skip
"""What ends a call behind an offer of more."""
NOT_ENOUGH = {
    "en": (
        "No, I have a question", "no wait", "I didn't catch that", "No thank you, one more question", "Is that all you have Tuesday?",
        "thanks, is there no parking", "that's not all", "That's all?", "no, when are you open", "please don't hang up", "is that all",
        "bye the way, where are you", "no good", "nothing else works, I need help", "no, but can I also ask about the price",
        "thank you, and on Friday", "okay, thanks, what about Friday", "no, Tuesday", "great, and where are you",
        "that's all well and good but I need an appointment", "bye, I mean, are you open on Friday", "no, sorry, I meant Monday",
        "thanks, but no, I need more help", "nothing works", "no I can't", "is it okay if I come by",
        "have a nice day off, are you open then", "that's not what I asked", "nope, wrong day", "no, cancel it", "all right, book it",
        "perfect, do that", "good night shift hours please", "I said no such thing",
    ),
    "he": (
        "לא, יש לי שאלה", "לא הבנתי", "לא שמעתי", "לא תודה, יש לי שאלה", "תודה, לא, מתי אתם פתוחים", "זה לא הכול, יש שאלה",
        "אין צורך בתור לבדיקה?", "לא, זה לא הכל", "זה הכול?", "אתם פתוחים ביום טוב?", "לא טוב", "לא צריך תור?",
        "איך אומרים להתראות בסינית", "לא, אבל יש לי עוד בקשה", "תודה, ומה לגבי שישי", "אוקיי תודה, ומה הכתובת", "לא, ביום שלישי",
        "מעולה, ואיפה אתם", "זה הכול טוב ויפה אבל אני צריך תור", "ביי, בעצם רגע", "לא, התכוונתי ליום שני", "תודה אבל לא, אני צריך עזרה",
        "שום דבר לא עובד", "לא יכול", "אפשר לבוא ביום טוב", "לא זה מה ששאלתי", "לא, תבטלו", "בסדר, תרשמי", "מצוין, תעשו את זה",
        "לא צריך מרשם בשביל זה", "אין לכם שעות בערב", "זה לא מספיק", "לא בסדר מה שאתם עושים",
    ),
}  # fmt: skip
FILES = {"en": (*RULES.glob("*en.toml"), *HERE.glob("*.en.rules.toml")), "he": (*RULES.glob("*he.toml"), *HERE.glob("*.he.rules.toml"))}


def answers(path: Path, language: str, text: str, heard: str = "") -> Said:
    """What a file's rules answer behind an offer of more."""
    past = [Exchange("x", heard or MORE[language])]
    return RuleBook.load(path).answer(text, past, ("leave_message", "opening_hours"), destinations=("office",))


@pytest.mark.parametrize(("language", "path"), [(language, path) for language in FILES for path in FILES[language]], ids=str)
class TestFile:
    """Of each file's rules."""

    def test_who_wants_nothing_more_is_let_go(self, language: str, path: Path) -> None:
        assert [text for text in ENOUGH[language] if not answers(path, language, text).ends_call] == []

    def test_who_thought_of_something_more_and_then_not_is_let_go(self, language: str, path: Path) -> None:
        asked = answers(path, language, {"en": "yes", "he": "כן"}[language]).text
        assert [text for text in ENOUGH[language] if not answers(path, language, text, asked).ends_call] == []

    def test_nobody_who_asks_something_is_hung_up_on(self, language: str, path: Path) -> None:
        assert [text for text in NOT_ENOUGH[language] if answers(path, language, text).ends_call] == []

    def test_whoever_is_not_hung_up_on_is_answered(self, language: str, path: Path) -> None:
        assert [text for text in NOT_ENOUGH[language] if answers(path, language, text) == Said("")] == []

    def test_a_goodbye_among_words_that_are_not_known_is_asked_about(self, language: str, path: Path) -> None:
        text, asked = {"en": ("zorp bye", "before you go?"), "he": ("זורפ ביי", "לפני שנפרדים")}[language]
        assert asked in answers(path, language, text).text

    def test_so_is_a_no_among_words_that_are_not_known(self, language: str, path: Path) -> None:
        text, asked = {"en": ("no zorp", "anything else that I can do"), "he": ("לא זורפ", "במה עוד אפשר לעזור")}[language]
        assert asked in answers(path, language, text).text
