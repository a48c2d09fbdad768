"""How a caller changes the language."""

from pathlib import Path

import pytest

from common.agents.file import read
from common.agents.switching import language_now
from common.config import Settings
from tests.common.agents.files import CLINIC, snapshot, write


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ([], "he"),
        (["שלום"], "he"),
        (["English, please!"], "en"),
        (["אפשר באנגלית? אנגלית"], "en"),
        (["english please", "when do you open?"], "en"),
        (["english please", "Hebrew again"], "he"),
        (["I want a book in which they say english please once in a while"], "he"),
        (["I don't speak Hebrew"], "en"),
        (["Sorry, I do not really understand Hebrew."], "en"),
        (["Sorry, I don’t speak any Hebrew, English please"], "en"),
        (["We cannot speak Hebrew"], "en"),
        (["Don't speak Hebrew"], "en"),
        (["אני לא מדברת עברית"], "en"),
        (["english please", "אני לא כל כך מבינה אנגלית"], "he"),
        (["אתם לא מדברים אנגלית?"], "en"),
        (["לא, אנגלית"], "en"),
        (["לא, אני מדבר אנגלית"], "en"),
        (["אמא שלי לא מדברת אנגלית"], "he"),
        (["english please", "Don't you speak Hebrew?"], "he"),
        (["english please", "you don't speak Hebrew, do you"], "he"),
    ],
)
def test_a_caller_switches_the_language_by_the_files_words(tmp_path: Path, said: list[str], language: str) -> None:
    assert language_now(snapshot(tmp_path).agent, said, "he") == language


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("is there an English speaking doctor?", "he"),
        ("do you have English-speaking nurses", "he"),
        ("a doctor who speaks English", "he"),
        ("any nurse that speaks English?", "he"),
        ("יש רופא דובר אנגלית?", "he"),
        ("יש אצלכם רופאה שמדברת אנגלית", "he"),
        ("מי הרופאה דוברת אנגלית", "he"),
        ("someone who speaks English please", "en"),
        ("an English speaking person please", "en"),
        ("English speaking please", "en"),
        ("יש מישהו שמדבר אנגלית?", "en"),
        ("אני דובר אנגלית", "en"),
        ("את מדברת אנגלית?", "en"),
        ("אתה יודע אנגלית?", "en"),
        ("do you speak English", "en"),
        ("does anybody there speak English", "en"),
    ],
)
def test_who_asks_for_somebody_that_speaks_a_language_does_not_ask_the_bot_to(tmp_path: Path, said: str, language: str) -> None:
    agent = read(write(tmp_path, CLINIC.replace('"English please"', '"English"')), Settings()).agent
    assert language_now(agent, [said], "he") == language


def test_of_three_languages_who_does_not_speak_one_asks_for_none(tmp_path: Path) -> None:
    three = CLINIC.replace('["he", "en"]', '["he", "en", "fr"]').replace("en = [", 'fr = ["French"], en = [')
    agent = read(write(tmp_path, three), Settings()).agent
    assert language_now(agent, ["I don't speak Hebrew"], "he") == "he"


def test_a_language_that_nobody_may_ask_for_is_not_the_other_one(tmp_path: Path) -> None:
    agent = read(write(tmp_path, CLINIC.replace('["English please", "אנגלית"]', "[]")), Settings()).agent
    assert language_now(agent, ["I don't speak Hebrew"], "he") == "he"
