"""A conversation by rules in a file: what stands in for a model where there is no account (sans-I/O).

A file (``llm_worker/vendors/rules/<language>.toml``) holds a language's rules. The first rule wins whose
``after`` fits what the caller heard last, and of whose ``hears`` one entry is in the caller's words:

    [slots.day]                        # a slot: values, and the ways to say each
    Monday = ["monday", "mon"]

    [[rule]]
    name = "time"                      # for people
    after = ["day"]                    # the reply heard last asked for one of these; absent: always
    hears = ["{day}"]                  # all words of an entry, in any order; "*" is anything
    unless = ["any day but"]           # passed over if one of these was said, its words one behind the other
    max_words = 4                      # only if the caller said no more than this; absent: any number
    says = ["On {day}. At what time?"] # wordings; one that was not said for the longest time is taken
    asks = "time"                      # what its wordings ask for; absent: nothing
    ends_call = true                   # hang up once it was heard; absent: no
    keys = {digits = 9}                # the caller may press keys: so many, or up to a terminator, or a time-out
    transfers = "reception"            # where the call goes then; passed over where the agent's file has no such destination
    interruptible = false              # no voice stops it; absent: it does
    turns = [1, 4]                     # in these turns of the call alone; absent: in any. {turn} is its number, for words and tools

Words that are found anywhere are found in a question, too: "no" in "no, when are you open?". So what is not to be undone takes ``alone``:
all that was said is then made of entries of ``hears``, one at least, and of the file's ``beside``, each word for word, and is no question:

    beside = ["thank you", "okay", "no"]   # above the first table

    [[rule]]
    name = "goodbye"
    hears = ["goodbye", "bye"]
    alone = true                       # "Okay, thank you, bye bye", and not "bye the way, when are you open?"
    says = ["Goodbye!"]
    ends_call = true

A rule may use a tool, where the house has it; else the rule is passed over:

    [[rule]]
    name = "message"
    hears = ["leave message"]
    calls = {tool = "leave_message", arguments = {text = "{said}"}}   # {said}: all that the caller said
    says = ["Noted: {result}."]
    unsure = ["I can't say whether that worked."]                     # where the tool failed, or nobody knows
    needs = "leave_message"            # passed over where this tool is missing; a rule that calls one need not say so

The memory of the conversation is the history alone: what the last reply asked for, and the slots in it,
are read off the words that the caller heard. So nothing is taken as said that was not heard (R7),
a reply that was cut before its question is no question, and every worker can answer any turn.

Speech recognition is met half-way: words are compared without points and punctuation, Hebrew ones
without glued particles and with letters of one sound taken as one, long ones with a letter or two wrong.
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import msgspec

from common.agents.rules import LAST, RESULT, SAID, SLOT, TURN, Calls, Keys, Rule, Rules
from llm_worker.vendors.base import Exchange, ToolResult

HEARD_SHARE = 0.6
"""Of a reply's words: as much has to be heard for its question to count as asked."""

_FUZZY_LETTERS = 6
_FUZZY_RATIO = 0.83
"""One letter of six may be wrong. At five letters too much is alike in Hebrew: nonsense found a rule."""
_PARTICLE_LETTERS = "והבלכשמ"
_ONE_SOUND = str.maketrans("עטקחךםןףץ", "אתכככמנפצ")


@dataclass(frozen=True, slots=True)
class Said:
    """A reply by rule."""

    text: str
    ends_call: bool = False
    calls: Calls | None = None
    """To be called first; the reply comes with its result."""
    keys: Keys | None = None
    """To be asked for."""
    interruptible: bool = True
    transfers: str = ""
    """Where the call goes once it was heard."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What is known of the reply that was heard last."""

    asks: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)


