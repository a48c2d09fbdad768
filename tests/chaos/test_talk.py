"""What the house's agent says, as its files have it."""

from pathlib import Path

from common.agents.file import read
from common.config import Settings
from llm_worker.rules import RuleBook
from llm_worker.vendors.base import ToolResult
from tests.chaos.ear import SLACK_MS
from tests.chaos.hands import said_by
from tests.chaos.report import LONG_MS
from tests.chaos.talk import A_STREAM, MS_PER_CHAR, TURNS, agent, expected, part, rules
from tests.common.agents.files import write

TOOLS = ("look_up", "book", "note")


def reply(turn: int, *, ok: bool = True) -> str:
    """What the agent's rules answer in a turn, once its tool is done."""
    result = ToolResult("done", ok) if part(turn).tool else None
    return said_by(0, RuleBook.parse(rules()).answer("question?", [], TOOLS, result, ["office"], turn).text)


def test_the_agents_file_can_be_used(tmp_path: Path) -> None:
    write(tmp_path, rules(), "chaos.en.rules")
    assert read(write(tmp_path, agent("http://127.0.0.1:1"), "chaos"), Settings()).agent.known_tools[-3:] == ("look_up", "book", "note")


def test_a_reply_sounds_as_long_as_it_is_expected_to() -> None:
    sounds_ms = [MS_PER_CHAR * len(reply(turn).replace(". ", ".")) for turn in range(1, TURNS)]
    assert sounds_ms == [sum(one.lengths_ms) for one in expected()[1:]]


def test_long_replies_sound_for_5_s() -> None:
    assert [turn for turn in range(1, TURNS) if sum(expected()[turn].lengths_ms) >= LONG_MS] == [2, 3, 7, 9]


def test_an_ear_can_tell_whether_a_tool_did_its_work() -> None:
    apart = [abs(one.lengths_ms[1] - one.unsure_ms[1]) > 2 * SLACK_MS for one in expected() if one.unsure_ms]
    assert apart == [True] * 4


def test_who_does_not_know_what_a_tool_did_says_so() -> None:
    assert "nobody can say" in reply(4, ok=False)


def test_words_and_tools_have_the_number_of_their_turn() -> None:
    said = RuleBook.parse(rules()).answer("question?", [], TOOLS, None, ["office"], 4)
    assert said.calls is not None
    assert dict(said.calls.arguments) == {"turn": "4", "said": "question?"}


def test_turns_that_are_counted_anew_sound_and_act_as_the_first_ones(tmp_path: Path) -> None:
    anew = 2 * A_STREAM + 4
    book = RuleBook.parse(rules())
    texts = [book.answer("question?", [], TOOLS, ToolResult("done", ok=True), ["office"], turn).text for turn in (4, anew)]
    write(tmp_path, rules(), "chaos.en.rules")
    limits = read(write(tmp_path, agent("http://127.0.0.1:1"), "chaos"), Settings()).agent.limits
    assert (texts[0], limits["book"].numbers) == (texts[1], ("*",))
