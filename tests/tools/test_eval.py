"""An agent held to its dialogues; the examples that Torim brings are, without an account."""

import json
from pathlib import Path

import pytest

from common.command_line import EXIT_USAGE
from tests.common.agents.files import CLINIC, RULES, write
from tools.eval import EXIT_EXPECTED, EXIT_NO_CONNECTION, EXIT_UNMET, main

HOURS = """
[[rule]]
name = "hours"
hears = ["open"]
calls = {tool = "opening_hours", arguments = {day = "today"}}
says = ["{result} Anything else?"]
unsure = ["I can't see them. Anything else?"]
"""


pytestmark = pytest.mark.usefixtures("logging_of_its_own")


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No account."""
    monkeypatch.setenv("LLM_VENDOR", "scripted")


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an agent with rules."""
    write(tmp_path, RULES % (HOURS, "We sell books."), "clinic.en.rules")
    write(tmp_path, CLINIC + '[hours]\nholidays = "IL"\nsunday = ["09:00-12:00"]\n[rules]\nen = "clinic.en.rules.toml"\n')
    monkeypatch.setenv("AGENTS_DIR", str(tmp_path))
    return tmp_path


def held(folder: Path, turn: str) -> int:
    """The exit code of one dialogue of one turn in English."""
    write(folder, f'[[dialogue]]\nname = "d"\nlanguage = "en"\nnow = 2026-11-29T08:00:00\n[[dialogue.turn]]\n{turn}', "clinic.eval")
    return main(["clinic"])


@pytest.mark.parametrize("agent", ["clinic", "shop"])
def test_the_examples_do_what_their_owners_expect(agent: str) -> None:
    assert main([agent]) == EXIT_EXPECTED


@pytest.mark.parametrize(
    "turn",
    [
        'says = "hello"\nexpects = ["we sell BOOKS"]',
        'says = "hello"\nforbids = ["book"]',
        'says = "hello"\ncalls = []\nends = false\nlanguage = "en"',
        'says = "are you open?"\ncalls = ["opening_hours"]\nexpects = ["Sunday, November 29", "from 9:00 to 12:00"]',
        'says = "bye"\nends = true',
    ],
)
def test_what_is_as_expected_is_good(clinic: Path, turn: str) -> None:
    assert held(clinic, turn) == EXIT_EXPECTED


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ('says = "hello"\nexpects = ["we sell"]\nforbids = ["books"]', "forbids 'books'"),
        ('says = "hello"\nexpects = ["we buy"]', "expects 'we buy'"),
        ('says = "hello"\ncalls = ["opening_hours"]', "calls ['opening_hours'], not []"),
        ('says = "open?"\ncalls = []', "calls [], not ['opening_hours']"),
        ('says = "hello"\nends = true', "ends = true"),
        ('says = "bye"\nends = false', "ends = false"),
        ('says = "hello"\nlanguage = "he"', "language 'he', not 'en'"),
    ],
)
def test_what_is_not_as_expected_is_told(clinic: Path, capsys: pytest.CaptureFixture[str], turn: str, told: str) -> None:
    assert held(clinic, turn) == EXIT_UNMET
    assert f"unmet:  {told}\n" in capsys.readouterr().out


def test_the_result_is_json_on_standard_output(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(clinic, '[[dialogue]]\nname = "d"\nlanguage = "en"\n[[dialogue.turn]]\nsays = "bye"\nends = false', "clinic.eval")
    main(["clinic", "--json"])
    result = json.loads(capsys.readouterr().out)
    turn = result["dialogues"][0]["turns"][0]
    assert (result["failed"], turn["answers"], turn["actions"], turn["unmet"]) == (1, "Goodbye!", ["hang_up"], ["ends = false"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dialogue = 5", "1: dialogue: 5 does not fit; takes tables: [[dialogue]]"),
        ('[[dialogue]]\nname = "d"\nturns = []', "3: dialogue.1.turns: there is no such key (is turn meant?)"),
        ("x =", "1: x: is not TOML"),
        ("# none yet\ndialogue = []", "2: dialogue: [] does not fit; takes tables [[dialogue]], each with name and turns, one at least"),
        ('[[dialogue]]\nname = "d"\nturn = []', "3: dialogue.1.turn: [] does not fit; takes tables [[dialogue.turn]], each with says, one"),
        (
            '[[dialogue]]\nname = "d"\n[[dialogue.turn]]\nsays = "x"\nexpects = []\n[[dialogue.turn]]\nsays = "y"',
            "1: dialogue.1: expects nothing, so it would be as expected whatever is answered; takes expects, forbids,",
        ),
        (
            '[[dialogue]]\nname = "d"\n[[dialogue.turn]]\nsays = "x"\nexpects = "y"',
            "5: dialogue.1.turn.1.expects: 'y' does not fit; takes words that are in the answer",
        ),
    ],
)
def test_a_fault_in_dialogues_is_told_with_their_file_line_and_key(
    clinic: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    write(clinic, text, "clinic.eval")
    assert main(["clinic"]) == EXIT_USAGE
    assert f"clinic.eval.toml:{told}" in capsys.readouterr().err


def test_an_agent_that_is_not_there_is_told_with_those_that_are(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clinik"]) == EXIT_USAGE
    assert "there is no agent 'clinik'" in (told := capsys.readouterr().err)
    assert "there are: clinic" in told


def test_a_language_may_be_told_without_its_region(clinic: Path) -> None:
    text = (clinic / "clinic.toml").read_text().replace('"en"]', '"en-US"]')
    write(clinic, text)
    assert held(clinic, 'says = "hello"\nlanguage = "en"') == EXIT_EXPECTED


def test_an_agent_without_dialogues_is_told(clinic: Path) -> None:
    assert main([str(clinic / "clinic.toml")]) == EXIT_USAGE


def test_a_language_that_the_agent_does_not_speak_is_told(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(clinic, '[[dialogue]]\nname = "d"\nlanguage = "fr"\n[[dialogue.turn]]\nsays = "bonjour"\nends = false', "clinic.eval")
    assert main(["clinic"]) == EXIT_USAGE
    assert "Galil clinic does not speak 'fr'; takes any of he, en" in capsys.readouterr().err


def test_bad_usage_has_the_exit_code_that_is_written() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["clinic", "--bogus"])
    assert ended.value.code == EXIT_USAGE


def test_the_dialogues_may_stand_elsewhere(clinic: Path, tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "more", '[[dialogue]]\nname = "d"\nlanguage = "en"\n[[dialogue.turn]]\nsays = "bye"\nends = true', "other")
    assert main(["clinic", "--file", str(elsewhere)]) == EXIT_EXPECTED


def test_a_model_that_is_not_there_is_told(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_VENDOR", "openai")
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert held(clinic, 'says = "hello"\nends = false') == EXIT_NO_CONNECTION
