"""How a caller changes the language."""

from pathlib import Path

import pytest

from common.agents.switching import language_now
from tests.common.agents.files import snapshot


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
    ],
)
def test_a_caller_switches_the_language_by_the_files_words(tmp_path: Path, said: list[str], language: str) -> None:
    assert language_now(snapshot(tmp_path).agent, said, "he") == language
