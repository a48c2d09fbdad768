"""What is said and done in a call of the house: the agent's file and rules, and what is to be heard of them.

    turn  the bot                                                                then
    1     answers in short
    2     looks something up at the desk, and speaks of it at length; the
          caller hears meanwhile that it does
    3     answers at length
    4     has the desk book something, once
    5     asks for keys                                                          collect
    6     has the desk book what was pressed, or said, once
    7     has a Python function note something, once, and speaks of it at length
    8     puts the call through: it is over, or comes back unanswered            transfer
    9     answers at length
    10..  says goodbye                                                           hang_up

Who counts the turns is the bot: a turn that a fault or a caller ended early is not made up for. A stream that begins while Redis does not
answer counts from the next ten thousand on, which sounds and goes as from 0 on. Every reply has three sentences,
of which the second one tells which reply it is by its length; where nobody knows whether a tool did its work, it is another one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from llm_worker.sentences import SentenceCutter
from tests.chaos.hands import said_by
from tests.chaos.judge import Reply
from tests.chaos.notes import NOTES_MS

ActionName = Literal["collect", "transfer", "hang_up"]
ACTIONS: tuple[ActionName, ...] = get_args(ActionName)
LEAVES: frozenset[str] = frozenset({"transfer", "hang_up"})
"""What ends a call here."""
EFFECTS = frozenset({"book", "note"})
"""The tools that do something in the world; ``look_up`` does not."""
TURNS = 16
"""As many as an ear can tell apart; 0 is the greeting."""
A_STREAM = 10_000
"""So far apart are the turns of two streams of a call where Redis could not be asked: a multiple of what an ear can tell apart."""
_STREAMS = 4
GOODBYE = 10
"""The first turn in which the bot says it. Nobody cuts in on a later one: a sixteenth turn would sound like the greeting."""
MS_PER_CHAR = 30
TERMINATOR = "*"
"""Which ends the keys that the bot asks for, and no others: so it shows whether it asked."""
SECRET = "CHAOS_SECRET"
"""The variable of the workers' environment that holds what webhooks are signed with."""
OFFICE = "+97231234567"
AUTH_TOKEN = "a secret of this house alone"
"""What requests and streams are signed with, as Twilio does it."""

_BEGINS, _ENDS = "this begins answer number {turn}.", "and so it comes to its end here."
_SHORT = "here it goes on about it."
_LONG = "here it goes on about it for as long as a clerk takes who reads out each and all of the rules of the house to a patient caller."
_UNSURE = "nobody can say whether all of that was really done for you."
_FIRST_TOKEN_MS = 200


@dataclass(frozen=True, slots=True)
class Part:
    """What the bot says and does in a turn."""

    middle: str = _SHORT
    """Its second sentence."""
    tool: str = ""
    takes_ms: int = 0
    """What the tool takes."""
    action: ActionName | Literal[""] = ""

    @property
    def is_long(self) -> bool:
        """Whether it sounds for over 5 s."""
        return self.middle == _LONG

    @property
    def has_effects(self) -> bool:
        """Whether something is to be done in the world."""
        return self.tool in EFFECTS

    def reply(self, turn: int) -> Reply:
        """What is to be heard of it."""
        work_ms = self.takes_ms + _FIRST_TOKEN_MS if self.tool else 0
        return Reply(_lengths_ms(self.middle, turn), _lengths_ms(_UNSURE, turn) if self.tool else (), work_ms)


LOOKS_UP_MS, BOOKS_MS = 2600, 500
"""What the tools take: the first one longer than a caller is left without a word."""
_PARTS: Mapping[int, Part] = {
    2: Part(_LONG, tool="look_up", takes_ms=LOOKS_UP_MS),
    3: Part(_LONG),
    4: Part(tool="book", takes_ms=BOOKS_MS),
    5: Part(action="collect"),
    6: Part(tool="book", takes_ms=BOOKS_MS),
    7: Part(_LONG, tool="note", takes_ms=NOTES_MS),
    8: Part(action="transfer"),
    9: Part(_LONG),
    **dict.fromkeys(range(GOODBYE, TURNS), Part(action="hang_up")),
}


def part(turn: int) -> Part:
    """What the bot says and does in the turn with this number, or pitch."""
    return _PARTS.get(turn % TURNS, Part())


def expected() -> list[Reply]:
    """The reply of every turn."""
    return [part(turn).reply(turn) for turn in range(TURNS)]


def _text(middle: str) -> str:
    return f"{_BEGINS} {middle} {_ENDS}"


def _lengths_ms(middle: str, turn: int) -> tuple[int, ...]:
    cutter = SentenceCutter()
    spoken = (*cutter.push(said_by(0, _text(middle).format(turn=turn))), *cutter.flush())
    return tuple(MS_PER_CHAR * len(sentence) for sentence in spoken)


# --- The agent's files


def agent(desk_url: str) -> str:
    """The file of the agent that answers every number; ``desk_url``: of the server that its webhooks go to."""
    return f"""
name = "Torim"
numbers = ["*"]
languages = ["en"]
gender = "male"
address = "plural"
tools = ["look_up", "book", "note", "collect_digits", "transfer", "hang_up"]
rules.en = "chaos.en.rules.toml"
phrases.en.tools.look_up = "I am looking it up for you"
functions.note = "tests.chaos.notes:NOTE"

[webhooks.look_up]
description = "Looks something up."
url = "{desk_url}/look_up"
method = "GET"
effects = false
timeout_s = 5
secret = "{SECRET}"
parameters.turn = {{ description = "the number of the turn" }}

[webhooks.book]
description = "Books something."
url = "{desk_url}/book"
timeout_s = 5
secret = "{SECRET}"
parameters.turn = {{ description = "the number of the turn" }}
parameters.said = {{ description = "what the caller said" }}

[limits.book]
numbers = ["*"]

[transfers.office]
number = "{OFFICE}"
when = "people"
"""


def rules() -> str:
    """The file of rules that the scripted model answers by."""
    return "\n".join(line for turn in range(1, TURNS) for line in _rule(turn, part(turn)))


def _rule(turn: int, about: Part) -> Iterator[str]:
    yield "[[rule]]"
    yield f'name = "turn {turn}"'
    says = _text(about.middle).format(turn=turn)  # a number of five digits would be read aloud at length
    yield f'turns = {[turn + stream * A_STREAM for stream in range(_STREAMS)]}\nhears = ["*"]\nsays = ["{says}"]'
    if about.tool:
        said = ', said = "{said}"' if about.tool == "book" else ""
        yield f'unsure = ["{_text(_UNSURE).format(turn=turn)}"]\ncalls = {{tool = "{about.tool}", arguments = {{turn = "{{turn}}"{said}}}}}'
    match about.action:
        case "collect":
            yield f'keys = {{terminator = "{TERMINATOR}"}}'
        case "transfer":
            yield 'transfers = "office"'
        case "hang_up":
            yield "ends_call = true"
        case "":
            pass
