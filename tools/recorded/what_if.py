"""What would have changed with other settings: turns with their ends, commits, clears, side by side."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from textwrap import wrap

from common import config
from gateway.records.format import Handled, Record
from gateway.rules import SETTING_OF, rules_of
from gateway.turn.events import CallAnswered, CallTaken, CloseTurn, CommitTurn, SendClear
from gateway.turn.state import Rules
from tools.recorded.hearing import Hearing
from tools.recorded.rerun import Rerun, Step, began_at, named_bug

_COLUMN = 58
_NAMES = {field: setting.upper() for field, setting in SETTING_OF.items()}
RULE_SETTINGS = tuple(_NAMES.values())
"""What of the settings the core goes by."""


@dataclass(slots=True)
class TurnSeen:
    """One turn, as far as the settings can change it; times from the call's begin."""

    committed_s: float | None = None
    clears_s: list[float] = field(default_factory=list)
    ended_s: float | None = None
    how: str = "open"
    caller: str = ""

    def line(self) -> str:
        """It all in one line."""
        parts = [self.how if self.ended_s is None else f"{self.how} {self.ended_s:.2f}"]
        if self.committed_s is not None:
            parts.append(f"committed {self.committed_s:.2f}")
        parts += [f"clear {at:.2f}" for at in self.clears_s]
        if self.caller:
            parts.append(f"“{self.caller}”")
        return ", ".join(parts)


def turns_of(steps: Iterable[Step], began_s: float) -> dict[int, TurnSeen]:
    """The turns of a run by their numbers, which begin above 0 in a call that was taken over."""
    turns: dict[int, TurnSeen] = defaultdict(TurnSeen)
    number = 0
    for step in steps:
        at, number = step.entry.now - began_s, _begun_with(step, number)
        cleared = turns[number]  # a clear is told after the end of its turn
        for command in step.commands:
            match command:
                case CommitTurn(turn=turn):
                    turns[turn].committed_s = at
                case SendClear():
                    cleared.clears_s.append(at)
                case CloseTurn(turn=turn, how=how, caller=caller):
                    turns[turn].ended_s, turns[turn].how, turns[turn].caller = at, how, caller
                    number = turn + 1
                case _:
                    pass
    return {number: turn for number, turn in turns.items() if turn != TurnSeen()}


def _begun_with(step: Step, number: int) -> int:
    """The turn's number at the begin of the step."""
    match step.entry:
        case Handled(event=CallAnswered(turn=begun) | CallTaken(turn=begun)):
            return begun
        case _:
            return number


def side_by_side(record: Record, rules: Rules, hearing: Hearing | None, name: str) -> tuple[list[str], int]:
    """The lines of the table, and how many turns differ. It goes up to where a bug breaks the core off."""
    began = began_at(record)
    now, changed = list(Rerun(record).steps()), list(Rerun(record, rules, hearing).steps())
    was, would_be = turns_of(now, began), turns_of(changed, began)
    lines = [f"{'turn':>5}    {'recorded':{_COLUMN}} {name}"]
    differing = 0
    for number in sorted(was.keys() | would_be.keys()):
        left, right = _at(was, number), _at(would_be, number)
        differs = left != right
        differing += differs
        lines += _row(f"{number:5} {'≠' if differs else ' '}", left, right)
    return [*lines, *_broken(now, "recorded", began), *_broken(changed, name, began)], differing


def _broken(steps: Sequence[Step], name: str, began_s: float) -> Iterator[str]:
    """The line that says which bug ended the run."""
    if steps and (bug := steps[-1].bug) is not None:
        yield f"{name}: {steps[-1].entry.now - began_s:.2f} s into the call the core breaks off: {named_bug(bug)}"


def _at(turns: Mapping[int, TurnSeen], number: int) -> str:
    return turns[number].line() if number in turns else "-"


def _row(head: str, left: str, right: str) -> Iterator[str]:
    """Both sides whole, in as many lines as they take."""
    sides = (wrap(side, _COLUMN) for side in (left, right))
    for number, (one, other) in enumerate(zip_longest(*sides, fillvalue="")):
        yield f"{head if number == 0 else '':7}  {one:{_COLUMN}} {other}".rstrip()


# -- Settings -------------------------------------------------------------------------------------


def rules_with(rules: Rules, changes: Mapping[str, str]) -> Rules:
    """The rules of a record, but for these settings, by name and text as the environment has them.

    Raises:
        ConfigError: naming the setting, its value, and what it takes.
    """
    changed = rules_of(config.load(changes))
    return dataclasses.replace(rules, **{field: getattr(changed, field) for field, name in _NAMES.items() if name in changes})
