"""The language of one call."""

from pathlib import Path

import pytest

from gateway.tongue import Tongue
from gateway.turn.events import LanguageChanged
from gateway.turn.words import Lexicon
from tests.common.agents.files import snapshot
from tests.gateway.test_call import PHRASES


def tongue(folder: Path, told: list[str]) -> Tongue:
    """Of a call that began in Hebrew; ``told``: what the core is told."""

    def goes_by(language: str) -> LanguageChanged:
        told.append(language)
        return LanguageChanged(PHRASES, Lexicon())

    return Tongue("he", snapshot(folder).agent, goes_by)


@pytest.mark.parametrize(("language", "told"), [("he", []), ("en", ["en"])])
def test_a_reply_in_another_language_changes_it(tmp_path: Path, language: str, told: list[str]) -> None:
    changed: list[str] = []
    made = tongue(tmp_path, changed)
    made.replied_in(language)
    assert (made.now, changed) == (language, told)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ((), "he"),
        (("שלום", "English please", "when do you open"), "en"),
        (("English please", "Hebrew"), "he"),
        (("English please", ""), "en"),
    ],
)
def test_a_call_that_is_taken_over_goes_on_in_what_its_caller_asked_for(tmp_path: Path, said: tuple[str, ...], language: str) -> None:
    made = tongue(tmp_path, [])
    made.taken_over(said)
    assert made.now == language
