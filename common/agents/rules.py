"""What stands in a file of rules beside an agent: what is said where there is no model, as ``llm_worker/rules.py`` has it.

A name that is none (a slot, a topic that no rule asks for, a tool, somebody to transfer to) is a fault, since such a rule would never be
used, and nobody would learn why. That a tool is not here today is none: its rule is passed over.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from common.agents.agent import ACTIONS, Agent
from common.agents.fault import Fault, KeyPath, astray

SLOT = re.compile(r"\{(\w+)\}")
LAST = "last"
"""The slot that holds what the caller heard last: for a reply that says it again."""
RESULT = "result"
"""The slot that holds what a tool answered."""
SAID = "said"
"""The slot that holds the caller's own words, for a tool."""
TURN = "turn"
"""The slot that holds the number of the turn."""

_OURS = (LAST, RESULT, SAID, TURN)
_Text = Annotated[str, Meta(min_length=1)]


class Calls(msgspec.Struct, frozen=True):
    """A tool, and what it is given."""

    tool: Annotated[_Text, Meta(description='the name of a tool, like "leave_message"')]
    arguments: Annotated[dict[str, str], Meta(description='texts by argument, like {text = "{said}"}')] = {}


class Keys(msgspec.Struct, frozen=True):
    """Keys that are asked for; as ``common.messages.Collect``."""

    digits: Annotated[int, Meta(ge=0, le=32, description="how many keys, up to 32; 0: as many as come")] = 0
    terminator: Annotated[str, Meta(pattern="^[0-9*#]?$", description='the key that ends them, like "#"; "": none')] = "#"
    timeout_s: Annotated[float, Meta(gt=0, le=60, description="seconds after the last key, at most 60")] = 4.0


class Rule(msgspec.Struct, frozen=True):
    """One rule, as it stands in the file."""

    name: Annotated[_Text, Meta(description="a name, for people")]
    hears: Annotated[
        tuple[_Text, ...], Meta(min_length=1, description='what the caller says, like ["book {day}", "table"]; ["*"] is anything')
    ]
    says: Annotated[tuple[_Text, ...], Meta(min_length=1, description='wordings of the answer, like ["Gladly. When?"]')]
    asks: Annotated[str, Meta(description="what its wordings ask for, in a word")] = ""
    after: Annotated[tuple[_Text, ...], Meta(description='what was asked for last, like ["day"]')] = ()
    max_words: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="how many words the caller says at most, from 1")] = None
    unless: Annotated[tuple[_Text, ...], Meta(description='what it is passed over for, words one behind the other, like ["no table"]')] = ()
    alone: Annotated[bool, Meta(description="whether nothing else may be said, but what stands in beside: true or false")] = False
    ends_call: Annotated[bool, Meta(description="whether the bot hangs up then: true or false")] = False
    calls: Annotated[Calls | None, Meta(description='a tool: {tool = "leave_message", arguments = {text = "{said}"}}')] = None
    unsure: Annotated[tuple[_Text, ...], Meta(description="wordings for when the tool failed, or nobody knows")] = ()
    needs: Annotated[str, Meta(description="a tool without which the rule is passed over")] = ""
    keys: Annotated[Keys | None, Meta(description="keys that the caller may press then: {digits = 9}")] = None
    interruptible: Annotated[bool, Meta(description="whether a voice stops it: true or false")] = True
    transfers: Annotated[str, Meta(description="where the call goes then, a name of the agent's [transfers]")] = ""
    turns: Annotated[tuple[int, ...], Meta(description="the turns of a call that it is for, like [1, 4]; absent: any")] = ()


class Rules(msgspec.Struct, frozen=True):
    """A file of them."""

    rule: Annotated[tuple[Rule, ...], Meta(description="tables [[rule]], each with name, hears, says")]
    slots: Annotated[
        dict[str, dict[str, tuple[str, ...]]], Meta(description='values with other ways to say them: [slots.day] Monday = ["mon"]')
    ] = {}
    beside: Annotated[
        tuple[_Text, ...], Meta(description='what may be said beside the words of a rule with alone = true, like ["thank you", "okay"]')
    ] = ()


def check_rules(rules: Rules, agent: Agent) -> None:
    """See that all that they name is there.

    Raises:
        Fault: the first name that is none.
    """
    _check_slot_names(rules)
    _check_words(rules.beside, ("beside",))
    topics = {rule.asks for rule in rules.rule if rule.asks}
    for number, rule in enumerate(rules.rule, 1):
        path = ("rule", str(number))
        for key, text, more in _texts(rule):
            _check_slots(text, [*rules.slots, *more], (*path, *key))
        _check_words(rule.unless, (*path, "unless"))
        _check_words(rule.hears if rule.alone else (), (*path, "hears"))
        for topic in rule.after:
            _check_name(topic, topics, (*path, "after"))
        _check_deeds(rule, agent, path)


def _check_slot_names(rules: Rules) -> None:
    for name, values in rules.slots.items():
        if not name.isidentifier() or name in _OURS:
            raise Fault(("slots", name), f"takes a name in letters, digits and _ that is none of {', '.join(_OURS)}")
        for value in values:
            if own := astray(value, Rules.__struct_fields__, "file"):
                raise Fault(("slots", name, value), f"there is no such value{own}")


def _check_deeds(rule: Rule, agent: Agent, path: KeyPath) -> None:
    tools = [name for name in agent.known_tools if name not in ACTIONS]
    _check_name(rule.needs, tools, (*path, "needs"))
    _check_name(rule.transfers, agent.transfers, (*path, "transfers"))
    if rule.calls is not None:
        _check_name(rule.calls.tool, tools, (*path, "calls", "tool"))
        takes = agent.parameters(rule.calls.tool)
        for name in rule.calls.arguments:
            _check_name(name, (name,) if takes is None else takes, (*path, "calls", "arguments", name))
        if not rule.unsure:
            raise Fault((*path, "unsure"), "is missing; takes what is said where the tool fails, or nobody knows whether it did")


def _texts(rule: Rule) -> Iterator[tuple[KeyPath, str, KeyPath]]:
    """Key, text, and the slots that it may hold beside the file's."""
    answers = (LAST, TURN, RESULT) if rule.calls else (LAST, TURN)
    yield from ((("hears",), text, ()) for text in rule.hears)
    yield from ((("says",), text, answers) for text in rule.says)
    yield from ((("unsure",), text, answers) for text in rule.unsure)
    given = rule.calls.arguments if rule.calls else {}
    yield from ((("calls", "arguments", name), text, (LAST, SAID, TURN)) for name, text in given.items())


def _check_words(texts: Iterable[str], path: KeyPath) -> None:
    """What is looked for word for word holds no slot, and is not anything."""
    for text in texts:
        if SLOT.search(text) or not any(letter.isalnum() for letter in text):
            raise Fault(path, f'{text!r} in it does not fit; takes words alone here, like "thank you"')


def _check_slots(text: str, known: Sequence[str], path: KeyPath) -> None:
    held = SLOT.findall(text)
    for slot in held:
        if slot not in known:
            raise Fault(path, f"{{{slot}}} in it is no slot; takes any of {', '.join(known) or 'none'}")
        if held.count(slot) > 1:
            raise Fault(path, f"{{{slot}}} is in it more than once; takes each slot once")


def _check_name(name: str, known: Iterable[str], path: KeyPath) -> None:
    if name and name not in known:
        raise Fault(path, f"there is no {name!r}; takes any of {', '.join(sorted(known)) or 'none'}")