class RuleBook:
    """The rules of one language."""

    def __init__(self, rules: Sequence[Rule], slots: Mapping[str, Mapping[str, Sequence[str]]], beside: Sequence[str] = ()) -> None:
        """``beside``: what may be said beside the entries of a rule that takes them alone."""
        self.rules = tuple(rules)
        self._beside = [_words(phrase) for phrase in beside]
        self._slots = {
            slot: {value: [_words(form) for form in (value, *forms)] for value, forms in values.items()} for slot, values in slots.items()
        }
        self._templates = [(rule, says, self._template(says)) for rule in self.rules for says in (*rule.says, *rule.unsure)]

    @classmethod
    def load(cls, path: Path) -> "RuleBook":
        """The rules in a file.

        Raises:
            ValueError, KeyError: it is not such a file.
        """
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> "RuleBook":
        """The rules in a file's text; raises as ``load``."""
        rules = msgspec.convert(tomllib.loads(text), Rules)
        return cls(rules.rule, rules.slots, rules.beside)

    def answer(
        self,
        text: str,
        history: Sequence[Exchange],
        tools: Collection[str] = (),
        result: ToolResult | None = None,
        destinations: Collection[str] = (),
        turn: int = 0,
    ) -> Said:
        """What to say to ``text``; nothing if no rule fits.

        Args:
            tools: those that may be called.
            result: of the tool that the rule for this text called.
            destinations: those that the call may be transferred to.
            turn: its number in the call.
        """
        said = _words(text)
        heard = next((exchange.bot for exchange in reversed(history) if exchange.bot.strip()), "")
        context = self._context(heard)
        for rule in self.rules:
            if not _usable(rule, tools, destinations, turn) or (caught := self._match(rule, text, said, context)) is None:
                continue
            slots = {**context.slots, **caught, LAST: self._unrepeated(heard), SAID: text, TURN: str(turn)}
            if rule.calls and not _has_all(slots, rule.calls.arguments.values()):
                continue
            if rule.calls and result is None:
                return Said("", calls=_filled_in(rule.calls, slots))
            if result is not None:
                slots[RESULT] = result.text
            if says := self._wording(rule, slots, history, sure=result is None or result.ok):
                return Said(_filled(says, slots), rule.ends_call, None, rule.keys, rule.interruptible, rule.transfers)
        return Said("")

    # --- What the caller said

    def _match(self, rule: Rule, text: str, said: Sequence[str], context: _Context) -> dict[str, str] | None:
        """The slots in what was said; None if the rule does not fit."""
        if rule.after and context.asks not in rule.after:
            return None
        if rule.max_words is not None and len(said) > rule.max_words:
            return None
        if any(_follow(said, at, phrase) for phrase in map(_words, rule.unless) for at in range(len(said))):
            return None
        if rule.alone:
            return {} if "?" not in text and _made_of(said, [_words(entry) for entry in rule.hears], self._beside) else None
        for entry in rule.hears:
            if (caught := self._find(entry, said)) is not None:
                return caught
        return None

    def _find(self, entry: str, said: Sequence[str]) -> dict[str, str] | None:
        if entry == "*":
            return {}
        caught = {}
        for slot in SLOT.findall(entry):
            if (value := self._slot_value(slot, said)) is None:
                return None
            caught[slot] = value
        wanted = _words(SLOT.sub(" ", entry))
        return caught if _contains(said, wanted) else None

    def _slot_value(self, slot: str, said: Sequence[str]) -> str | None:
        """The first value that was said to the letter, else the first that is like one."""
        values = self._slots[slot]
        for exact in (True, False):
            for value, forms in values.items():
                if any(_contains(said, form, exact=exact) for form in forms):
                    return value
        return None

    # --- What the caller heard

    def _context(self, heard: str) -> _Context:
        words = " ".join(_words(heard))
        for rule, _, template in self._templates:
            if words and (found := template.fullmatch(words)):
                groups = found.groupdict()
                if groups.get(LAST):
                    return self._context(groups[LAST])
                return _Context(rule.asks, {slot: self._value(slot, form) for slot, form in groups.items() if form})
        return _Context()

    def _value(self, slot: str, words: str) -> str:
        return next(value for value in self._slots[slot] if " ".join(_words(value)) == words)

    def _unrepeated(self, heard: str) -> str:
        """What was heard, without the words that a reply which says it again puts before it."""
        for rule in self.rules:
            for says in rule.says:
                before, found, _ = says.partition("{" + LAST + "}")
                if found and before and heard.startswith(before):
                    return heard[len(before) :]
        return heard

    def _template(self, says: str) -> re.Pattern[str]:
        """Matches the words of ``says`` as heard: cut off late, or followed by more."""
        parts = [self._part(word) for word in SLOT.sub(r" {\1} ", says).split()]
        parts = [part for part in parts if part]
        needed = -(-len(parts) * HEARD_SHARE // 1)
        pattern = "(?: .*)?"
        for index in range(len(parts) - 1, -1, -1):
            blank = " " if index else ""
            pattern = f"{blank}{parts[index]}{pattern}" if index < needed else f"(?:{blank}{parts[index]}{pattern})?"
        return re.compile(pattern)

    def _part(self, word: str) -> str:
        slot = SLOT.fullmatch(word)
        if slot is None:
            return re.escape(" ".join(_words(word)))
        if slot[1] == LAST:
            return rf"(?P<{LAST}>.+)"
        if slot[1] in (RESULT, TURN):
            return ".+"
        return f"(?P<{slot[1]}>{'|'.join(re.escape(' '.join(_words(value))) for value in self._slots[slot[1]])})"

    # --- What to say

    def _wording(self, rule: Rule, slots: Mapping[str, str], history: Sequence[Exchange], *, sure: bool) -> str:
        """Of the wordings that can be filled, the one whose last use is furthest back."""
        usable = [says for says in (rule.says if sure else rule.unsure) if _has_all(slots, [says])]
        return min(usable, key=lambda says: self._last_use(says, history), default="")

    def _last_use(self, says: str, history: Sequence[Exchange]) -> int:
        template = next(template for _, wording, template in self._templates if wording == says)
        uses = (index for index, exchange in enumerate(history) if template.fullmatch(" ".join(_words(exchange.bot))))
        return max(uses, default=-1)


def _usable(rule: Rule, tools: Collection[str], destinations: Collection[str], turn: int) -> bool:
    """Whether what it uses is here, and it is for this turn."""
    needed = rule.calls.tool if rule.calls else rule.needs
    here = (not needed or needed in tools) and (not rule.transfers or rule.transfers in destinations)
    return here and (not rule.turns or turn in rule.turns)


def _has_all(slots: Mapping[str, str], texts: Iterable[str]) -> bool:
    """Whether there is something for every slot in the texts."""
    return all(slots.get(slot) for text in texts for slot in SLOT.findall(text))


def _filled_in(calls: Calls, slots: Mapping[str, str]) -> Calls:
    return Calls(calls.tool, {name: _filled(value, slots) for name, value in calls.arguments.items()})


def _filled(says: str, slots: Mapping[str, str]) -> str:
    return SLOT.sub(lambda found: slots[found[1]], says)


# --- Words


def _words(text: str) -> list[str]:
    """The words of ``text``, as they are compared."""
    return "".join(_letters(text)).split()


def _letters(text: str) -> Iterator[str]:
    for letter in unicodedata.normalize("NFKD", text).casefold():
        if letter in "'’׳\"״" or unicodedata.category(letter) == "Mn":
            continue
        yield letter.translate(_ONE_SOUND) if letter.isalnum() else " "


def _contains(said: Sequence[str], wanted: Sequence[str], *, exact: bool = False) -> bool:
    return all(any(_same(word, heard, exact=exact) for heard in said) for word in wanted)


def _made_of(said: Sequence[str], deciding: Sequence[Sequence[str]], beside: Sequence[Sequence[str]]) -> bool:
    """Whether these phrases, one behind the other, are all that was said, and one of the deciding is among them."""
    reached = {(0, False)}
    for at in range(len(said)):
        for decided in [decided for end, decided in reached if end == at]:
            reached |= {(at + len(phrase), True) for phrase in deciding if _follow(said, at, phrase)}
            reached |= {(at + len(phrase), decided) for phrase in beside if _follow(said, at, phrase)}
    return (len(said), True) in reached


def _follow(said: Sequence[str], at: int, phrase: Sequence[str]) -> bool:
    """Whether the words of the phrase stand there, one behind the other."""
    there = said[at : at + len(phrase)]
    return len(there) == len(phrase) and all(_same(word, heard, exact=False) for word, heard in zip(phrase, there, strict=True))


def _same(wanted: str, heard: str, *, exact: bool) -> bool:
    forms = _without_particles(heard, len(wanted))
    return any(wanted == form or (not exact and _alike(wanted, form)) for form in forms)


def _without_particles(heard: str, length: int) -> Iterator[str]:
    """The word, and what is left of it without one or two particles (וביום -> ביום -> יום)."""
    yield heard
    for count in (1, 2):
        glued = heard[:count]
        if length >= 3 and len(heard) - count >= 3 and all(letter in _PARTICLE_LETTERS for letter in glued):
            yield heard[count:]


def _alike(wanted: str, heard: str) -> bool:
    if min(len(wanted), len(heard)) < _FUZZY_LETTERS:
        return False
    return SequenceMatcher(None, wanted, heard, autojunk=False).ratio() >= _FUZZY_RATIO
