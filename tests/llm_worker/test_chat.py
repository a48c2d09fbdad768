"""Talking to an agent in writing."""

import io
from pathlib import Path

import msgspec
import pytest

from common.command_line import EXIT_USAGE
from llm_worker.chat import EXIT_NO_CONNECTION, EXIT_OVER, main
from llm_worker.tools import Occasion, Tool
from tests.common.agents.files import CLINIC, RULES, write

MESSAGE = """
[[rule]]
name = "message"
hears = ["message"]
calls = {tool = "leave_message", arguments = {text = "{said}"}}
says = ["It is written down, by {result}."]
unsure = ["Was it?"]
"""


class Interrupted(io.RawIOBase):
    """A terminal at which somebody presses Ctrl-C."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        raise KeyboardInterrupt


pytestmark = pytest.mark.usefixtures("logging_of_its_own")


@pytest.fixture(autouse=True)
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent with rules, and settings that find it."""
    write(tmp_path, RULES % (MESSAGE, "You said something."), "clinic.en.rules")
    write(tmp_path, CLINIC + 'greeting = "שלום"\n[phrases.en]\ngreeting = "Clinic!"\n[rules]\nen = "clinic.en.rules.toml"\n')
    for name, value in {"AGENTS_DIR": tmp_path, "LLM_VENDOR": "scripted", "SCRIPTED_LLM_TOKENS_PER_S": 100_000}.items():
        monkeypatch.setenv(name, str(value))


def said(*lines: str) -> str:
    """What is shown of a chat in English in which these are typed."""
    out = io.StringIO()
    assert main(["clinic", "--language", "en"], io.StringIO("".join(f"{line}\n" for line in lines)), out) == EXIT_OVER
    return out.getvalue()


def test_the_agent_greets() -> None:
    assert said().startswith("bot: Clinic!\n")


def test_it_says_that_no_model_answers(capsys: pytest.CaptureFixture[str]) -> None:
    said()
    assert capsys.readouterr().err == "llm_worker.chat: rules answer, no model (LLM_VENDOR=scripted)\n"


def test_it_begins_in_its_first_language() -> None:
    out = io.StringIO()
    main(["clinic"], io.StringIO(""), out)
    assert out.getvalue().startswith("bot: שלום\n")


def test_it_answers_by_its_rules() -> None:
    assert "bot: You said something.\n" in said("hello")


def test_what_a_tool_was_given_and_answered_is_shown() -> None:
    assert '     [leave_message {"text": "a message"}: the message is written down]\nbot: It is written down, by' in said("a message")


def test_the_agent_may_hang_up() -> None:
    assert said("bye", "hello").endswith("bot: Goodbye!\n     [hang_up]\n")


def test_lines_of_a_file_are_shown_as_if_they_were_typed() -> None:
    assert said("hello").endswith("you: hello\nbot: You said something.\nyou: \n")


def test_it_is_the_time_that_one_says(tmp_path: Path) -> None:
    out = io.StringIO()
    write(tmp_path, CLINIC + '[hours]\nsunday = ["09:00-12:00"]\n')
    main(["clinic", "--language", "en", "--now", "2026-11-29T11:00"], io.StringIO("are you open?\n"), out)
    assert "We are open now, until 12:00." in out.getvalue()


def test_what_is_no_time_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["clinic", "--now", "tomorrow"])
    assert "'tomorrow' is no time; takes one like 2026-12-31T10:00" in capsys.readouterr().err


def test_ctrl_c_ends_it() -> None:
    out = io.StringIO()
    assert main(["clinic"], io.TextIOWrapper(io.BufferedReader(Interrupted())), out) == EXIT_OVER
    assert out.getvalue().endswith("you: \n")


def test_an_empty_line_ends_it() -> None:
    assert said("hello", "", "hello").count("something") == 1


def test_an_agent_that_is_not_there_is_told_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nobody"]) == EXIT_USAGE
    assert "there are: clinic" in capsys.readouterr().err


def test_an_agent_may_be_a_file(tmp_path: Path) -> None:
    assert main([str(tmp_path / "clinic.toml")], io.StringIO(""), io.StringIO()) == EXIT_OVER


def test_a_model_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_VENDOR", "openai")
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert main(["clinic"], io.StringIO("hello\n"), io.StringIO()) == EXIT_NO_CONNECTION


def test_rules_that_are_none_are_told_with_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, '[[rule]]\nname = "x"\nsays = ["b"]', "clinic.en.rules")
    assert main(["clinic"]) == EXIT_USAGE
    assert "clinic.en.rules.toml:1: rule.1.hears: is missing; takes what the caller says" in capsys.readouterr().err


# --- As an owner's server sees it

NOTED: list[str] = []


class Nothing(msgspec.Struct):
    """Takes nothing."""


async def note(taken: Nothing, occasion: Occasion) -> str:
    NOTED.append(occasion.call)
    return "noted"


NOTE = Tool("note", "Notes.", Nothing, "once", 2.0, note)


def test_each_chat_is_a_call_of_its_own(tmp_path: Path) -> None:
    rule = '[[rule]]\nname = "note"\nhears = ["note"]\ncalls = {tool = "note", arguments = {}}\nsays = ["Noted."]\nunsure = ["No."]\n'
    write(tmp_path, RULES % (rule, "You said something."), "clinic.en.rules")
    write(tmp_path, f'{CLINIC}[functions]\nnote = "{__name__}:NOTE"\n[rules]\nen = "clinic.en.rules.toml"\n')
    for _ in range(2):
        said("note", "note it")
    assert (len(NOTED), len(set(NOTED))) == (2, 2)
